"""A plan executed by local workers is saved, fails and ends as it does inline."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from errors import ConfigError
from execution.options import ExecutorOptions
from experiment_config import CartographyFilterConfig, ExperimentConfig, LabelSmoothingConfig
from experiment_runner import ExperimentRunner, run_experiments_from_list
from jobs import FailureKind, Job, Outcome, Resources
from planning import PlanOptions, make_plan
from planning.exchange import node_to_mapping
from planning.status import read_results
from running.outcomes import write_down
from strategies.category_filter import CategoryFilterConfig
from tests.processes import Commands
from tests.running.builders import tiny
from tracking.folders.contents import read_folder
from tracking.reading.local_backend import LocalBackend

SIZE = ("--max-train-samples", "96", "--max-eval-samples", "32", "--num-train-epochs", "2", "--eval-datasets")
SUITE = ("--mode", "run", "--suite", "minimal", "--seeds", "42", "43", *SIZE)
IMPOSSIBLE = tiny("impossible", CategoryFilterConfig(categories=("hard",), keep_fraction=0.9))
"""Fails once the data map is there: no region holds nine tenths of the rows."""


def _run(root: Path, *experiments: ExperimentConfig, **options: Any) -> list[dict[str, Any]]:
    execution = ExecutorOptions(executor="workers", workers=2, threads_per_job=1, log_dir=root / "logs")
    return run_experiments_from_list(
        experiments, root / "experiments", quiet=True, tracking=False, execution=execution, **options
    )


def _content(folder: Path) -> dict[str, Any]:
    """Return what a suite left behind, apart from times and places."""
    found: dict[str, Any] = {}
    for path in sorted(folder.glob("*/results.json")):
        results = json.loads(path.read_text())
        kept = ("success", "metrics", "strategy_report", "train_steps", "train_rows", "key")
        found[path.parent.name] = {name: results[name] for name in kept}
        for name in ("eval_predictions.jsonl", "model.safetensors"):
            found[f"{path.parent.name}/{name}"] = (path.parent / "trainer_output" / name).read_bytes()
    for table in sorted(folder.glob("shared/data_map_*/cartography_metrics.csv")):
        found[table.parent.name] = table.read_bytes()
    return found


@pytest.fixture(scope="module")
def undisturbed(commands: Commands, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What one process comes to."""
    folder = tmp_path_factory.mktemp("undisturbed") / "experiments"
    command = commands.start("run_experiments", *SUITE, "--experiments-dir", str(folder))
    assert command.wait() == 0, command.output
    found = _content(folder)
    assert len(found) == 4 * 3 + 1
    return found


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_workers_save_what_they_do_when_asked_to_stop(
    number: int, status: int, commands: Commands, undisturbed: dict[str, Any], tmp_path: Path
) -> None:
    arguments = (*SUITE, "--experiments-dir", str(tmp_path / "stopped"), "--workers", "2")
    gate = commands.gate(tmp_path / "stopped")
    gate.shut_after(2)
    command = commands.start("run_experiments", *arguments, environment=gate.environment)
    command.until(lambda: any(tmp_path.glob("stopped/baseline*/metrics.jsonl")))
    command.until(lambda: any(path.stat().st_size for path in tmp_path.glob("stopped/*/metrics.jsonl")))
    command.send(number)
    if number == signal.SIGINT:
        command.until(lambda: "press Ctrl-C again" in command.output)
        command.send(number)
    gate.let_through_one_by_one(lambda: command.running)
    assert command.wait() == status, command.output
    assert "the same command continues" in command.output and "Traceback" not in command.output
    again = commands.start("run_experiments", *arguments)
    assert again.wait() == 0, again.output
    assert "4 of 4 experiments are done" in again.output
    assert _content(tmp_path / "stopped") == undisturbed


def test_at_a_failure_those_that_run_end_and_no_other_begins(tmp_path: Path) -> None:
    beside, later = tiny("beside"), [tiny(f"later{seed}", LabelSmoothingConfig(), seed=seed) for seed in range(20)]
    results = _run(tmp_path, IMPOSSIBLE, beside, *later, stop_on_error=True)
    by_name = {result["name"]: result["success"] for result in results}
    assert by_name["impossible"] is False
    assert len(by_name) < 22, "what had not begun was left"
    assert all(success for name, success in by_name.items() if name != "impossible")


def test_what_needs_what_failed_says_so(tmp_path: Path) -> None:
    config = tiny("filter", CartographyFilterConfig(), cartography_dir=str(tmp_path / "map"))
    (tmp_path / "map" / "cartography_map.png").mkdir(parents=True)  # in the way of the picture
    (result,) = _run(tmp_path, config)
    assert not result["success"] and result["error"]["type"] == "NeedFailed"
    assert "needs data_map_seed42, which failed" in result["error"]["message"]


def test_what_can_never_run_here_stops_the_command_before_anything_begins(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="can never run here: it needs 64 GPUs"):
        _run(tmp_path, tiny("x"), resources=Resources(gpus=64))
    assert not list(tmp_path.glob("experiments/*/environment.json"))


def test_lists_one_after_another_are_run_by_the_same_process_into_the_store_that_was_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    execution = ExecutorOptions(executor="workers", workers=1, threads_per_job=1, log_dir=tmp_path / "logs")
    configs, store = [tiny("first"), tiny("second")], tmp_path / "a store.db"
    with ExperimentRunner(tmp_path / "experiments", quiet=True, db=str(store), execution=execution) as runner:
        for config in configs:
            (result,) = runner.run([config])
            assert result["success"]
    found = [read_folder(tmp_path / "experiments" / config.folder_name) for config in configs]
    (first,), (second,) = (contents.runs for contents in found if contents is not None)
    assert (first.pid, first.process_started) == (second.pid, second.process_started)
    assert first.pid != os.getpid()
    assert not list(tmp_path.glob("experiments.db*"))
    backend = LocalBackend(store)
    statuses = [backend.get_experiment(config.name).record.status for config in configs]
    backend.database.close()
    assert statuses == ["completed"] * 2


# -- what nobody could write ------------------------------------------------------------------------------------------


def _job(tmp_path: Path) -> Job:
    plan = make_plan([tiny("x")], PlanOptions(Path("experiments")))
    payload = {
        "node": node_to_mapping(plan.experiments[0]),
        "cwd": str(tmp_path),
        "experiments_dir": "experiments",
    }
    return Job(id="1", name="x", work="node", payload=payload)


def test_an_experiment_whose_process_died_for_good_says_so(tmp_path: Path) -> None:
    job, folder = _job(tmp_path), tmp_path / "experiments" / tiny("x").folder_name
    write_down(job, Outcome.failed(FailureKind.WORKER_DIED, "killed by SIGSEGV", 3.0))
    results = read_results(folder)
    assert results["error"] == {
        **{"type": "worker_died", "kind": "worker_died"},
        **{"message": "killed by SIGSEGV", "traceback": ""},
    }
    assert 3.0 <= results["duration_seconds"] < 60


@pytest.mark.parametrize("outcome", [Outcome(), Outcome.failed(FailureKind.CANCELLED, "not wanted")])
def test_nothing_is_written_in_place_of_somebody_who_could(outcome: Outcome, tmp_path: Path) -> None:
    write_down(_job(tmp_path), outcome)
    assert not (tmp_path / "experiments").exists()


def test_a_job_of_another_version_ends_nobody_who_would_write_it_down(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    job = _job(tmp_path)
    job.payload["node"]["depth"] = 3
    write_down(job, Outcome.failed(FailureKind.TIMED_OUT, "longer than 1 minutes"))
    assert "another version may have written it" in caplog.text
