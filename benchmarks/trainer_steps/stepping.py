"""Time trainers step by step on the same batches, one after the other, so that noise strikes all alike."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from transformers import Trainer, TrainingArguments

__all__ = ["Stepper", "arguments_on_cpu", "step_times"]


def arguments_on_cpu(folder: str, batch_size: int) -> TrainingArguments:
    """Return the arguments under which all compared trainers train."""
    return TrainingArguments(
        output_dir=folder,
        per_device_train_batch_size=batch_size,
        remove_unused_columns=False,
        report_to="none",
        use_cpu=True,
        dataloader_pin_memory=False,
        disable_tqdm=True,
    )


class Stepper:
    """Drives one trainer's own training step, optimiser and data loader.

    Args:
        trainer: what to drive.
        clock: returns seconds. Processor time, on one thread, is what other work on the machine disturbs least.
    """

    def __init__(self, trainer: Trainer, clock: Callable[[], float] = time.process_time) -> None:
        self.trainer = trainer
        self._clock = clock
        trainer.create_optimizer()
        self._model: Any = trainer.model
        self._batches = iter(trainer.get_train_dataloader())

    def step(self) -> float:
        """Fetch a batch, train on it, and return the seconds that took."""
        started = self._clock()
        batches, count = self.trainer.get_batch_samples(self._batches, 1, self.trainer.args.device)
        self.trainer.current_gradient_accumulation_steps = 1
        self.trainer.training_step(self._model, batches[0], count)
        optimizer: Any = self.trainer.optimizer
        optimizer.step()
        optimizer.zero_grad()
        return self._clock() - started


def step_times(trainers: Mapping[str, Trainer], steps: int, warm_up: int = 3) -> dict[str, NDArray[np.float64]]:
    """Return the seconds of each step of each trainer, (steps,); the order alternates from step to step."""
    steppers = {name: Stepper(trainer) for name, trainer in trainers.items()}
    times: dict[str, list[float]] = {name: [] for name in steppers}
    for number in range(steps + warm_up):
        names = list(steppers) if number % 2 == 0 else list(reversed(steppers))
        for name in names:
            seconds = steppers[name].step()
            if number >= warm_up:
                times[name].append(seconds)
    return {name: np.array(values) for name, values in times.items()}
