"""Smooth the labels of rows the model was unsure about: more label-smoothing mass where variability is high."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from strategies.base import Strategy, StrategyConfig
from strategies.plan import TrainingPlan
from strategies.signals import DATA_MAP, Signals
from validated import validated_dataclass

__all__ = ["LabelSmoothing", "LabelSmoothingConfig", "variability_smoothing"]


def variability_smoothing(signals: Signals, factor: float) -> NDArray[np.float64]:
    """Return eps_i = factor * variability_i, (num_examples,): 0 to factor / 2, as variability never exceeds 0.5."""
    return factor * signals.scores(DATA_MAP, "variability", low=0.0, high=0.5)


@validated_dataclass
class LabelSmoothingConfig(StrategyConfig):
    """Parameters of variability label smoothing."""

    name: ClassVar[str] = "label_smoothing"
    smoothing_factor: float = Field(default=0.6, ge=0, le=1)
    """Label-smoothing mass for each unit of variability; the largest possible mass is half of it."""


class LabelSmoothing(Strategy[LabelSmoothingConfig]):
    """Give each row its own label-smoothing mass, in proportion to its variability."""

    config_class = LabelSmoothingConfig
    requires = frozenset({DATA_MAP})

    def _plan(self, signals: Signals, rng: np.random.Generator) -> TrainingPlan:
        return TrainingPlan.smoothed(variability_smoothing(signals, self.config.smoothing_factor))
