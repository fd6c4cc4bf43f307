"""Equal artefacts have equal keys, and nothing else has."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from experiment_config import (
    ClusteringConfig,
    DataMapConfig,
    ExperimentConfig,
    TrainingConfig,
    create_baseline_config,
    create_cartography_filter_config,
)
from planning import keys


def _map_key(config: ExperimentConfig, seed: int = 42) -> str:
    return keys.data_map_key(keys.probe_config(config, seed))


def test_a_baseline_records_the_map_that_a_filter_of_another_seed_needs() -> None:
    baseline = create_baseline_config(training=TrainingConfig(seed=42), eval_datasets=("demo@ood",))
    filtered = create_cartography_filter_config(training=TrainingConfig(seed=43, budget="steps"), notes="x")
    assert keys.is_baseline(baseline) and not keys.is_baseline(filtered)
    assert _map_key(baseline) == _map_key(filtered)


@pytest.mark.parametrize(
    "change",
    [
        {"model": "bert"},
        {"dataset": "x"},
        {"train_split": "half"},
        {"columns": {"label": "y"}},
        {"ablation": "p_only"},
        {"training": TrainingConfig(num_train_epochs=2)},
        {"training": TrainingConfig(max_train_samples=9)},
        {"data_map": DataMapConfig(burn_in=2)},
        {"data_map": DataMapConfig(source="eval")},
    ],
    ids=lambda change: next(iter(change)),
)
def test_what_changes_a_map_changes_its_key(change: dict[str, Any]) -> None:
    config = create_cartography_filter_config()
    assert _map_key(dataclasses.replace(config, **change)) != _map_key(config)
    assert _map_key(config, seed=1) != _map_key(config, seed=2)


@pytest.mark.parametrize(
    "change",
    [
        {"eval_split": "test"},
        {"training": TrainingConfig(max_eval_samples=5, per_device_eval_batch_size=1)},
        {"cartography_dir": "elsewhere"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_evaluation_leaves_no_trace_in_a_map(change: dict[str, Any]) -> None:
    config = create_cartography_filter_config()
    assert _map_key(dataclasses.replace(config, **change)) == _map_key(config)


def test_the_validation_map_is_one_of_the_validation_rows() -> None:
    config = create_cartography_filter_config(training=TrainingConfig(max_train_samples=50, max_eval_samples=7))
    probe = keys.validation_probe_config(config, 42)
    assert (probe.train_split, probe.training.max_train_samples) == ("validation", 7)
    assert keys.data_map_key(probe) != _map_key(config)


def test_an_average_does_not_depend_on_the_order() -> None:
    assert keys.average_key(["a", "b"]) == keys.average_key(["b", "a"]) != keys.average_key(["a", "c"])


def test_a_clustering_depends_on_rows_and_encoder_not_on_training() -> None:
    config = create_baseline_config()
    longer = dataclasses.replace(config, training=TrainingConfig(num_train_epochs=9, seed=8))
    named = dataclasses.replace(config, clustering=ClusteringConfig(model="demo"))
    assert keys.clusters_key(config) == keys.clusters_key(longer) == keys.clusters_key(named)
    other = dataclasses.replace(config, clustering=ClusteringConfig(min_cluster_size=9))
    assert keys.clusters_key(other) != keys.clusters_key(config)


def test_a_supplied_signal_joins_the_key_by_content_not_by_place(tmp_path: Path) -> None:
    for name, text in (("a", "id\n1\n"), ("b", "id\n1\n"), ("c", "id\n2\n")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "t.csv").write_text(text)
    first, same, other = (keys.supplied_key(tmp_path / name, "t.csv") for name in "abc")
    assert first == same != other
    config = create_cartography_filter_config()
    assert keys.experiment_key(config, []) == config.identity() != keys.experiment_key(config, [first])
