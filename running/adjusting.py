"""What is done otherwise after a failure, so that the same experiment fits the machine."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from experiment_config import ExperimentConfig
from jobs.retries import DIVIDE_BATCH

__all__ = ["adjusted", "smaller_batch"]


def adjusted(config: ExperimentConfig, adjustments: Mapping[str, Any]) -> ExperimentConfig:
    """Return ``config`` with smaller batches and as much more accumulation.

    An optimiser step sees the same examples: the order is drawn in chunks of batch times accumulation.

    Raises:
        MemoryError: the batch is a single input already.
    """
    if DIVIDE_BATCH not in adjustments:
        return config
    training = config.training
    batch = training.per_device_train_batch_size
    if batch == 1:
        raise MemoryError(
            f"{config.name}: out of memory with a single input a batch; give a smaller --max-length, or another machine"
        )
    smaller = smaller_batch(batch, adjustments)
    evaluated = smaller_batch(training.per_device_eval_batch_size, adjustments)
    divided = dataclasses.replace(
        training,
        per_device_train_batch_size=smaller,
        per_device_eval_batch_size=evaluated,
        gradient_accumulation_steps=training.gradient_accumulation_steps * (batch // smaller),
    )
    return dataclasses.replace(config, training=divided)


def smaller_batch(batch: int, adjustments: Mapping[str, Any]) -> int:
    """Return the largest divisor of ``batch`` that is small enough: then whole batches make up what was one."""
    limit = max(1, batch // int(adjustments.get(DIVIDE_BATCH, 1)))
    return max(size for size in range(1, limit + 1) if batch % size == 0)
