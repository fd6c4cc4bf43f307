"""A run that is killed at any instant continues, and ends as if nothing had happened. The processes are real."""

from __future__ import annotations

import json
import random
import signal
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.gates import Gate
from tests.processes import Command, Commands

SIZE = ("--max-train-samples", "96", "--max-eval-samples", "32", "--num-train-epochs", "3", "--eval-datasets")
SUITE = ("--mode", "run", "--suite", "minimal", "--per-device-train-batch-size", "16", *SIZE)
ONE_SEED = (*SUITE, "--seeds", "42")


@pytest.fixture(scope="module")
def undisturbed(commands: Commands, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("undisturbed") / "experiments"
    command = commands.start("run_experiments", *ONE_SEED, "--experiments-dir", str(folder))
    assert command.wait() == 0, command.output
    return folder


def _since(folder: Path, pattern: str, started: float) -> bool:
    """Tell whether a file that matches has been written since ``started``."""
    for path in folder.glob(pattern):
        try:
            if path.stat().st_mtime >= started:
                return True
        except FileNotFoundError:
            continue
    return False


def _steps(folder: Path, pattern: str) -> int:
    """Return the last step that a run's metrics.jsonl holds."""
    last = 0
    for path in folder.glob(pattern):
        for line in path.read_text().splitlines():
            if line.endswith("}"):
                last = max(last, json.loads(line)["step"])
    return last


_OUTPUT = "baseline*/trainer_output"
_FIRST, _SECOND = (f"{_OUTPUT}/checkpoint-{step}" for step in (6, 12))

KILLS: dict[str, tuple[Callable[[Path, float], bool], Callable[[Gate], None]]] = {
    "first checkpoint begun": (
        lambda d, t: _since(d, _FIRST, t),
        lambda gate: gate.shut_before(f"{_FIRST}/trainer_state.json"),
    ),
    "first checkpoint half written": (
        lambda d, t: _since(d, f"{_FIRST}/*.safetensors", t),
        lambda gate: gate.shut_before(f"{_FIRST}/trainer_state.json"),
    ),
    "second epoch": (
        lambda d, t: _steps(d, "baseline*/metrics.jsonl") >= 8,
        lambda gate: gate.shut_after(8, "baseline*"),
    ),
    "optimiser of the second checkpoint": (
        lambda d, t: _since(d, f"{_SECOND}/optim*", t),
        lambda gate: gate.shut_before(f"{_SECOND}/trainer_state.json"),
    ),
    "last checkpoint": (
        lambda d, t: _since(d, f"{_OUTPUT}/checkpoint-18/trainer_state.json", t),
        lambda gate: gate.shut_after(18, "baseline*"),
    ),
    "final model": (
        lambda d, t: _since(d, f"{_OUTPUT}/model.safetensors", t),
        lambda gate: gate.shut_before("shared/data_map*/cartography_metrics.csv"),
    ),
    "table of the data map": (
        lambda d, t: _since(d, "shared/data_map*/cartography_metrics.csv", t),
        lambda gate: gate.shut_before("shared/data_map*/cartography_map.png"),
    ),
    "picture of the data map": (
        lambda d, t: _since(d, "shared/data_map*/cartography_map.png", t),
        lambda gate: gate.shut_before(f"{_OUTPUT}/eval_predictions.jsonl"),
    ),
    "predictions": (
        lambda d, t: _since(d, f"{_OUTPUT}/eval_predictions.jsonl", t),
        lambda gate: gate.shut_before(f"{_OUTPUT}/eval_metrics.json"),
    ),
    "metrics": (
        lambda d, t: _since(d, f"{_OUTPUT}/eval_metrics.json", t),
        lambda gate: gate.shut_before("baseline*/results.json"),
    ),
    "results of the baseline": (
        lambda d, t: _since(d, "baseline*/results.json", t),
        lambda gate: gate.shut_after(0, "carto*"),
    ),
    "checkpoint of the filter": (
        lambda d, t: _since(d, "carto*/trainer_output/checkpoint-*/*.safetensors", t),
        lambda gate: gate.shut_before("carto*/trainer_output/checkpoint-*/trainer_state.json"),
    ),
    "end of the filter": (
        lambda d, t: _since(d, "carto*/trainer_output/eval_metrics.json", t),
        lambda gate: gate.shut_before("carto*/results.json"),
    ),
}
"""When it is killed, and the gate that lets it go no further."""


@pytest.mark.slow
def test_a_run_killed_again_and_again_ends_like_an_undisturbed_one(
    commands: Commands, undisturbed: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "experiments"
    gate = commands.gate(folder)
    arguments = (*ONE_SEED, "--experiments-dir", str(folder))
    for name, (condition, shut) in KILLS.items():
        shut(gate)
        started = time.time()
        command = commands.start("run_experiments", *arguments, environment=gate.environment)
        _kill_when(command, partial(condition, folder, started), name)
    last = commands.start("run_experiments", *arguments)
    assert last.wait() == 0, last.output
    assert _content(folder) == _content(undisturbed)


def _kill_when(command: Command, condition: Callable[[], bool], what: str) -> None:
    command.until(condition, what)
    command.kill()


def test_a_run_killed_at_random_instants_ends_like_an_undisturbed_one(
    commands: Commands, undisturbed: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "experiments"
    arguments, gate = (*ONE_SEED, "--experiments-dir", str(folder)), commands.gate(folder)
    instants = random.Random(1)
    for steps in sorted(instants.sample(range(1, 33), 4)):
        # It may be a little further when it is killed, as each instant is one.
        gate.shut_after(steps + 2)
        command = commands.start("run_experiments", *arguments, environment=gate.environment)
        command.until(partial(_has_logged, folder, steps))
        time.sleep(instants.uniform(0.0, 0.1))
        command.kill()
    command = commands.start("run_experiments", *arguments)
    assert command.wait() == 0, command.output
    assert _content(folder) == _content(undisturbed)


def _has_logged(folder: Path, steps: int) -> bool:
    logs = [path.read_text() for path in folder.glob("*/metrics.jsonl")]
    return sum(log.count('"train/loss"') for log in logs) >= steps


def _content(folder: Path) -> dict[str, Any]:
    """Return everything that must be equal: metrics, predictions, weights, losses, data map."""
    found: dict[str, Any] = {}
    for run in sorted(path.parent for path in folder.glob("*/results.json")):
        results = json.loads((run / "results.json").read_text())
        kept = ("success", "metrics", "strategy_report", "train_steps", "train_rows", "key")
        found[run.name] = {name: results[name] for name in kept}
        for name in ("eval_predictions.jsonl", "model.safetensors"):
            found[f"{run.name}/{name}"] = (run / "trainer_output" / name).read_bytes()
        lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
        found[f"{run.name}/loss"] = [(line["step"], line["value"]) for line in lines if line["name"] == "train/loss"]
    for table in sorted(folder.glob("shared/data_map_*/cartography_metrics.csv")):
        found[table.parent.name] = table.read_bytes()
    assert len(found) == 9
    return found


def test_one_ctrl_c_lets_the_run_end_and_begins_no_other(commands: Commands, tmp_path: Path) -> None:
    folder = tmp_path / "experiments"
    gate = commands.gate(folder)
    gate.shut_after(2, "baseline*")
    command = commands.start(
        "run_experiments", *ONE_SEED, "--experiments-dir", str(folder), environment=gate.environment
    )
    command.until(lambda: _steps(folder, "baseline*/metrics.jsonl") >= 2)
    command.send(signal.SIGINT)
    command.until(lambda: "press Ctrl-C again to save it where it is and stop now" in command.output)
    gate.open()
    assert command.wait() == 130
    assert "the same command continues" in command.output and "Traceback" not in command.output
    (results,) = folder.glob("*/results.json")
    assert results.parent.name.startswith("baseline") and json.loads(results.read_text())["success"]


def test_a_second_ctrl_c_saves_the_run_where_it_is(commands: Commands, undisturbed: Path, tmp_path: Path) -> None:
    folder = tmp_path / "experiments"
    gate = commands.gate(folder)
    gate.shut_after(2, "baseline*")
    command = commands.start(
        "run_experiments", *ONE_SEED, "--experiments-dir", str(folder), environment=gate.environment
    )
    command.until(lambda: _steps(folder, "baseline*/metrics.jsonl") >= 2)
    command.send(signal.SIGINT)
    command.until(lambda: "press Ctrl-C again" in command.output)
    command.send(signal.SIGINT)
    gate.let_through_one_by_one(lambda: command.running)
    assert command.wait() == 130
    assert "the same command continues" in command.output and "Traceback" not in command.output
    (checkpoint,) = folder.glob("baseline*/trainer_output/checkpoint-*")
    assert 2 <= int(checkpoint.name.removeprefix("checkpoint-")) < 18
    assert not list(folder.glob("*/results.json"))
    again = commands.start("run_experiments", *ONE_SEED, "--experiments-dir", str(folder))
    assert again.wait() == 0, again.output
    assert f"resumed from step {checkpoint.name.removeprefix('checkpoint-')}" in again.output
    assert _content(folder) == _content(undisturbed)


def test_two_runners_share_the_work_and_train_nothing_twice(commands: Commands, tmp_path: Path) -> None:
    folder = tmp_path / "experiments"
    arguments = (*SUITE, "--seeds", "42", "43", "--experiments-dir", str(folder))
    gate = commands.gate(folder)
    gate.shut_after(1)
    started = [commands.start("run_experiments", *arguments, environment=gate.environment) for _ in range(2)]
    # Nobody goes on before both have a part.
    started[0].until(lambda: _number_begun(folder) == 2)
    gate.open()
    assert [command.wait() for command in started] == [0, 0], [command.output for command in started]
    runs = sorted(folder.glob("*_seed*/run.log"))
    assert len(runs) == 4
    assert [path.read_text().count(": starting") for path in runs] == [1] * 4
    assert all("4 of 4 experiments are done" in command.output for command in started)
    assert all("done    " in command.output for command in started), "both must have done a part"
    assert any("busy    " in command.output for command in started)


def _number_begun(folder: Path) -> int:
    return sum(path.read_text().count(": starting") for path in folder.glob("*_seed*/run.log"))
