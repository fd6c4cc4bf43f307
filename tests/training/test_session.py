"""Sessions on real rows: the plan reaches training by id, and what is wrong is refused before anything is trained."""

from __future__ import annotations

import csv
import errno
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from cartography import load_data_map
from errors import ConfigError, DataError, ResourceError, SignalError
from experiment_config import ExperimentConfig, SoftWeightingConfig, TrainingConfig
from score_files import read_score_file
from strategies import config_from_mapping
from training.data import DataCache
from training.outputs import writing_into
from training.session import RunOutcome, RunPaths, Session, run_experiment


@pytest.fixture(scope="module")
def cache() -> DataCache:
    """Rows and features that all tests of this module share."""
    torch.set_num_threads(1)
    return DataCache()


def _config(*strategies: Any, **fields: Any) -> ExperimentConfig:
    training = {"max_train_samples": 60, "max_eval_samples": 30, "num_train_epochs": 2, **fields.pop("training", {})}
    return ExperimentConfig(name="t", strategies=strategies, training=TrainingConfig(**training), **fields)


@pytest.fixture(scope="module")
def recorded(cache: DataCache, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, RunOutcome]:
    """A baseline that recorded its data map: the map's folder, and how the run ended."""
    folder = tmp_path_factory.mktemp("baseline")
    outcome = run_experiment(_config(), RunPaths(folder=folder, record_to=folder / "map"), cache=cache)
    return folder / "map", outcome


def _shuffled_map(source: Path, target: Path) -> Path:
    target.mkdir()
    with (source / "cartography_metrics.csv").open() as file:
        header, *rows = list(csv.reader(file))
    order = np.random.default_rng(0).permutation(len(rows))
    with (target / "cartography_metrics.csv").open("w", newline="") as file:
        csv.writer(file).writerows([header, *(rows[position] for position in order)])
    (target / "provenance.json").write_text((source / "provenance.json").read_text())
    return target


def test_a_run_leaves_scores_predictions_and_a_model(recorded: tuple[Path, RunOutcome]) -> None:
    output = recorded[0].parent / "trainer_output"
    metrics = json.loads((output / "eval_metrics.json").read_text())
    assert metrics == recorded[1].metrics
    rows = [json.loads(line) for line in (output / "eval_predictions.jsonl").read_text().splitlines()]
    assert len({row["id"] for row in rows}) == 30
    assert metrics["eval_f1"] == pytest.approx(100 * np.mean([row["f1"] for row in rows]) if rows[0]["f1"] <= 1 else 0)
    scores = read_score_file(output / "eval_scores.npz", ["f1", "exact_match", "confidence"])
    assert scores is not None
    assert scores.ids == tuple(row["id"] for row in rows)
    assert {name: column.tolist() for name, column in scores.columns.items()} == {
        name: [row[name] for row in rows] for name in ("exact_match", "f1", "confidence")
    }
    assert (output / "model.safetensors").stat().st_size > 0
    assert not list(output.glob("checkpoint-*"))


def test_the_recorded_map_covers_every_training_row(recorded: tuple[Path, RunOutcome], cache: DataCache) -> None:
    data_map = load_data_map(recorded[0])
    rows = Session(_config(), RunPaths(recorded[0]), None, cache).train_rows()
    assert sorted(data_map.ids) == sorted(rows.ids)
    assert data_map.provenance["dataset_fingerprint"] == rows.fingerprint


def test_recording_changes_nothing(recorded: tuple[Path, RunOutcome], cache: DataCache, tmp_path: Path) -> None:
    assert run_experiment(_config(), RunPaths(tmp_path), cache=cache).metrics == recorded[1].metrics


def test_a_filtered_run_trains_on_what_the_plan_keeps(
    recorded: tuple[Path, RunOutcome], cache: DataCache, tmp_path: Path
) -> None:
    config = _config(config_from_mapping({"name": "category_filter", "categories": ["easy"]}))
    paths = RunPaths(tmp_path, record_to=tmp_path / "map", data_map=recorded[0])
    outcome = run_experiment(config, paths, cache=cache)
    easy = load_data_map(recorded[0])
    expected = sorted(easy.ids[easy.columns["category"] == "easy"])
    assert sorted(load_data_map(tmp_path / "map").ids) == expected
    assert outcome.train_rows == len(expected) == outcome.strategy_report["rows_kept"]


