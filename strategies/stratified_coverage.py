"""Coverage-centric selection (Zheng et al., 2023): drop the hardest rows, then cover the score range evenly."""

from __future__ import annotations

from typing import ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from strategies.base import Strategy, StrategyConfig
from strategies.plan import TrainingPlan
from strategies.ranking import first, random_order, share_of
from strategies.signals import DATA_MAP, Signals
from validated import validated_dataclass

__all__ = ["StratifiedCoverage", "StratifiedCoverageConfig", "stratum_budgets"]

_HARD_END = {"aum": -1.0, "confidence": -1.0, "el2n": 1.0}
"""Sign that makes the score grow with difficulty."""


@validated_dataclass
class StratifiedCoverageConfig(StrategyConfig):
    """Parameters of stratified coverage."""

    name: ClassVar[str] = "stratified_coverage"
    keep_fraction: float = Field(default=0.33, gt=0, le=1)
    """Share of all rows to keep."""
    hardest_fraction: float = Field(default=0.1, ge=0, lt=1)
    """Share of all rows dropped first, the hardest (beta in the paper): among them are the wrong labels."""
    score: Literal["aum", "confidence", "el2n"] = "aum"
    """Score whose range is covered."""
    num_strata: int = Field(default=50, ge=1)
    """Number of parts of equal width into which the score's range is cut."""

    @model_validator(mode="after")
    def _check_shares(self) -> Self:
        if self.keep_fraction + self.hardest_fraction > 1:
            raise ValueError(
                f"keep_fraction={self.keep_fraction:g} and hardest_fraction={self.hardest_fraction:g} must not exceed "
                "1 together"
            )
        return self


def stratum_budgets(sizes: NDArray[np.intp], budget: int) -> NDArray[np.intp]:
    """Share a budget evenly over strata; what a small stratum cannot use goes to the larger ones.

    Args:
        sizes: (num_strata,) rows in each stratum.
        budget: rows to choose in all, at most ``sizes.sum()``.

    Returns:
        (num_strata,) rows to choose from each; they add up to ``budget``.
    """
    shares = np.zeros_like(sizes)
    smallest_first = np.argsort(sizes, kind="stable")
    for position, stratum in enumerate(smallest_first):
        shares[stratum] = min(int(sizes[stratum]), budget // (len(sizes) - position))
        budget -= int(shares[stratum])
    return shares


class StratifiedCoverage(Strategy[StratifiedCoverageConfig]):
    """Choose at random, with an equal budget for each part of the score's range."""

    config_class = StratifiedCoverageConfig
    requires = frozenset({DATA_MAP})

    def _plan(self, signals: Signals, rng: np.random.Generator) -> TrainingPlan:
        config, ids = self.config, signals.ids
        difficulty = _HARD_END[config.score] * signals.scores(DATA_MAP, config.score)
        everyone = np.ones(len(ids), dtype=np.bool_)
        hardest = first(share_of(config.hardest_fraction, len(ids)), everyone, difficulty, ids)
        budget = min(share_of(config.keep_fraction, len(ids)), int((~hardest).sum()))
        strata = self._strata(difficulty, ~hardest)
        shares = stratum_budgets(np.bincount(strata[~hardest], minlength=config.num_strata), budget)
        chance, keep = random_order(ids, rng), np.zeros(len(ids), dtype=np.bool_)
        for stratum, share in enumerate(shares):
            keep |= first(int(share), ~hardest & (strata == stratum), chance, ids)
        report = {
            "dropped": {"hardest": int(hardest.sum()), "over_budget": int((~hardest & ~keep).sum())},
            "kept_by_stratum": shares.tolist(),
            "thresholds": {
                config.score: float(_HARD_END[config.score] * difficulty[hardest].min()) if hardest.any() else None
            },
        }
        return TrainingPlan.filtering(keep, report)

    def _strata(self, difficulty: NDArray[np.float64], remaining: NDArray[np.bool_]) -> NDArray[np.intp]:
        """Return the stratum of each row, (num_examples,), over the range of the remaining rows; easiest is 0."""
        low, high = difficulty[remaining].min(), difficulty[remaining].max()
        relative = (difficulty - low) / (high - low) if high > low else np.zeros_like(difficulty)
        return np.clip((relative * self.config.num_strata).astype(np.intp), 0, self.config.num_strata - 1)
