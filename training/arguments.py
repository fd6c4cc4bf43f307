"""From our configuration to transformers.TrainingArguments."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import torch
from transformers import TrainingArguments

from errors import ConfigError
from experiment_config import TrainingConfig
from registry import nearest

__all__ = ["training_arguments"]

_OURS = ("seed", "num_train_epochs", "learning_rate", "weight_decay", "gradient_accumulation_steps")
_OURS_BATCH = ("per_device_train_batch_size", "per_device_eval_batch_size")
_LOGS_A_RUN = 50


def training_arguments(
    config: TrainingConfig, output_dir: Path, num_steps: int = 0, *, fixed_steps: bool = False
) -> TrainingArguments:
    """Return the Trainer's arguments; ``config.arguments`` win over our defaults.

    Args:
        config: how to train.
        output_dir: where checkpoints and the model go.
        num_steps: optimiser steps of the whole run.
        fixed_steps: whether ``num_steps`` replaces the number of epochs.

    Raises:
        ConfigError: an argument that TrainingArguments does not know, or that it refuses.
    """
    _check_names(config)
    values: dict[str, Any] = {
        "output_dir": str(output_dir),
        "warmup_steps": config.warmup_ratio,
        "max_steps": num_steps if fixed_steps else -1,
        "save_strategy": "epoch",
        "save_total_limit": 1,
        "eval_strategy": "no",
        "logging_steps": max(1, num_steps // _LOGS_A_RUN),
        "report_to": "none",
        "disable_tqdm": True,
        "dataloader_pin_memory": torch.cuda.is_available(),
    }
    values.update({name: getattr(config, name) for name in (*_OURS, *_OURS_BATCH)})
    values.update(config.arguments)
    # Batches carry columns that models do not know: weights, smoothing and feature numbers.
    values["remove_unused_columns"] = False
    try:
        return TrainingArguments(**values)
    except (ValueError, TypeError) as error:
        raise ConfigError(f"TrainingArguments refuses these values: {error}") from error


def _check_names(config: TrainingConfig) -> None:
    known = [field.name for field in dataclasses.fields(TrainingArguments) if field.init]
    for name in config.arguments:
        if name not in known:
            raise ConfigError(f"training.arguments.{name}: TrainingArguments has no such field{nearest(name, known)}")
        if name in (*_OURS, *_OURS_BATCH):
            raise ConfigError(f"training.arguments.{name}: set training.{name} instead, so that there is one place")
        if name == "label_smoothing_factor" and config.arguments[name]:
            raise ConfigError(
                "training.arguments.label_smoothing_factor: the stock smoothing ignores question answering and would "
                "reach past the plan; use the strategy uniform_smoothing instead"
            )
