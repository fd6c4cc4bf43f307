"""A run taken up from a checkpoint, at an epoch's end or in its middle, ends as if it had never stopped."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from transformers import TrainerCallback

from cartography import read_dynamics
from tests.training.builders import Setting, setting
from training.callbacks import DynamicsCallback, OrderCallback
from training.checkpoints import last_complete_checkpoint
from training.trainer import StrategyTrainer


class StopAt(TrainerCallback):
    """Stops training at a step, as a kill between two steps would."""

    def __init__(self, step: int) -> None:
        self._step = step

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        if state.global_step == self._step:
            raise InterruptedError


def _trainer(made: Setting, folder: Path) -> StrategyTrainer:
    saving = {"save_strategy": "steps", "save_steps": 2, "num_train_epochs": 3, "save_total_limit": 1}
    # Points of the curve lie between checkpoints: their mean is over steps before and after one.
    trainer = made.trainer(folder, record=True, logging_strategy="steps", logging_steps=3, **saving)
    trainer.add_callback(OrderCallback(trainer))
    trainer.add_callback(DynamicsCallback(trainer, made.features, made.rows, folder / "map"))
    return trainer


def _losses(trainer: StrategyTrainer) -> list[tuple[float, float]]:
    points = trainer.state.log_history
    return [(point["step"], point[name]) for point in points for name in ("loss", "train_loss") if name in point]


@pytest.mark.parametrize("step", [4, 5, 7])  # an epoch has 5 steps: in the middle, at its end, in the second
def test_a_resumed_run_equals_an_undisturbed_one(step: int, tmp_path: Path) -> None:
    undisturbed = setting("qa")
    whole = _trainer(undisturbed, tmp_path / "a")
    whole.train()

    broken = _trainer(setting("qa"), tmp_path / "b")
    broken.add_callback(StopAt(step))
    with pytest.raises(InterruptedError):
        broken.train()

    resumed = setting("qa", seed=99)  # another initialisation: everything must come from the checkpoint
    trainer = _trainer(resumed, tmp_path / "b")
    checkpoint = last_complete_checkpoint(tmp_path / "b")
    assert checkpoint is not None
    trainer.take_up(checkpoint)
    trainer.train(resume_from_checkpoint=str(checkpoint))

    for mine, other in zip(resumed.model.parameters(), undisturbed.model.parameters(), strict=True):
        np.testing.assert_array_equal(mine.detach().numpy(), other.detach().numpy())
    assert _losses(trainer) == _losses(whole) and len(_losses(whole)) == 6
    first, second = read_dynamics(tmp_path / "a" / "map"), read_dynamics(tmp_path / "b" / "map")
    np.testing.assert_array_equal(first.gold_prob, second.gold_prob)
    assert first.gold_prob.shape == (3, 40)
