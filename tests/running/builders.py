"""Experiments small enough to be trained in a test."""

from __future__ import annotations

from typing import Any

from experiment_config import ExperimentConfig, TrainingConfig
from strategies import StrategyConfig

__all__ = ["tiny"]


def tiny(name: str, *strategies: StrategyConfig, seed: int = 42, **fields: Any) -> ExperimentConfig:
    """Return an experiment of 64 rows, two epochs of two steps."""
    training = TrainingConfig(seed=seed, num_train_epochs=2, max_train_samples=64, max_eval_samples=16)
    return ExperimentConfig(name=name, strategies=strategies, **{"training": training, **fields})
