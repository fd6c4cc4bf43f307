"""Plans executed for real, on a few rows: folders, reruns, failures."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from clustering import ClusteringOptions
from errors import ConfigError
from experiment_config import (
    CartographyFilterConfig,
    ClusterFilterConfig,
    ClusteringConfig,
    DataMapConfig,
    ExperimentConfig,
    LabelSmoothingConfig,
)
from experiment_runner import plan_experiments, run_experiments_from_configs, run_experiments_from_list
from strategies.category_filter import CategoryFilterConfig
from tests.running.builders import tiny

BASELINE = tiny("baseline")
FILTER = tiny("filter", CartographyFilterConfig(top_fraction=0.5))
IMPOSSIBLE = tiny("impossible", CategoryFilterConfig(categories=("hard",), keep_fraction=0.9))
"""Fails once the data map is there: no region holds nine tenths of the rows."""


@pytest.fixture(scope="module")
def first_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("first") / "experiments"
    results = run_experiments_from_list([BASELINE, FILTER, IMPOSSIBLE], folder, quiet=True)
    assert [result["success"] for result in results] == [True, True, False]
    return folder


@pytest.fixture
def experiments(first_run: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(first_run, tmp_path / "experiments"))


def _folder(experiments: Path, config: ExperimentConfig) -> Path:
    return experiments / config.folder_name


def _results(experiments: Path, config: ExperimentConfig) -> dict[str, Any]:
    values: dict[str, Any] = json.loads((_folder(experiments, config) / "results.json").read_text())
    return values


def test_a_finished_run_leaves_all_its_files(first_run: Path) -> None:
    folder = _folder(first_run, FILTER)
    assert ExperimentConfig.load(folder / "config.json") == FILTER
    results = _results(first_run, FILTER)
    assert results["config_identity"] == results["key"] == FILTER.identity()
    assert (results["primary_metric"], results["strategy"], results["seed"]) == ("eval_f1", "cartography_filter", 42)
    assert "eval_f1" in results["metrics"]
    assert results["strategy_report"]["rows_kept"] == results["train_rows"] < 64
    assert results["environment"]["packages"]["torch"]
    environment = json.loads((folder / "environment.json").read_text())
    assert environment["signals"]["data_map"].startswith(str(first_run.parent)[:4])
    for name in ("metrics.jsonl", "run.log", "trainer_output/eval_metrics.json", "trainer_output/model.safetensors"):
        assert (folder / name).stat().st_size
    assert "filter: starting" in (folder / "run.log").read_text()
    assert not list((folder / "trainer_output").glob("checkpoint-*"))


def test_the_baseline_recorded_the_map(first_run: Path) -> None:
    (data_map,) = (first_run / "shared").glob("data_map_*")
    assert (data_map / "cartography_metrics.csv").is_file()
    assert not (data_map / "probe").exists()
    left = json.loads((data_map / "node.json").read_text())
    assert left["finished"] and left["key"].startswith(data_map.name.removeprefix("data_map_"))
    assert json.loads((data_map / "provenance.json").read_text())["key"] == left["key"]


def test_a_failure_is_kept_with_its_trace_and_stops_nobody(first_run: Path) -> None:
    results = _results(first_run, IMPOSSIBLE)
    assert not results["success"]
    assert results["error"]["type"] == "SignalError" and "keep_fraction=0.9" in results["error"]["message"]
    assert "Traceback" in results["error"]["traceback"]
    assert "Traceback" in (_folder(first_run, IMPOSSIBLE) / "run.log").read_text()


def test_a_rerun_does_only_what_is_missing(experiments: Path) -> None:
    before = {config.name: _results(experiments, config)["finished_at"] for config in (BASELINE, FILTER)}
    shutil.rmtree(_folder(experiments, FILTER))
    results = run_experiments_from_list([BASELINE, FILTER], experiments, quiet=True)
    assert results[0]["finished_at"] == before["baseline"]
    assert results[1]["success"] and results[1]["finished_at"] > before["filter"]


def test_saved_configurations_are_run_and_known_again(experiments: Path) -> None:
    paths = [_folder(experiments, config) / "config.json" for config in (BASELINE, FILTER)]
    assert all(result["success"] for result in run_experiments_from_configs(paths, experiments))


def test_force_trains_again_with_the_same_end(experiments: Path) -> None:
    before = _results(experiments, BASELINE)
    (_folder(experiments, BASELINE) / "stale").touch()
    (after,) = run_experiments_from_list([BASELINE], experiments, force=True, quiet=True)
    assert after["metrics"] == before["metrics"] and after["finished_at"] > before["finished_at"]
    assert not (_folder(experiments, BASELINE) / "stale").exists()


def test_stop_on_error_stops_at_the_first_failure(experiments: Path) -> None:
    later = tiny("later", LabelSmoothingConfig())
    results = run_experiments_from_list([BASELINE], experiments, quiet=True)  # all done: nothing is loaded
    assert results[0]["success"]
    with pytest.raises(ConfigError):  # known before training, now that the map exists
        run_experiments_from_list([IMPOSSIBLE, later], experiments, quiet=True, stop_on_eror=True)
    fresh = experiments.parent / "fresh"
    results = run_experiments_from_list([IMPOSSIBLE, later], fresh, quiet=True, stop_on_error=True)
    assert [result["success"] for result in results] == [False]
    assert not (_folder(fresh, later) / "environment.json").exists()  # planned, not begun


def test_what_a_failed_signal_was_needed_for_fails_with_the_reason(tmp_path: Path) -> None:
    config = tiny("filter", CartographyFilterConfig(), cartography_dir=str(tmp_path / "map"))
    (tmp_path / "map" / "cartography_map.png").mkdir(parents=True)  # in the way of the picture
    (result,) = run_experiments_from_list([config], tmp_path / "experiments", quiet=True)
    assert not result["success"]
    assert "needs data_map_seed42, which failed" in result["error"]["message"]
    assert "Traceback" in (tmp_path / "map" / "run.log").read_text()
    assert (tmp_path / "experiments" / config.folder_name / "results.json").is_file()


def test_every_setting_of_a_clustering_that_changes_it_is_part_of_an_experiment() -> None:
    chosen, options = dataclasses.asdict(ClusteringConfig()), dataclasses.asdict(ClusteringOptions())
    elsewhere = {"max_length", "doc_stride", "batch_size"}  # with the training, or changing speed alone
    assert {**chosen, "model": "demo"} == {name: value for name, value in options.items() if name not in elsewhere}


def test_clusters_are_made_for_the_filter_that_needs_them(tmp_path: Path) -> None:
    config = tiny("c", ClusterFilterConfig(), clustering=ClusteringConfig(min_cluster_size=4, min_samples=2))
    (result,) = run_experiments_from_list([config], tmp_path, quiet=True)
    assert result["success"], result["error"]
    (clusters,) = (tmp_path / "shared").glob("clusters_*")
    assert (clusters / "cluster_assignments.csv").is_file()
    assert {plan.state(node).status for plan in [plan_experiments([config], tmp_path)] for node in plan.nodes} == {
        "done"
    }


def test_maps_of_several_seeds_are_averaged_and_validation_is_filtered(tmp_path: Path) -> None:
    config = tiny("f", CartographyFilterConfig(), data_map=DataMapConfig(seeds=(1, 2)), filter_validation=True)
    (result,) = run_experiments_from_list([config], tmp_path, quiet=True)
    assert result["success"], result["error"]
    assert 0 < result["metrics"]["eval_filtered_rows"] <= 16
    plan = plan_experiments([config], tmp_path)
    assert {plan.state(node).status for node in plan.nodes} == {"done"}
    averaged = [node for node in plan.nodes if node.kind == "average"]
    assert len(averaged) == 2 and all((node.folder / "cartography_map.png").is_file() for node in averaged)
    assert not any((tmp_path / "shared").glob("*/probe/trainer_output"))
