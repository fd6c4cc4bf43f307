"""What is done otherwise after a failure, so that the same experiment fits the machine."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from errors import ResourceError
from experiment_config import ExperimentConfig
from jobs.retries import DIVIDE_BATCH

__all__ = ["adjusted"]


def adjusted(config: ExperimentConfig, adjustments: Mapping[str, Any]) -> ExperimentConfig:
    """Return ``config`` with smaller batches and as much more accumulation.

    An optimiser step sees the same examples: the order is drawn in chunks of batch times accumulation.

    Raises:
        ResourceError: the batch cannot be divided.
    """
    divisor = int(adjustments.get(DIVIDE_BATCH, 1))
    training = config.training
    if divisor == 1:
        return config
    if training.per_device_train_batch_size % divisor:
        raise ResourceError(
            f"{config.name}: out of memory, and its batch of {training.per_device_train_batch_size} cannot be divided "
            f"by {divisor}; give a smaller --max-length, or another machine"
        )
    smaller = dataclasses.replace(
        training,
        per_device_train_batch_size=training.per_device_train_batch_size // divisor,
        gradient_accumulation_steps=training.gradient_accumulation_steps * divisor,
    )
    return dataclasses.replace(config, training=smaller)
