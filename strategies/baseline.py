"""The baseline: every row, hard labels, equal weights. It takes the same path as any other strategy."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from strategies.base import Strategy, StrategyConfig
from strategies.plan import TrainingPlan
from strategies.signals import Signals
from validated import validated_dataclass

__all__ = ["Baseline", "BaselineConfig"]


@validated_dataclass
class BaselineConfig(StrategyConfig):
    """The baseline has no parameters."""

    name: ClassVar[str] = "baseline"


class Baseline(Strategy[BaselineConfig]):
    """Change nothing."""

    config_class = BaselineConfig

    def _plan(self, signals: Signals, rng: np.random.Generator) -> TrainingPlan:
        return TrainingPlan.identity(signals.num_examples)
