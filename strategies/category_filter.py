"""Keep whole regions of the data map: easy, hard, ambiguous (Swayamdipta et al., 2020)."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from errors import SignalError
from strategies.base import Strategy, StrategyConfig
from strategies.plan import TrainingPlan
from strategies.ranking import AMBIGUOUS, CATEGORIES, EASY, HARD, ambiguity, categories, first, order_by, share_of
from strategies.signals import DATA_MAP, Signals
from validated import validated_dataclass

__all__ = ["CategoryFilter", "CategoryFilterConfig"]


@validated_dataclass
class CategoryFilterConfig(StrategyConfig):
    """Parameters of the category filter."""

    name: ClassVar[str] = "category_filter"
    categories: tuple[Literal["easy", "hard", "ambiguous"], ...] = Field(default=("ambiguous",), min_length=1)
    """Regions of the data map to keep."""
    keep_fraction: float | None = Field(default=None, gt=0, le=1)
    """Share of ALL rows to keep; each region gives in proportion to its size. None keeps the regions whole."""


class CategoryFilter(Strategy[CategoryFilterConfig]):
    """Keep some regions, whole or their most typical rows: easy by confidence, hard by its lack, ambiguous by both."""

    config_class = CategoryFilterConfig
    requires = frozenset({DATA_MAP})

    def _plan(self, signals: Signals, rng: np.random.Generator) -> TrainingPlan:
        category = categories(signals)
        inside = np.isin(category, self.config.categories)
        keep = self._within_budget(inside, self._typicality(signals, category), signals.ids)
        report = {
            "dropped": {"other_category": int((~inside).sum()), "over_budget": int((inside & ~keep).sum())},
            "categories": {name: int((category == name).sum()) for name in CATEGORIES},
            "kept_by_category": {name: int((keep & (category == name)).sum()) for name in CATEGORIES},
        }
        return TrainingPlan.filtering(keep, report)

    def _within_budget(
        self, inside: NDArray[np.bool_], typicality: NDArray[np.float64], ids: NDArray[np.str_]
    ) -> NDArray[np.bool_]:
        if self.config.keep_fraction is None:
            return inside
        budget, available = share_of(self.config.keep_fraction, len(ids)), int(inside.sum())
        if budget > available:
            raise SignalError(
                f"{self.config.name}: keep_fraction={self.config.keep_fraction:g} asks for {budget} of {len(ids)} "
                f"rows, but {' and '.join(self.config.categories)} hold {available}; ask for at most "
                f"{available / len(ids):.3f}, or add a category"
            )
        return first(budget, inside, typicality, ids)

    @staticmethod
    def _typicality(signals: Signals, category: NDArray[np.str_]) -> NDArray[np.float64]:
        """Return each row's standing inside its region, from 1 (most typical) towards 0: comparable over regions."""
        confidence = signals.scores(DATA_MAP, "confidence")
        scores = {EASY: confidence, HARD: -confidence, AMBIGUOUS: ambiguity(signals)}
        standing = np.zeros(signals.num_examples, dtype=np.float64)
        for name, score in scores.items():
            order = order_by(score, signals.ids)
            members = order[category[order] == name]
            standing[members] = 1.0 - (np.arange(len(members)) + 0.5) / max(len(members), 1)
        return standing
