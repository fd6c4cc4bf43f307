from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from clustering import ClusteringOptions, load_clusters, prepare
from tasks import create_task
from tasks.base import DataSource


@pytest.mark.parametrize(("task_name", "dataset"), [("qa", "demo"), ("nli", "demo-nli")])
@pytest.mark.parametrize("seed", [0, 1])
def test_the_odd_topic_of_the_demo_is_isolated(tmp_path: Path, task_name: str, dataset: str, seed: int) -> None:
    task = create_task(task_name)
    rows = task.load(DataSource(dataset))
    made = prepare(ClusteringOptions(seed=seed), rows, task, tmp_path)
    odd = np.asarray(rows.table["planted"][:]) == "odd_topic"
    cluster = made.columns["cluster"]
    mostly_odd = [number for number in set(cluster.tolist()) - {-1} if odd[cluster == number].mean() > 0.5]
    found = np.isin(cluster, mostly_odd)
    assert (found & odd).sum() / odd.sum() >= 0.8, "recall"
    assert odd[found].mean() >= 0.8, "purity"
    assert (cluster == -1).mean() <= 0.3


def test_a_second_call_reads_what_the_first_made(tmp_path: Path) -> None:
    task = create_task("nli")
    rows = task.load(DataSource("demo-nli", max_samples=120))
    first = prepare(ClusteringOptions(), rows, task, tmp_path)
    stamps = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    second = prepare(ClusteringOptions(), rows, task, tmp_path)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()} == stamps
    assert (first.columns["cluster"] == second.columns["cluster"]).all()
    assert load_clusters(tmp_path).provenance["dataset_fingerprint"] == rows.fingerprint


def test_importing_the_room_is_cheap() -> None:
    heavy = "{'torch', 'transformers', 'datasets', 'pandas', 'matplotlib', 'hdbscan', 'scipy', 'sklearn'}"
    code = f"import sys, clustering; print(sorted(set(sys.modules) & {heavy}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"
