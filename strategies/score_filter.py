"""Keep the rows at one end of any score of the data map: forgetting, EL2N, AUM, variability ..."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from strategies.base import Strategy, StrategyConfig
from strategies.plan import TrainingPlan
from strategies.ranking import first, share_of
from strategies.signals import DATA_MAP, Signals
from validated import validated_dataclass

__all__ = ["ScoreFilter", "ScoreFilterConfig"]


@validated_dataclass
class ScoreFilterConfig(StrategyConfig):
    """Parameters of the score filter."""

    name: ClassVar[str] = "score_filter"
    score: Literal["confidence", "variability", "correctness", "forgetting", "threshold_closeness", "aum", "el2n"] = (
        "variability"
    )
    """Column of the data map that ranks the rows."""
    keep: Literal["highest", "lowest"] = "highest"
    """Which end of the score to keep."""
    keep_fraction: float = Field(default=0.33, gt=0, le=1)
    """Share of all rows to keep."""


class ScoreFilter(Strategy[ScoreFilterConfig]):
    """Rank all rows by one score and keep one end. Counts such as forgetting tie often; ties go by id."""

    config_class = ScoreFilterConfig
    requires = frozenset({DATA_MAP})

    def _plan(self, signals: Signals, rng: np.random.Generator) -> TrainingPlan:
        score = signals.scores(DATA_MAP, self.config.score)
        ranked = score if self.config.keep == "highest" else -score
        everyone = np.ones(signals.num_examples, dtype=np.bool_)
        keep = first(share_of(self.config.keep_fraction, signals.num_examples), everyone, ranked, signals.ids)
        edge = float(score[keep][np.argmin(ranked[keep])]) if keep.any() else None
        return TrainingPlan.filtering(
            keep, {"dropped": {"other_end": int((~keep).sum())}, "thresholds": {self.config.score: edge}}
        )
