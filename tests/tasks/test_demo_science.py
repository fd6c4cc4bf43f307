"""The embedded data must show the science: real training and clustering find what was planted."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from cartography import load_data_map
from clustering import ClusteringOptions, prepare
from experiment_config import TrainingConfig, create_baseline_config
from tasks import create_task
from tasks.base import DataSource
from tasks.demo_data import generate
from training.session import RunPaths, run_experiment

RUNS = [("qa", "demo", 42), ("qa", "demo", 43), ("qa", "demo", 44), ("nli", "demo-nli", 42)]


@pytest.mark.parametrize(("task", "name", "seed"), RUNS)
def test_the_map_finds_what_was_planted(task: str, name: str, seed: int, tmp_path: Path) -> None:
    config = create_baseline_config(task=task, dataset=name, training=TrainingConfig(seed=seed, max_eval_samples=10))
    run_experiment(config, RunPaths(folder=tmp_path, record_to=tmp_path / "map"), None)
    data_map = load_data_map(tmp_path / "map")
    by_id = {row["id"]: row["planted"] for row in generate(name, "train")}
    planted = np.array([by_id[row] for row in data_map.ids])
    mislabelled = planted == "mislabelled"
    assert roc_auc_score(mislabelled, -data_map.columns["confidence"]) >= 0.95
    right = ~mislabelled
    assert roc_auc_score(planted[right] == "ambiguous", data_map.columns["variability"][right]) >= 0.8


@pytest.mark.parametrize(("task", "name"), [("qa", "demo"), ("nli", "demo-nli")])
def test_clustering_isolates_the_odd_topic(task: str, name: str, tmp_path: Path) -> None:
    rows = create_task(task).load(DataSource(name=name))
    clustering = prepare(ClusteringOptions(model="demo"), rows, create_task(task), tmp_path)
    by_id = {row["id"]: row["planted"] for row in generate(name, "train")}
    odd = np.array([by_id[row] == "odd_topic" for row in clustering.ids])
    clusters = clustering.columns["cluster"]
    names, counts = np.unique(clusters[odd & (clusters >= 0)], return_counts=True)
    found = clusters == names[counts.argmax()]
    assert (found & odd).sum() / odd.sum() >= 0.9
    assert (found & odd).sum() / found.sum() >= 0.9
