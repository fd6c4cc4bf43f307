"""Keep a random sample of a given size, or of another strategy's: the control of every filter."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np
from pydantic import Field, model_validator

from strategies import build
from strategies.base import Strategy, StrategyConfig
from strategies.nested import NestedStrategy, generator_of_draw, signals_of
from strategies.plan import TrainingPlan
from strategies.ranking import first, random_order, share_of
from strategies.signals import Signals
from validated import validated_dataclass

__all__ = ["RandomFilter", "RandomFilterConfig"]


@validated_dataclass
class RandomFilterConfig(StrategyConfig):
    """Parameters of the random filter: exactly one of ``keep_fraction`` and ``same_size_as``."""

    name: ClassVar[str] = "random_filter"
    keep_fraction: float | None = Field(default=None, gt=0, le=1)
    """Share of all rows to keep."""
    same_size_as: NestedStrategy | None = None
    """Keep as many rows as this strategy keeps."""
    draw: int = Field(default=0, ge=0)
    """Number of the draw: under one seed, another number is another sample. Each seed draws anew as well."""

    @model_validator(mode="after")
    def _check_size(self) -> Self:
        if (self.keep_fraction is None) == (self.same_size_as is None):
            raise ValueError("give exactly one of keep_fraction and same_size_as")
        return self


class RandomFilter(Strategy[RandomFilterConfig]):
    """Choose rows without looking at any signal, except to learn how many to choose."""

    config_class = RandomFilterConfig

    def __init__(self, config: RandomFilterConfig) -> None:
        super().__init__(config)
        if config.same_size_as is not None:
            self.requires = signals_of(config.same_size_as)

    def _plan(self, signals: Signals, rng: np.random.Generator) -> TrainingPlan:
        rng = generator_of_draw(rng, self.config.draw)
        size, matches = self._size(signals, rng)
        everyone = np.ones(signals.num_examples, dtype=np.bool_)
        keep = first(size, everyone, random_order(signals.ids, rng), signals.ids)
        report = {"dropped": {"by_chance": int((~keep).sum())}, "size": size, "matches": matches}
        return TrainingPlan.filtering(keep, report)

    def _size(self, signals: Signals, rng: np.random.Generator) -> tuple[int, dict[str, Any] | None]:
        model = self.config.same_size_as
        if model is None:
            assert self.config.keep_fraction is not None
            return share_of(self.config.keep_fraction, signals.num_examples), None
        return int(build(model).plan(signals, rng).keep.sum()), model.to_mapping()
