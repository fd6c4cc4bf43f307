"""The same plan comes to the same, to the last bit, whoever executes it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from execution.base import JobState
from execution.options import ExecutorOptions
from experiment_config import CartographyFilterConfig, ExperimentConfig, TrainingConfig
from experiment_runner import enqueue_experiments, plan_experiments, run_experiments_from_list, submit_experiments
from planning.status import read_results
from tests.execution.slurm.cluster import SlurmCluster
from tests.execution.slurm.pushing import UrgentJob, is_told_to_make_room
from tests.gates import Gate
from tests.running.builders import tiny
from tests.waiting import PATIENCE_S, until

# Fixtures of real clusters.
from tests.execution.on_ray.conftest import LoopbackCluster, ray_cluster, ray_environment  # noqa: F401  isort: skip
from tests.execution.slurm.conftest import _cluster, slurm  # noqa: F401  isort: skip

PLAN = [tiny("baseline"), tiny("filter", CartographyFilterConfig(top_fraction=0.5))]
NUM_JOBS = 3
"""Two experiments, and the data map that the first records."""


def _run(folder: Path, plan: Sequence[ExperimentConfig] = PLAN, **execution: Any) -> None:
    chosen = ExecutorOptions(**execution, log_dir=folder / ".execution")
    results = run_experiments_from_list(plan, folder, quiet=True, tracking=False, execution=chosen)
    assert [result["success"] for result in results] == [True, True], results


def _content(folder: Path, plan: Sequence[ExperimentConfig] = PLAN) -> dict[str, Any]:
    """Return everything that must be equal: metrics, predictions, weights, losses, data map."""
    found: dict[str, Any] = {}
    for node in plan_experiments(plan, folder).experiments:
        results, output = read_results(node.folder), node.folder / "trainer_output"
        kept = ("success", "metrics", "strategy_report", "train_steps", "train_rows", "key")
        found[node.name] = {name: results[name] for name in kept}
        for name in ("eval_predictions.jsonl", "model.safetensors"):
            found[f"{node.name}/{name}"] = (output / name).read_bytes()
        lines = [json.loads(line) for line in (node.folder / "metrics.jsonl").read_text().splitlines()]
        found[f"{node.name}/loss"] = [(line["step"], line["value"]) for line in lines if line["name"] == "train/loss"]
    (table,) = folder.glob("shared/data_map_*/cartography_metrics.csv")
    return {**found, "data map": table.read_bytes()}


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What this process comes to."""
    folder = tmp_path_factory.mktemp("inline") / "experiments"
    _run(folder)
    return _content(folder)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "other experiments"


def test_workers(expected: dict[str, Any], folder: Path) -> None:
    _run(folder, executor="workers", workers=2, threads_per_job=1)
    assert _content(folder) == expected


def test_slurm_without_a_cluster(expected: dict[str, Any], folder: Path) -> None:
    _run(folder, executor="slurm", workers=2, own={"cluster": "local"}, threads_per_job=1)
    assert _content(folder) == expected


@pytest.mark.long
def test_ray(expected: dict[str, Any], folder: Path, ray_cluster: LoopbackCluster) -> None:  # noqa: F811
    _run(folder, executor="ray", workers=2, own={"address": ray_cluster.address}, threads_per_job=1)
    assert _content(folder) == expected


@pytest.mark.long
@pytest.mark.usefixtures("slurm")
def test_a_plan_that_is_left_to_slurm(expected: dict[str, Any], folder: Path) -> None:
    execution = ExecutorOptions(executor="slurm", own={"mem_gb": 1.0}, log_dir=folder / ".execution")
    handles = submit_experiments(PLAN, folder, tracking=False, execution=execution)
    assert len(handles) == NUM_JOBS
    assert [handle.result(PATIENCE_S).failure for handle in handles] == [None] * NUM_JOBS
    assert _content(folder) == expected


@pytest.mark.long
def test_a_run_that_slurm_pushes_out_goes_on_from_its_checkpoint(
    folder: Path,
    slurm: SlurmCluster,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    training = TrainingConfig(num_train_epochs=10, max_train_samples=64, max_eval_samples=16)
    plan = [
        tiny("baseline", training=training),
        tiny("filter", CartographyFilterConfig(top_fraction=0.5), training=training),
    ]
    undisturbed = tmp_path / "undisturbed"
    _run(undisturbed, plan)
    gate = Gate(tmp_path / "gate", folder)
    for name in ("PYTHONPATH", *gate.environment):
        monkeypatch.setenv(name, gate.whole_environment[name])
    gate.shut_after(3, "baseline*")
    wanted = {"mem_gb": 1.0, "partition": "graceful", "cpus_per_task": 4}
    execution = ExecutorOptions(executor="slurm", own=wanted, threads_per_job=1, log_dir=folder / ".execution")
    handles = submit_experiments(plan, folder, tracking=False, execution=execution)
    first = next(handle for handle in handles if handle.job.name == "baseline")
    until(lambda: first.progress.get("step", 0) >= 3, "three steps")
    with UrgentJob(slurm, tmp_path / "urgent", cpus=4):
        until(lambda: is_told_to_make_room(slurm, first.where.split()[2]), "SLURM to tell it")
        gate.let_through_one_by_one(lambda: first.state == JobState.RUNNING)
        assert first.state == JobState.PENDING
    assert [handle.result(5 * PATIENCE_S).failure for handle in handles] == [None] * NUM_JOBS
    assert _content(folder, plan) == _content(undisturbed, plan)
    (results,) = folder.glob("baseline*/results.json")
    assert 3 <= json.loads(results.read_text())["resumed_from"] < 20


def test_the_queue_of_a_store(expected: dict[str, Any], folder: Path, tmp_path: Path) -> None:
    from experiment_commands.work import work

    db = str(tmp_path / "queue.db")
    assert len(enqueue_experiments(PLAN, folder, db=db, quiet=True).new) == NUM_JOBS
    assert work(executor="inline", db=db, log_dir=tmp_path / "logs") == 0
    assert _content(folder) == expected
