"""Small real trainers on the embedded data, for the tests of this room."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from datasets import Dataset
from numpy.typing import NDArray
from transformers import TrainingArguments, set_seed

from tasks import create_task
from tasks.base import DataSource, FeatureOptions, Rows, Task
from tasks.models import load_model, load_tokenizer
from training.collator import FeatureCollator
from training.records import FeatureRecords
from training.trainer import StrategyTrainer, input_lengths, numbered_features

DATASETS = {"qa": "demo", "nli": "demo-nli", "classification": "demo-nli"}


@dataclass
class Setting:
    """A task with a few rows of embedded data, and everything a trainer is made of."""

    task: Task
    rows: Rows
    features: Dataset
    collator: FeatureCollator
    model: Any

    @property
    def numbered(self) -> Dataset:
        """The features as a trainer wants them."""
        return numbered_features(self.features, self.task.batch_columns)

    def trainer(self, folder: Path, *, record: bool = False, **arguments: Any) -> StrategyTrainer:
        """Return our trainer around the model."""
        return StrategyTrainer(
            task=self.task,
            collator=self.collator,
            records=FeatureRecords(len(self.features)) if record else None,
            model=self.model,
            args=training_arguments(folder, **arguments),
            train_dataset=self.numbered,
        )


def training_arguments(folder: Path, **arguments: Any) -> TrainingArguments:
    """Return arguments for a short run on the CPU."""
    defaults = {
        "output_dir": str(folder),
        "per_device_train_batch_size": 8,
        "learning_rate": 1e-3,
        "num_train_epochs": 1,
        "report_to": "none",
        "save_strategy": "no",
        "disable_tqdm": True,
        "remove_unused_columns": False,
        "use_cpu": True,
        "dataloader_pin_memory": False,
    }
    return TrainingArguments(**{**defaults, **arguments})


def setting(
    task_name: str,
    num_rows: int = 40,
    *,
    weight: NDArray[np.float32] | None = None,
    smoothing: NDArray[np.float32] | None = None,
    seed: int = 0,
) -> Setting:
    """Return a setting with ``num_rows`` training rows and a freshly initialised demo model."""
    torch.set_num_threads(1)
    task = create_task(task_name)
    rows = task.load(DataSource(DATASETS[task_name], "train", max_samples=num_rows))
    tokenizer = load_tokenizer("demo")
    features = task.featurise(rows, tokenizer, FeatureOptions(max_length=128))
    count = len(features)
    weight = np.ones(count, dtype=np.float32) if weight is None else weight
    # One length for all: the stock span loss spreads probability over padding too, so it depends on the batch's cut.
    longest = int(input_lengths(features).max())
    collator = FeatureCollator(tokenizer, task.batch_columns, weight=weight, smoothing=smoothing, pad_to=longest)
    set_seed(seed)
    return Setting(task, rows, features, collator, load_model("demo", task, rows))


def gradients(trainer: StrategyTrainer) -> dict[str, torch.Tensor]:
    """Return the gradient of the trainer's first optimiser step, name to tensor."""
    found: dict[str, torch.Tensor] = {}
    trainer.add_callback(_GradientTap(trainer.model, found))
    trainer.train()
    return found


def _tap_class() -> type[Any]:
    from transformers import TrainerCallback

    class GradientTap(TrainerCallback):
        """Copies gradients before the first optimiser step."""

        def __init__(self, model: Any, found: dict[str, torch.Tensor]) -> None:
            self._model, self._found = model, found

        def on_pre_optimizer_step(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            if not self._found:
                for name, parameter in self._model.named_parameters():
                    if parameter.grad is not None:
                        self._found[name] = parameter.grad.detach().clone()

    return GradientTap


_GradientTap = _tap_class()
