"""``show``: everything about one experiment."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiment_commands.sparkline import sparkline
from tests.experiment_commands.stores import Command, add_evaluation, add_run, take_in
from tracking.folders.folder import ExperimentFolder

DIFF = "diff --git a/x b/x\n--- a/x\n+++ b/x\n+[red]\n"


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    return Command(capsys, monkeypatch)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An experiment with all that one can have; its id ends with 000000."""
    folder = add_run(
        tmp_path / "runs",
        "baseline",
        42,
        {"eval_f1": 81.25},
        series={"train/loss": {step: 1 / (step + 1) for step in range(50)}},
        git={"commit": "c0ffee", "branch": "main", "dirty": True, "diff": DIFF, "untracked": ["new.py"]},
    )
    add_evaluation(folder, "gsm8k", {"accuracy": 0.625}, [{"id": 1, "correct": 1}])
    tracked = ExperimentFolder(folder)
    tracked.append("note", text="looks [bold]good[/]")
    tracked.append("tags", add=["paper"])
    tracked.append("artifact", path="checkpoint-5", kind="checkpoint", step=5, size_bytes=1_500_000)
    take_in(folder)
    return folder


def test_every_part_is_shown(run: Command, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "300")  # wider than the longest path
    status, output, _ = run("show", "baseline_seed42")
    assert status == 0
    for part in ("completed", "training.seed", "81.25", "gsm8k", "0.625", "checkpoint-5", "1.5 MB", "c0ffee", "main"):
        assert part in output
    for part in ("looks [bold]good[/]", "paper", "new.py", "torch 2.9.0", str(folder), "█", "--diff"):
        assert part in output


def test_smaller_batches_are_told_of(run: Command, folder: Path) -> None:
    assert "adjusted" not in run("show", "baseline_seed42")[1]
    (folder / "environment.json").write_text('{"adjustments": {"divide_batch": 2}}')
    assert "batches divided by 2 and accumulated, as memory ran out" in run("show", "baseline_seed42")[1]


def test_the_configuration_is_flat_or_a_tree(run: Command, folder: Path) -> None:
    assert "training.learning_rate" in run("show", "000000")[1]
    tree = run("show", "000000", "--tree")[1]
    assert "training.learning_rate" not in tree
    assert "\n  learning_rate: " in tree


def test_name_and_notes_stand_at_the_head_alone(run: Command, tmp_path: Path) -> None:
    take_in(add_run(tmp_path / "runs", "baseline", 1, {}, config={"notes": "of the configuration"}))
    output = run("show", "baseline_seed1")[1]
    assert output.count("of the configuration") == output.count("\nname ") == output.count("\nnotes ") == 1


def test_hundreds_of_parameters_and_metrics_are_cut_with_a_remark(run: Command, tmp_path: Path) -> None:
    config = {f"parameter_{number}": number for number in range(300)}
    take_in(add_run(tmp_path / "runs", "wide", 1, {f"m{number:03}": 1.0 for number in range(200)}, config=config))
    status, output, _ = run("show", "wide_seed1")
    assert status == 0
    assert len(output.splitlines()) < 160
    assert len(re.findall(r"… and \d+ more; --all shows them", output)) == 2
    assert "m199" not in output
    everything = run("show", "wide_seed1", "--all")[1]
    assert "m199" in everything
    assert "parameter_299" in everything


def test_a_metric_takes_one_line_of_a_narrow_terminal(
    run: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    series = {"eval/some_benchmark_exact_match": {step: step / 7 for step in range(50)}, "train/runtime": {50: 1.0}}
    take_in(add_run(tmp_path / "runs", "baseline", 1, {"eval_f1": 1.0}, series=series))
    monkeypatch.setenv("COLUMNS", "80")
    lines = run("show", "baseline_seed1")[1].split("\nmetrics\n")[1].split("\n\n")[0].splitlines()
    assert [line.split()[0] for line in lines] == [
        "metric",
        "eval_f1",
        "eval/some_benchmark_exact_match",
        "train/runtime",
    ]
    assert max(map(len, lines)) <= 80
    assert re.search(r"▁.*█$", lines[2])
    assert lines[3].split() == ["train/runtime", "1", "50"], "a single value has no extremes"


def test_the_stored_difference_is_printed_as_it_is(run: Command, folder: Path) -> None:
    assert run("show", "000000", "--diff") == (0, DIFF, "")
    assert run("show", "000000", "--diff", "--json")[0] == 2


def test_no_difference_is_a_no(run: Command, tmp_path: Path) -> None:
    take_in(add_run(tmp_path / "runs", "baseline", 1, {"eval_f1": 1.0}))
    assert run("show", "baseline_seed1", "--diff") == (1, "", "the state of the code is not known\n")


def test_of_many_untracked_files_some_are_named(run: Command, tmp_path: Path) -> None:
    names = [f"data/{number}.txt" for number in range(1000)]
    git = {"commit": "c0ffee", "untracked": names, "num_untracked": 3012}
    take_in(add_run(tmp_path / "runs", "baseline", 1, {"eval_f1": 1.0}, git=git))
    output = run("show", "baseline_seed1")[1]
    assert "3,012 files, such as data/0.txt, " in output
    assert "data/5.txt" not in output


def test_json_has_all_of_it(run: Command, folder: Path) -> None:
    details = run.json("show", "000000")
    assert details["code"]["diff"] == DIFF
    assert details["record"]["notes"] == "looks [bold]good[/]"
    assert details["metrics"]["train/loss"]["maximum"] == 1.0
    assert details["evaluations"][0]["metrics"] == {"accuracy": 0.625}
    assert details["environment"]["packages"] == {"torch": "2.9.0"}


def test_a_failure_ends_with_its_trace(run: Command, tmp_path: Path) -> None:
    folder = add_run(tmp_path / "runs", "baseline", 1, {"eval_f1": 1.0})
    tracked = ExperimentFolder(folder)
    tracked.append("started", 2e9, host="node-2", pid=7)
    error = {"type": "ValueError", "message": "no rows", "traceback": "Traceback:\n  here\n"}
    tracked.append("finished", 2e9 + 5, status="failed", error=error)
    take_in(folder)
    output = run("show", "baseline_seed1")[1]
    assert output.endswith("traceback\nTraceback:\n  here\n")
    attempts = output[output.index("attempts") : output.index("configuration")]
    assert "ValueError: no rows" in attempts
    assert "node-2" in attempts


def test_an_unknown_experiment_is_a_mistake(run: Command, folder: Path) -> None:
    status, _, errors = run("show", "nothing")
    assert status == 2
    assert "no experiment 'nothing'" in errors


def test_a_sparkline_rises_and_falls_with_its_values() -> None:
    assert sparkline([0, 1, 2, 3, 4, 5, 6, 7]) == "▁▂▃▄▅▆▇█"
    assert sparkline([3, 3]) == "▅▅"
    assert sparkline([1]) == sparkline([]) == sparkline([math.nan, 1]) == ""
    assert sparkline([0, 1, math.inf]) == "▁█"


@given(st.lists(st.floats(), max_size=200), st.integers(1, 50))
def test_a_sparkline_never_fails_nor_grows_too_wide(values: list[float], width: int) -> None:
    line = sparkline(values, width)
    assert len(line) <= width
    assert set(line) <= set("▁▂▃▄▅▆▇█")
