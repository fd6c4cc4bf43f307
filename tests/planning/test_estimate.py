"""Steps, time and disk of a plan."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from experiment_config import TrainingConfig, create_baseline_config
from planning import PlanOptions, make_plan
from planning.estimate import Cost, estimate_costs, steps_of
from planning.row_counts import RowCount
from tests.planning.folders import finish_experiment


@pytest.mark.parametrize(
    ("rows", "batch", "accumulation", "epochs", "steps"),
    [(100, 32, 1, 3, 12), (100, 32, 3, 1, 2), (128, 32, 1, 1.5, 6), (1, 8, 4, 2, 2)],
)
def test_steps_are_those_of_the_trainer(rows: int, batch: int, accumulation: int, epochs: float, steps: int) -> None:
    training = TrainingConfig(
        per_device_train_batch_size=batch, gradient_accumulation_steps=accumulation, num_train_epochs=epochs
    )
    assert steps_of(create_baseline_config(training=training), RowCount(rows)) == RowCount(steps)


def test_windows_make_the_steps_of_long_contexts_uncertain() -> None:
    config = create_baseline_config(dataset="squad.json", training=TrainingConfig(num_train_epochs=1))
    assert str(steps_of(config, RowCount(320))) == "~10"
    assert str(steps_of(config, RowCount(None))) == "?"


def test_time_comes_from_finished_runs_like_it(tmp_path: Path) -> None:
    first, second = (create_baseline_config(training=TrainingConfig(seed=seed)) for seed in (1, 2))
    guessed = estimate_costs(make_plan([second], PlanOptions(tmp_path)))
    assert not next(iter(guessed.values())).measured
    finish_experiment(make_plan([first], PlanOptions(tmp_path)).nodes[0], train_steps=100, duration_seconds=20.0)
    plan = make_plan([first, second], PlanOptions(tmp_path))
    done, new = (estimate_costs(plan)[node.folder] for node in plan.nodes)
    assert (done.seconds, done.disk_bytes) == (0.0, 0.0)
    assert new.measured and new.seconds == pytest.approx(0.2 * (new.steps.rows or 0))
    other = dataclasses.replace(second, training=TrainingConfig(seed=2, per_device_train_batch_size=8))
    assert not _only(tmp_path, other).measured


def test_time_comes_from_a_finished_run_elsewhere_too(tmp_path: Path) -> None:
    config = create_baseline_config()
    node = make_plan([config], PlanOptions(tmp_path / "old")).nodes[0]
    finish_experiment(node, train_steps=100, duration_seconds=20.0)
    plan = make_plan([config], PlanOptions(tmp_path / "new"))
    (cost,) = estimate_costs(plan, [node.folder]).values()
    assert cost.measured


def _only(folder: Path, config: object) -> Cost:
    plan = make_plan([config], PlanOptions(folder))  # type: ignore[list-item]
    return estimate_costs(plan)[plan.nodes[-1].folder]


def test_an_unknown_model_has_no_estimate_and_a_folder_is_weighed(tmp_path: Path) -> None:
    assert _only(tmp_path, create_baseline_config(model="owner/model")).seconds is None
    model = tmp_path / "model"
    model.mkdir()
    (model / "config.json").write_text('{"hidden_size": 384, "num_hidden_layers": 6}')
    (model / "model.safetensors").write_bytes(b"0" * 1000)
    cost = _only(tmp_path, create_baseline_config(model=str(model)))
    assert (cost.seconds or 0) > 60 and (cost.disk_bytes or 0) > 1000 and cost.temporary_bytes == 6000
