"""The same plan comes to the same, to the last bit, whoever executes it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from execution.options import ExecutorOptions
from experiment_config import CartographyFilterConfig
from experiment_runner import enqueue_experiments, plan_experiments, run_experiments_from_list, submit_experiments
from planning.status import read_results
from tests.execution.jobs_of_tests import PATIENCE_S
from tests.running.builders import tiny

# Fixtures of real clusters.
from tests.execution.on_ray.conftest import LoopbackCluster, ray_cluster, ray_environment  # noqa: F401  isort: skip
from tests.execution.slurm.conftest import _cluster, slurm  # noqa: F401  isort: skip

PLAN = [tiny("baseline"), tiny("filter", CartographyFilterConfig(top_fraction=0.5))]
NUM_JOBS = 3
"""Two experiments, and the data map that the first records."""


def _run(folder: Path, **execution: Any) -> None:
    chosen = ExecutorOptions(**execution, log_dir=folder / ".execution")
    results = run_experiments_from_list(PLAN, folder, quiet=True, tracking=False, execution=chosen)
    assert [result["success"] for result in results] == [True, True], results


def _content(folder: Path) -> dict[str, Any]:
    """Return everything that must be equal: metrics, predictions, weights, losses, data map."""
    found: dict[str, Any] = {}
    for node in plan_experiments(PLAN, folder).experiments:
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


def test_the_queue_of_a_store(expected: dict[str, Any], folder: Path, tmp_path: Path) -> None:
    from experiment_commands.work import work

    db = str(tmp_path / "queue.db")
    assert len(enqueue_experiments(PLAN, folder, db=db, quiet=True).new) == NUM_JOBS
    assert work(executor="inline", db=db, log_dir=tmp_path / "logs") == 0
    assert _content(folder) == expected
