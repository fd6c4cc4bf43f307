"""Plain lines without a terminal, bars with one."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from rich.console import Console

from planning import PlanOptions, make_plan
from running.display import Display, outcome_line
from tests.running.builders import tiny
from tests.tracking.trainings import eventually
from training.callbacks import Progress


def _results(**changes: Any) -> dict[str, Any]:
    report = {"rows_before": 4000, "rows_kept": 3100, "rows_dropped": 900}
    return {
        "name": "filter_seed42",
        "success": True,
        "error": None,
        "primary_metric": "eval_f1",
        "metrics": {"eval_f1": 81.234},
        "duration_seconds": 12.4,
        "strategy_report": report,
        "resumed_from": None,
        **changes,
    }


def test_an_outcome_says_what_counts() -> None:
    assert outcome_line(_results()) == "done    filter_seed42  eval_f1 81.23  12 s  kept 3,100 of 4,000 rows"
    assert outcome_line(_results(resumed_from=50)).endswith("resumed from step 50")
    error = {"type": "SignalError", "message": "keeps nothing"}
    failed = _results(success=False, error=error, metrics={})
    assert outcome_line(failed) == "FAILED  filter_seed42: SignalError: keeps nothing"


def _shown(tmp_path: Path, terminal: bool) -> str:
    node = make_plan([tiny("x")], PlanOptions(tmp_path)).nodes[0]
    out = io.StringIO()
    console = Console(file=out, force_terminal=terminal, width=150)
    with Display({node.folder: 10.0, Path("other"): 10.0}, console) as display:
        display.begin(node)
        display.step(Progress("loading"))
        display.step(Progress("training", 3, 12, loss=0.5))
        assert not terminal or eventually(lambda: "step 3/12" in out.getvalue())  # bars are drawn now and then
        display.end("done    x [not a style]")
    return out.getvalue()


def test_without_a_terminal_there_are_lines_only(tmp_path: Path) -> None:
    assert _shown(tmp_path, terminal=False).splitlines() == ["start   x  (1/2)", "done    x [not a style]"]


def test_on_a_terminal_there_are_bars_with_loss_and_time_left(tmp_path: Path) -> None:
    shown = _shown(tmp_path, terminal=True)
    assert all(part in shown for part in ("suite", "step 3/12", "loss 0.500", "left:", "done    x [not a style]"))


def test_quiet_prints_nothing(tmp_path: Path, capsys: Any) -> None:
    with Display({}, quiet=True) as display:
        display.line("hidden")
    assert capsys.readouterr().out == ""
