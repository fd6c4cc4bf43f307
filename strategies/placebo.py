"""The same strategy with its signals permuted across examples: what it does without what it knows."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

import numpy as np
from pydantic import Field

from strategies import build
from strategies.base import Strategy, StrategyConfig
from strategies.nested import NestedStrategy, generator_of_draw, signals_of
from strategies.plan import TrainingPlan
from strategies.signals import Signals
from validated import validated_dataclass

__all__ = ["Placebo", "PlaceboConfig"]


@validated_dataclass
class PlaceboConfig(StrategyConfig):
    """Parameters of the placebo."""

    name: ClassVar[str] = "placebo"
    of: NestedStrategy
    """The strategy to imitate."""
    draw: int = Field(default=0, ge=0)
    """Number of the permutation: under one seed, another number is another one. Each seed permutes anew as well."""


class Placebo(Strategy[PlaceboConfig]):
    """Drop as many rows, smooth and weight with the same numbers, but on rows chosen by chance."""

    config_class = PlaceboConfig

    def __init__(self, config: PlaceboConfig) -> None:
        super().__init__(config)
        self.requires = signals_of(config.of)

    def _plan(self, signals: Signals, rng: np.random.Generator) -> TrainingPlan:
        rng = generator_of_draw(rng, self.config.draw)
        plan = build(self.config.of).plan(signals.permuted(rng), rng)
        return replace(plan, report={"dropped": plan.report["dropped"], "imitated": dict(plan.report)})