def test_weights_are_joined_by_id_not_by_position(
    recorded: tuple[Path, RunOutcome], cache: DataCache, tmp_path: Path
) -> None:
    config = _config(SoftWeightingConfig())
    shuffled = _shuffled_map(recorded[0], tmp_path / "shuffled")
    plain = run_experiment(config, RunPaths(tmp_path / "a", data_map=recorded[0]), cache=cache)
    other = run_experiment(config, RunPaths(tmp_path / "b", data_map=shuffled), cache=cache)
    assert plain.metrics == other.metrics
    assert plain.metrics != recorded[1].metrics


def test_a_budget_of_steps_gives_a_filtered_run_the_baselines_steps(
    recorded: tuple[Path, RunOutcome], cache: DataCache, tmp_path: Path
) -> None:
    half = config_from_mapping({"name": "random_filter", "keep_fraction": 0.5})
    epochs = run_experiment(_config(half), RunPaths(tmp_path / "a"), cache=cache)
    steps = run_experiment(_config(half, training={"budget": "steps"}), RunPaths(tmp_path / "b"), cache=cache)
    assert steps.train_steps == recorded[1].train_steps
    assert epochs.train_steps < recorded[1].train_steps


def test_the_filtered_validation_rows_are_reported_beside_all_of_them(
    recorded: tuple[Path, RunOutcome], cache: DataCache, tmp_path: Path
) -> None:
    on_validation = _config(train_split="validation", training={"max_train_samples": 30})
    run_experiment(on_validation, RunPaths(tmp_path / "probe", record_to=tmp_path / "map"), cache=cache)
    easy = config_from_mapping({"name": "category_filter", "categories": ["easy"]})
    config = _config(easy, filter_validation=True)
    paths = RunPaths(tmp_path / "run", data_map=recorded[0], validation_data_map=tmp_path / "map")
    metrics = run_experiment(config, paths, cache=cache).metrics
    assert 0 < metrics["eval_filtered_rows"] < 30
    assert "eval_filtered_f1" in metrics and "eval_f1" in metrics


def test_a_map_of_another_data_set_is_refused(
    recorded: tuple[Path, RunOutcome], cache: DataCache, tmp_path: Path
) -> None:
    config = _config(SoftWeightingConfig(), task="nli", dataset="demo-nli")
    with pytest.raises(SignalError, match=r"demo \(train split.*demo-nli"):
        run_experiment(config, RunPaths(tmp_path, data_map=recorded[0]), cache=cache)


def test_a_missing_map_is_refused(cache: DataCache, tmp_path: Path) -> None:
    with pytest.raises(SignalError, match="Cartography metrics not found"):
        run_experiment(_config(SoftWeightingConfig()), RunPaths(tmp_path, data_map=tmp_path / "no"), cache=cache)


def test_unknown_training_arguments_are_refused_with_the_nearest_name(cache: DataCache, tmp_path: Path) -> None:
    config = _config(training={"arguments": {"gradient_checkpointin": True}})
    with pytest.raises(ConfigError, match="gradient_checkpointing"):
        run_experiment(config, RunPaths(tmp_path), cache=cache)


def test_the_stock_smoothing_is_refused_since_it_passes_the_plan_by(cache: DataCache, tmp_path: Path) -> None:
    config = _config(training={"arguments": {"label_smoothing_factor": 0.1}})
    with pytest.raises(ConfigError, match="uniform_smoothing"):
        run_experiment(config, RunPaths(tmp_path), cache=cache)


def test_a_map_of_the_validation_rows_does_not_serve_training(cache: DataCache, tmp_path: Path) -> None:
    probe = _config(train_split="validation", training={"max_train_samples": 30})
    run_experiment(probe, RunPaths(tmp_path / "probe", record_to=tmp_path / "map"), cache=cache)
    with pytest.raises(SignalError, match=r"demo \(validation split"):
        run_experiment(
            _config(SoftWeightingConfig()), RunPaths(tmp_path / "run", data_map=tmp_path / "map"), cache=cache
        )


def test_a_folder_that_cannot_be_written_is_refused_at_once(cache: DataCache, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ResourceError, match="cannot write here"):
        run_experiment(_config(), RunPaths(tmp_path / "file" / "run"), cache=cache)


def test_best_checkpoint_is_chosen_by_the_plain_evaluation_loss(
    recorded: tuple[Path, RunOutcome], cache: DataCache, tmp_path: Path
) -> None:
    choose = {"eval_strategy": "epoch", "load_best_model_at_end": True, "metric_for_best_model": "eval_loss"}
    config = _config(SoftWeightingConfig(), training={"arguments": choose})
    metrics = run_experiment(config, RunPaths(tmp_path, data_map=recorded[0]), cache=cache).metrics
    logged = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    losses = [point["value"] for point in logged if point["name"] == "eval/loss"]
    assert metrics["eval_loss"] == pytest.approx(min(losses), rel=1e-6)


