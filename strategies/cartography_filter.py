"""Keep all easy and hard rows, and only the most ambiguous of the ambiguous ones (after Swayamdipta et al., 2020)."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from pydantic import Field

from strategies.base import Strategy, StrategyConfig
from strategies.plan import TrainingPlan
from strategies.ranking import AMBIGUOUS, CATEGORIES, ambiguity, categories, first, share_of
from strategies.signals import DATA_MAP, Signals
from validated import validated_dataclass

__all__ = ["CartographyFilter", "CartographyFilterConfig"]


@validated_dataclass
class CartographyFilterConfig(StrategyConfig):
    """Parameters of the cartography filter."""

    name: ClassVar[str] = "cartography_filter"
    top_fraction: float = Field(default=0.33, gt=0, le=1)
    """Share of the ambiguous rows to keep, by (1 - confidence) + variability; 1 keeps every row."""


class CartographyFilter(Strategy[CartographyFilterConfig]):
    """Drop the less ambiguous part of the data map's ambiguous region."""

    config_class = CartographyFilterConfig
    requires = frozenset({DATA_MAP})

    def _plan(self, signals: Signals, rng: np.random.Generator) -> TrainingPlan:
        category, score = categories(signals), ambiguity(signals)
        ambiguous = category == AMBIGUOUS
        chosen = first(share_of(self.config.top_fraction, int(ambiguous.sum())), ambiguous, score, signals.ids)
        report = {
            "dropped": {"less_ambiguous": int((ambiguous & ~chosen).sum())},
            "categories": {name: int((category == name).sum()) for name in CATEGORIES},
            "thresholds": {"ambiguity": float(score[chosen].min()) if chosen.any() else None},
        }
        return TrainingPlan.filtering(~ambiguous | chosen, report)
