"""Keep the most variable rows mixed with some easy ones, without which small ambiguous sets may fail to train."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from pydantic import Field

from errors import SignalError
from strategies.base import Strategy, StrategyConfig
from strategies.plan import TrainingPlan
from strategies.ranking import CATEGORIES, EASY, categories, first, share_of
from strategies.signals import DATA_MAP, Signals
from validated import validated_dataclass

__all__ = ["AmbiguousMix", "AmbiguousMixConfig"]


@validated_dataclass
class AmbiguousMixConfig(StrategyConfig):
    """Parameters of the ambiguous mix."""

    name: ClassVar[str] = "ambiguous_mix"
    keep_fraction: float = Field(default=0.33, gt=0, le=1)
    """Share of all rows to keep."""
    easy_fraction: float = Field(default=0.1, ge=0, le=1)
    """Share of the kept rows that are easy ones, the most confident first."""


class AmbiguousMix(Strategy[AmbiguousMixConfig]):
    """Keep the rows of highest variability, as published, and replace a share of them by easy rows."""

    config_class = AmbiguousMixConfig
    requires = frozenset({DATA_MAP})

    def _plan(self, signals: Signals, rng: np.random.Generator) -> TrainingPlan:
        variability, category = signals.scores(DATA_MAP, "variability"), categories(signals)
        budget = share_of(self.config.keep_fraction, signals.num_examples)
        num_easy = share_of(self.config.easy_fraction, budget)
        everyone = np.ones(signals.num_examples, dtype=np.bool_)
        variable = first(budget - num_easy, everyone, variability, signals.ids)
        candidates = (category == EASY) & ~variable
        if num_easy > candidates.sum():
            raise SignalError(
                f"{self.config.name}: needs {num_easy} easy rows, but only {int(candidates.sum())} are easy and not "
                "chosen already; lower keep_fraction or easy_fraction"
            )
        easy = first(num_easy, candidates, signals.scores(DATA_MAP, "confidence"), signals.ids)
        keep = variable | easy
        report = {
            "dropped": {"over_budget": int((~keep).sum())},
            "chosen": {"most_variable": int(variable.sum()), "easy": int(easy.sum())},
            "kept_by_category": {name: int((keep & (category == name)).sum()) for name in CATEGORIES},
            "thresholds": {"variability": float(variability[variable].min()) if variable.any() else None},
        }
        return TrainingPlan.filtering(keep, report)