def test_checkpoints_of_other_settings_are_not_continued(cache: DataCache, tmp_path: Path) -> None:
    keep = {"arguments": {"save_total_limit": 1}}
    run_experiment(_config(training=keep), RunPaths(tmp_path), cache=cache)
    with pytest.raises(ConfigError, match=r"training\.learning_rate: 0\.00\d* then, 0\.5 now"):
        run_experiment(_config(training={**keep, "learning_rate": 0.5}), RunPaths(tmp_path), cache=cache)


def test_a_finished_run_that_is_taken_up_again_ends_the_same(cache: DataCache, tmp_path: Path) -> None:
    config = _config(training={"arguments": {"save_total_limit": 1}})
    first = run_experiment(config, RunPaths(tmp_path), cache=cache)
    second = run_experiment(config, RunPaths(tmp_path), cache=cache)
    assert second.metrics == first.metrics
    assert second.resumed_from == first.train_steps


def test_an_untrained_head_is_not_evaluated(cache: DataCache, tmp_path: Path) -> None:
    run_experiment(_config(), RunPaths(tmp_path / "qa"), cache=cache)
    config = _config(task="nli", dataset="demo-nli", model=str(tmp_path / "qa" / "trainer_output"))
    with pytest.raises(DataError, match="not trained for task nli"):
        run_experiment(config, RunPaths(tmp_path / "scores"), cache=cache, do_train=False)


def test_a_trained_model_is_evaluated_as_it_was_left(cache: DataCache, tmp_path: Path) -> None:
    trained = run_experiment(_config(task="nli", dataset="demo-nli"), RunPaths(tmp_path / "a"), cache=cache)
    config = _config(task="nli", dataset="demo-nli", model=str(tmp_path / "a" / "trainer_output"))
    scored = run_experiment(config, RunPaths(tmp_path / "b"), cache=cache, do_train=False)
    assert scored.metrics == pytest.approx(trained.metrics)


def test_a_missing_evaluation_set_shows_before_training(cache: DataCache, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"nowhere\.json"):
        run_experiment(_config(eval_datasets=("demo@ood", "nowhere.json")), RunPaths(tmp_path / "run"), cache=cache)
    assert not (tmp_path / "run").exists(), "nothing is left behind"


def test_what_a_folder_held_stays_when_a_run_is_refused(cache: DataCache, tmp_path: Path) -> None:
    (tmp_path / "run" / "trainer_output").mkdir(parents=True)
    with pytest.raises(DataError):
        run_experiment(_config(eval_datasets=("nowhere.json",)), RunPaths(tmp_path / "run"), cache=cache)
    assert (tmp_path / "run" / "trainer_output").is_dir()


def test_an_evaluation_set_serves_a_lone_file_as_validation_split(cache: DataCache, tmp_path: Path) -> None:
    rows = [{"text": f"w{n % 2}", "label": "ab"[n % 2]} for n in range(20)]
    for name in ("mine", "other", "third"):
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    names = {name: str(tmp_path / f"{name}.jsonl") for name in ("mine", "other", "third")}
    config = _config(task="classification", dataset=names["mine"], eval_datasets=(names["other"], names["third"]))
    metrics = run_experiment(config, RunPaths(tmp_path / "run"), cache=cache).metrics
    assert next(name for name in metrics if name.endswith("accuracy")) == "eval_accuracy"
    assert sum(name.endswith("accuracy") for name in metrics) == 2


def test_a_map_folder_that_cannot_be_written_shows_before_training(cache: DataCache, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    paths = RunPaths(tmp_path / "run", record_to=tmp_path / "taken")
    with pytest.raises(ResourceError, match=r"taken: cannot write here"):
        run_experiment(_config(), paths, cache=cache)
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("[enforce fail at inline_container.cc:672] . unexpected pos 750656 vs 750544"),
        RuntimeError("PytorchStreamWriter failed writing file data/7: file write failed"),
        ValueError("I/O error: No space left on device (os error 28)"),
    ],
)
def test_a_full_disk_is_told_whatever_library_notices_it(error: Exception, tmp_path: Path) -> None:
    with pytest.raises(ResourceError, match="the disk is full"), writing_into(tmp_path / "run"):
        raise error
    with pytest.raises(ResourceError, match="the disk is full"), writing_into(tmp_path / "run"):
        try:
            raise OSError(errno.ENOSPC, "No space left on device")
        except OSError:
            raise RuntimeError("something else") from None
    with pytest.raises(RuntimeError, match="a mistake of ours"), writing_into(tmp_path / "run"):
        raise RuntimeError("a mistake of ours")
