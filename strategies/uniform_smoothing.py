"""Smooth every label alike, by the mean of variability label smoothing: the control that shows if aiming it helps."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from pydantic import Field

from strategies.base import Strategy, StrategyConfig
from strategies.label_smoothing import variability_smoothing
from strategies.plan import TrainingPlan
from strategies.signals import DATA_MAP, Signals
from validated import validated_dataclass

__all__ = ["UniformSmoothing", "UniformSmoothingConfig"]


@validated_dataclass
class UniformSmoothingConfig(StrategyConfig):
    """Parameters of uniform smoothing."""

    name: ClassVar[str] = "uniform_smoothing"
    smoothing_factor: float = Field(default=0.6, ge=0, le=1)
    """Factor of the label_smoothing strategy whose mean over all rows is applied to every row."""


class UniformSmoothing(Strategy[UniformSmoothingConfig]):
    """Give each row the same label-smoothing mass: the mean that label_smoothing spends."""

    config_class = UniformSmoothingConfig
    requires = frozenset({DATA_MAP})

    def _plan(self, signals: Signals, rng: np.random.Generator) -> TrainingPlan:
        mean = variability_smoothing(signals, self.config.smoothing_factor).mean()
        return TrainingPlan.smoothed(np.full(signals.num_examples, mean))
