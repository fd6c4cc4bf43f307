"""A run that is asked to stop saves where it is and ends, taken up again, as if nobody had asked."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from experiment_config import DataMapConfig, ExperimentConfig, TrainingConfig
from jobs.failures import Preempted
from training.callbacks import Progress
from training.checkpoints import last_complete_checkpoint
from training.session import RunOutcome, RunPaths, run_experiment

STEPS_AN_EPOCH, STEPS = 4, 12
_CURVES = ("train/loss", "train/grad_norm", "train/learning_rate")


def _config(**fields: Any) -> ExperimentConfig:
    training = TrainingConfig(
        num_train_epochs=3,
        max_train_samples=64,
        max_eval_samples=16,
        per_device_train_batch_size=8,
        per_device_eval_batch_size=4,
        gradient_accumulation_steps=2,
        dropout=0.1,
        **fields,
    )
    return ExperimentConfig(name="x", training=training)


def _paths(root: Path) -> RunPaths:
    return RunPaths(folder=root, record_to=root / "map")


def _content(root: Path) -> dict[str, Any]:
    """Return everything that must be equal, to the last bit."""
    output = root / "trainer_output"
    names = ("eval_predictions.jsonl", "eval_metrics.json", "model.safetensors", "eval_scores.npz")
    found: dict[str, Any] = {name: (output / name).read_bytes() for name in names}
    found["map"] = (root / "map" / "cartography_metrics.csv").read_bytes()
    lines = [json.loads(line) for line in (root / "metrics.jsonl").read_text().splitlines()]
    # The Trainer's summary at the end speaks of the time since the last start.
    curves = [line for line in lines if line["name"] in _CURVES or line["name"].startswith("eval")]
    found["curves"] = [(line["step"], line["name"], line["value"]) for line in curves if "runtime" not in line["name"]]
    return found


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, RunOutcome]:
    root = tmp_path_factory.mktemp("undisturbed")
    outcome = run_experiment(_config(), _paths(root))
    assert outcome.train_steps == STEPS
    return root, outcome


def _stopped(root: Path, config: ExperimentConfig, wanted: Callable[[Progress], bool]) -> list[Progress]:
    """Run until something is reported at which the run is asked to stop, and return all reports."""
    seen: list[Progress] = []

    def reason() -> str:
        return "asked by a test" if any(wanted(each) for each in seen) else ""

    with pytest.raises(Preempted, match="asked by a test"):
        run_experiment(config, _paths(root), seen.append, stop_reason=reason)
    return seen


def _is_at(step: int) -> Callable[[Progress], bool]:
    return lambda progress: progress.phase == "training" and progress.step == step


@pytest.mark.parametrize("step", [1, 6])
def test_a_run_is_saved_at_the_next_step(step: int, undisturbed: tuple[Path, RunOutcome], tmp_path: Path) -> None:
    seen = _stopped(tmp_path, _config(), _is_at(step))
    # Who asks is heard after the step that follows.
    saved = step + 1
    checkpoint = last_complete_checkpoint(tmp_path / "trainer_output")
    assert checkpoint is not None and checkpoint.name == f"checkpoint-{saved}"
    assert seen[-1].step == saved
    assert not (tmp_path / "trainer_output" / "model.safetensors").exists()
    outcome = run_experiment(_config(), _paths(tmp_path))
    before, expected = undisturbed
    assert dataclasses.replace(outcome, resumed_from=None) == expected and outcome.resumed_from == saved
    assert _content(tmp_path) == _content(before)


@pytest.mark.parametrize("phase", ["evaluating demo", "building the data map"])
def test_a_run_that_has_trained_is_stopped_too(
    phase: str, undisturbed: tuple[Path, RunOutcome], tmp_path: Path
) -> None:
    _stopped(tmp_path, _config(), lambda progress: progress.phase == phase)
    assert not (tmp_path / "trainer_output" / "eval_metrics.json").exists()
    outcome = run_experiment(_config(), _paths(tmp_path))
    before, expected = undisturbed
    assert (outcome.metrics, outcome.resumed_from) == (expected.metrics, STEPS)
    assert _content(tmp_path) == _content(before)


def test_a_run_that_is_stopped_at_every_step_ends_all_the_same(
    undisturbed: tuple[Path, RunOutcome], tmp_path: Path
) -> None:
    for saved in range(2, STEPS, 2):
        _stopped(tmp_path, _config(), lambda progress: progress.phase == "training")
        checkpoint = last_complete_checkpoint(tmp_path / "trainer_output")
        assert checkpoint is not None and checkpoint.name == f"checkpoint-{saved}"
    run_experiment(_config(), _paths(tmp_path))
    assert _content(tmp_path) == _content(undisturbed[0])


def test_one_that_is_asked_before_it_begins_writes_nothing_to_take_up(tmp_path: Path) -> None:
    with pytest.raises(Preempted, match="at once"):
        run_experiment(_config(), _paths(tmp_path), stop_reason=lambda: "at once")
    assert last_complete_checkpoint(tmp_path / "trainer_output") is None


def test_an_epoch_that_is_evaluated_is_evaluated_although_it_was_the_last_before_the_stop(tmp_path: Path) -> None:
    config = _config(arguments={"eval_strategy": "epoch"})
    run_experiment(config, _paths(tmp_path / "a"))
    _stopped(tmp_path / "b", config, _is_at(STEPS_AN_EPOCH - 1))
    run_experiment(config, _paths(tmp_path / "b"))
    assert _content(tmp_path / "a") == _content(tmp_path / "b")


def test_a_map_of_passes_without_dropout_goes_on_too(tmp_path: Path) -> None:
    config = dataclasses.replace(_config(), data_map=DataMapConfig(source="eval"))
    run_experiment(config, _paths(tmp_path / "a"))
    _stopped(tmp_path / "b", config, _is_at(5))
    run_experiment(config, _paths(tmp_path / "b"))
    assert _content(tmp_path / "a") == _content(tmp_path / "b")


def test_losses_between_two_points_of_the_curve_are_not_lost(tmp_path: Path) -> None:
    config = _config(arguments={"logging_steps": 4})
    _stopped(tmp_path, config, _is_at(5))
    run_experiment(config, _paths(tmp_path))
    lines = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    losses = {line["step"]: line["value"] for line in lines if line["name"] == "train/loss"}
    run_experiment(config, _paths(tmp_path / "whole"))
    whole_lines = [json.loads(line) for line in (tmp_path / "whole" / "metrics.jsonl").read_text().splitlines()]
    whole = {line["step"]: line["value"] for line in whole_lines if line["name"] == "train/loss"}
    assert sorted(losses) == [4, 8, 12]
    assert losses == whole, "those before the stop and those after it make one mean"
