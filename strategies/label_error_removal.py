"""Drop the rows most likely to be mislabelled: lowest area under the margin (Pleiss et al., 2020) or confidence."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from strategies.base import Strategy, StrategyConfig
from strategies.plan import TrainingPlan
from strategies.ranking import first, share_of
from strategies.signals import DATA_MAP, Signals
from validated import validated_dataclass

__all__ = ["LabelErrorRemoval", "LabelErrorRemovalConfig"]


@validated_dataclass
class LabelErrorRemovalConfig(StrategyConfig):
    """Parameters of label-error removal."""

    name: ClassVar[str] = "label_error_removal"
    drop_fraction: float = Field(default=0.05, gt=0, lt=1)
    """Share of all rows to drop: set it near the share of wrong labels you expect."""
    score: Literal["aum", "confidence"] = "aum"
    """Score whose lowest rows are dropped."""


class LabelErrorRemoval(Strategy[LabelErrorRemovalConfig]):
    """Drop the rows whose gold label the model resisted longest."""

    config_class = LabelErrorRemovalConfig
    requires = frozenset({DATA_MAP})

    def _plan(self, signals: Signals, rng: np.random.Generator) -> TrainingPlan:
        score = signals.scores(DATA_MAP, self.config.score)
        everyone = np.ones(signals.num_examples, dtype=np.bool_)
        suspect = first(share_of(self.config.drop_fraction, signals.num_examples), everyone, -score, signals.ids)
        report = {
            "dropped": {"suspected_label_error": int(suspect.sum())},
            "thresholds": {self.config.score: float(score[suspect].max()) if suspect.any() else None},
        }
        return TrainingPlan.filtering(~suspect, report)
