"""What happens beside the training step: dynamics at each epoch's end, metrics to a file, progress to a caller."""

from __future__ import annotations

import json
import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from atomic_files import explain_os_error, write_text
from cartography import write_epoch
from tasks.base import Rows
from tracking.folders.metric_points import MetricPoint, curve_name, format_points

if TYPE_CHECKING:
    from datasets import Dataset

    from training.trainer import StrategyTrainer

__all__ = ["DynamicsCallback", "MetricsFile", "OrderCallback", "Progress", "ProgressCallback", "StopCallback"]

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Progress:
    """Where a run stands."""

    phase: str
    """What is done, for people: ``loading``, ``training``, ``evaluating <data set>`` ..."""
    step: int = 0
    total_steps: int = 0
    epoch: float = 0.0
    loss: float | None = None


class OrderCallback(TrainerCallback):
    """Tells the sampler which epoch begins: the order is a function of it, also after a resume."""

    def __init__(self, trainer: StrategyTrainer) -> None:
        self._trainer = trainer

    def on_epoch_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Set the sampler's epoch."""
        if self._trainer.train_sampler is not None:
            # 1e-6: the fraction of an epoch is a sum of floats.
            self._trainer.train_sampler.set_epoch(math.floor((state.epoch or 0.0) + 1e-6))


class DynamicsCallback(TrainerCallback):
    """Writes one file of training dynamics an epoch, a row an example.

    Args:
        trainer: whose records are read.
        features: the training features, numbered as the trainer sees them.
        rows: the examples behind them.
        folder: the cartography folder.
        source: ``train`` takes the records of the training pass, ``eval`` runs the model once more.
    """

    def __init__(
        self, trainer: StrategyTrainer, features: Dataset, rows: Rows, folder: Path, source: str = "train"
    ) -> None:
        self._trainer = trainer
        self._features = features
        self._rows = rows
        self._folder = folder
        self._source = source

    def on_epoch_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Write the epoch that ended, unless training stopped in the middle of it."""
        if _is_within_epoch(state) and state.global_step < state.max_steps:
            return  # whoever stopped it has saved the records, and goes on with them
        records = self._records()
        epoch = math.ceil((state.epoch or 0.0) - 1e-6) - 1
        if records is None or not records["observed"].all():
            logger.warning("epoch %d ended before every example was seen; it is left out of the data map", epoch)
            return
        if state.is_world_process_zero:
            values = self._trainer.task.examples(records, self._features, self._rows)
            seen = ~np.isnan(values["gold_prob"])
            columns = {"id": self._rows.ids, "row": np.arange(len(self._rows)), **values}
            write_epoch(self._folder, epoch, {name: column[seen] for name, column in columns.items()})

    def _records(self) -> dict[str, Any] | None:
        if self._source == "eval":
            return self._trainer.observe(self._features)
        records = self._trainer.records
        if records is None or records.empty:
            return None
        arrays = records.arrays()
        records.clear()
        return arrays


class MetricsFile(TrainerCallback):
    """Appends what the Trainer logs to metrics.jsonl: step, time, name, value."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def forget_after(self, step: int) -> None:
        """Drop lines after ``step`` (a resumed run writes them again), and a line that a killed process tore."""
        lines = []
        if self._path.exists():
            for line in self._path.read_text(encoding="utf-8").splitlines():
                try:
                    if json.loads(line)["step"] <= step:
                        lines.append(line + "\n")
                except (ValueError, KeyError, TypeError):
                    continue
        write_text(self._path, "".join(lines))

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """Append one line a number; those that are not finite, which JSON does not know, as text."""
        is_summary_of_a_part = "train_runtime" in (logs or {}) and state.global_step < state.max_steps
        if not state.is_world_process_zero or is_summary_of_a_part:
            return
        now = time.time()
        points = [
            MetricPoint(state.global_step, now, curve_name(name), float(value))
            for name, value in (logs or {}).items()
            if isinstance(value, int | float) and name != "epoch"
        ]
        try:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(format_points(points))
        except OSError as error:
            raise explain_os_error(error, self._path) from error


class ProgressCallback(TrainerCallback):
    """Tells a caller where training stands."""

    def __init__(self, report: Callable[[Progress], None]) -> None:
        self._report = report
        self._loss: float | None = None

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """Remember the loss."""
        self._loss = (logs or {}).get("loss", self._loss)

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        """Report the step."""
        self._report(
            Progress("training", state.global_step, state.max_steps, epoch=state.epoch or 0.0, loss=self._loss)
        )


class StopCallback(TrainerCallback):
    """Saves a checkpoint and ends the training after the step in which somebody asks for it.

    Args:
        stop_reason: why training is to stop; empty while it is to go on.
    """

    def __init__(self, stop_reason: Callable[[], str]) -> None:
        self._stop_reason = stop_reason
        self.stopped_for = ""
        """Why training was ended before its last step; empty if it was not."""

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        """Save and stop, unless this was the last step, after which everything is saved anyway."""
        if (reason := self._stop_reason()) and state.global_step < state.max_steps:
            self.stopped_for = reason
            control.should_training_stop = True
            # The last step of an epoch is saved behind what the epoch's end writes.
            control.should_save = _is_within_epoch(state)

    def on_epoch_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Save nothing again of an epoch that was stopped half-way, and evaluate nothing; one that ended is whole."""
        if not self.stopped_for:
            return
        if _is_within_epoch(state):
            control.should_save = control.should_evaluate = False
        else:
            control.should_save = True


def _is_within_epoch(state: TrainerState) -> bool:
    # The fraction of an epoch is a sum of floats.
    return abs((state.epoch or 0.0) - round(state.epoch or 0.0)) > 1e-6
