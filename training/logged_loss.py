"""What a Trainer has summed of the loss and not logged yet, kept in checkpoints so that a resumed curve goes on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from atomic_files import write_text

if TYPE_CHECKING:
    from transformers import Trainer

__all__ = ["LossSum", "RestoreLossSum"]


class LossSum(NamedTuple):
    """Losses that a Trainer has seen; it keeps them in attributes that its own checkpoints leave out."""

    since_logged: float = 0.0
    """Sum over the steps since the last point of the curve, which will be their mean."""
    logged: float = 0.0
    """Sum over all steps before."""
    last_logged_step: int = 0

    @classmethod
    def of(cls, trainer: Trainer) -> Self:
        """Return the sums of this process."""
        since = float(trainer._tr_loss.item())
        return cls(since, float(trainer._total_loss_scalar), int(trainer._globalstep_last_logged))

    def put_into(self, trainer: Trainer) -> None:
        """Let the trainer go on summing from here."""
        trainer._tr_loss.fill_(self.since_logged)
        trainer._total_loss_scalar = self.logged
        trainer._globalstep_last_logged = self.last_logged_step

    def save(self, path: Path) -> None:
        """Write a JSON file; binary fractions of 32 bits come back to the last bit."""
        write_text(path, json.dumps(self._asdict()))

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what :meth:`save` wrote."""
        return cls(**json.loads(path.read_text(encoding="utf-8")))


class RestoreLossSum(TrainerCallback):
    """Gives a trainer back its sums when training begins, right after it has set them to nothing."""

    def __init__(self, trainer: Trainer, loss: LossSum) -> None:
        self._trainer = trainer
        self._loss = loss

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Restore."""
        self._loss.put_into(self._trainer)
