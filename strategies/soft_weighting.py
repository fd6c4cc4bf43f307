"""Weight each row's loss by how much the model wavered on it: no row is dropped, some count more."""

from __future__ import annotations

from typing import ClassVar, Self

import numpy as np
from pydantic import Field, model_validator

from strategies.base import Strategy, StrategyConfig
from strategies.plan import TrainingPlan
from strategies.signals import DATA_MAP, Signals
from validated import validated_dataclass

__all__ = ["SoftWeighting", "SoftWeightingConfig"]


@validated_dataclass
class SoftWeightingConfig(StrategyConfig):
    """Parameters of soft weighting."""

    name: ClassVar[str] = "soft_weighting"
    weight_clip_min: float = Field(default=0.1, ge=0)
    """Smallest weight before the weights are scaled to mean 1."""
    weight_clip_max: float = Field(default=10.0, gt=0)
    """Largest weight before the weights are scaled to mean 1."""

    @model_validator(mode="after")
    def _check_clips(self) -> Self:
        if self.weight_clip_min > self.weight_clip_max:
            raise ValueError(
                f"weight_clip_min={self.weight_clip_min:g} must not exceed weight_clip_max={self.weight_clip_max:g}"
            )
        return self


class SoftWeighting(Strategy[SoftWeightingConfig]):
    """Weight rows by variability over mean variability, clipped, then scaled to mean 1."""

    config_class = SoftWeightingConfig
    requires = frozenset({DATA_MAP})

    def _plan(self, signals: Signals, rng: np.random.Generator) -> TrainingPlan:
        variability = signals.scores(DATA_MAP, "variability", low=0.0, high=0.5)
        mean = variability.mean()
        relative = variability / mean if mean > 0 else np.ones_like(variability)
        low, high = self.config.weight_clip_min, self.config.weight_clip_max
        report = {
            "clipped": {"low": int((relative < low).sum()), "high": int((relative > high).sum())},
            "thresholds": {"mean_variability": float(mean)},
        }
        return TrainingPlan.weighted(np.clip(relative, low, high), report)
