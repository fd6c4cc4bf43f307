"""Plain lines without a terminal, bars with one."""

from __future__ import annotations

import dataclasses
import io
import time
from collections.abc import Callable, Mapping
from typing import Any

from rich.console import Console

from execution.base import Handle, JobState
from jobs import FailureKind, Job, Outcome
from running.display import Display
from running.lines import outcome_line
from running.outcomes import Outcomes
from tests.waiting import until
from tracking.queue.records import QueueState, Settled
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


class _Reported(Handle):
    """A job that says how far it is."""

    def __init__(self, job: Job, progress: Mapping[str, Any]) -> None:
        super().__init__(job)
        self._progress = progress

    @property
    def state(self) -> JobState:
        return JobState.RUNNING

    @property
    def progress(self) -> Mapping[str, Any]:
        return self._progress

    def result(self, timeout: float | None = None) -> Outcome:
        raise TimeoutError

    def cancel(self) -> None: ...

    def preempt(self, reason: str) -> None: ...

    def logs(self) -> str:
        return ""


def _job(name: str) -> Job:
    return Job(id=name, name=name, work="node")


def _progress(phase: str, step: int = 0, total: int = 0, loss: float | None = None) -> dict[str, Any]:
    return dataclasses.asdict(Progress(phase, step, total, loss=loss))


DONE = Settled(QueueState.COMPLETED)
AGAIN = Settled(QueueState.QUEUED, delay_seconds=5.0)


def _shown(terminal: bool, events: Callable[[Display, io.StringIO], None]) -> str:
    out = io.StringIO()
    console = Console(file=out, force_terminal=terminal, width=150)
    with Display({"x": 10.0, "y": 10.0}, console) as display:
        events(display, out)
    return out.getvalue()


def _two_runs(display: Display, out: io.StringIO) -> None:
    x, y = _job("x"), _job("y")
    display.begun(x)
    display.begun(y)
    display.progressed(_Reported(y, _progress("loading")))
    display.progressed(_Reported(x, _progress("training", 3, 12, loss=0.5)))
    if "\x1b" in out.getvalue():
        # Bars are drawn now and then.
        until(lambda: "step 3/12" in out.getvalue() and "loading" in out.getvalue())
    display.ended(x, Outcome(seconds=3.0), DONE)
    display.ended(y, Outcome.failed(FailureKind.WORKER_DIED, "killed [not a style]"), DONE)


def test_without_a_terminal_there_are_lines_only() -> None:
    assert _shown(False, _two_runs).splitlines() == [
        *("start   x  (1/2)", "start   y  (2/2)", "done    x  3 s"),
        "FAILED  y: worker_died: killed [not a style]",
    ]


def test_on_a_terminal_each_run_has_a_bar_with_step_loss_and_time_left() -> None:
    shown = _shown(True, _two_runs)
    assert all(part in shown for part in ("suite", "step 3/12", "loss 0.500", "left:", "loading", "[not a style]"))


def test_an_attempt_that_is_followed_by_another_says_so_once_where_it_only_waits() -> None:
    def events(display: Display, out: io.StringIO) -> None:
        job = _job("x")
        display.begun(job)
        display.ended(job, Outcome.failed(FailureKind.WORKER_DIED, "segmentation fault"), AGAIN)
        for _ in range(3):
            display.begun(job)
            display.ended(job, Outcome.failed(FailureKind.BUSY, "x: another process is at it"), AGAIN)
        display.begun(job)
        display.ended(job, Outcome.failed(FailureKind.PREEMPTED, "terminated (SIGTERM)"), AGAIN)

    assert _shown(False, events).splitlines() == [
        *("start   x  (1/2)", "again   x in 5 s: segmentation fault"),
        "busy    x: another runner is at it; going on with others",
        "stopped x: terminated (SIGTERM); what it did is kept",
    ]


def test_why_runs_wait_is_said_once_without_a_terminal_and_beside_the_bar_with_one() -> None:
    def events(display: Display, out: io.StringIO) -> None:
        for name in "xy":
            display.begun(_job(name))
            for reason in ("Resources", "Priority", "Resources"):
                display.progressed(_Reported(_job(name), {"phase": f"waits: {reason}", "waits_for": reason}))
        if "\x1b" in out.getvalue():
            until(lambda: "waits: Resources" in out.getvalue())

    said = [line for line in _shown(False, events).splitlines() if line.startswith("waits")]
    assert said == ["waits   x: Resources", "waits   x: Priority"]
    assert "waits   x" not in _shown(True, events)


def test_a_warning_is_said_once_whoever_gives_it() -> None:
    warned = Outcome(result={"warnings": ["x changes nothing here"]}, seconds=3.0)

    def events(display: Display, out: io.StringIO) -> None:
        display.said("warning: x changes nothing here")
        display.ended(_job("x"), warned, DONE)
        display.ended(_job("y"), Outcome(result={"warnings": ["another"]}, seconds=3.0), DONE)

    assert _shown(False, events).splitlines() == [
        *("warning: x changes nothing here", "done    x  3 s"),
        *("warning: another", "done    y  3 s"),
    ]


def test_what_had_not_begun_is_shown_no_longer() -> None:
    def events(display: Display, out: io.StringIO) -> None:
        outcomes = Outcomes(display)
        outcomes.begun(_job("x"))
        outcomes.given_back(_job("x"))
        outcomes.progressed(_Reported(_job("x"), _progress("training", 3, 12, loss=0.5)))

    assert "step 3/12" not in _shown(True, events)


def test_work_may_report_what_it_likes() -> None:
    def events(display: Display, out: io.StringIO) -> None:
        job = _job("x")
        display.begun(job)
        for progress in ({"rows": 3}, {"phase": "training", "total_steps": 0}, {"phase": "training", "step": 1}):
            display.progressed(_Reported(job, progress))

    assert _shown(False, events).splitlines() == ["start   x  (1/2)"]


def test_ten_thousand_ends_take_no_longer_each_than_a_few(capsys: Any) -> None:
    weights = {str(number): 1.0 for number in range(10_000)}
    started = time.thread_time()
    with Display(weights, quiet=True) as display:
        for name in weights:
            display.begun(_job(name))
            display.ended(_job(name), Outcome(seconds=1.0), DONE)
    assert time.thread_time() - started < 60, "something looks at all of them for each of them"
    assert capsys.readouterr().out == ""


def test_quiet_prints_nothing(capsys: Any) -> None:
    with Display({}, quiet=True) as display:
        display.said("hidden")
    assert capsys.readouterr().out == ""
