"""How comparisons are made and judged."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from analysis.corrections import Correction
from experiment_results.variants import BASELINE
from validated import validated_dataclass

__all__ = ["VerdictOptions"]


@validated_dataclass
class VerdictOptions:
    """What is compared, and what the verdicts are judged by."""

    metric: str | None = None
    """Shown and corrected for alone; None shows the primary metric on every evaluation set."""
    baseline: str = BASELINE
    """Label or strategy name of what the others are compared with."""
    margin: Annotated[float | None, Field(gt=0)] = None
    """Differences within it do not matter; None means half a point, and for losses that nobody knows."""
    alpha: Annotated[float, Field(gt=0, lt=0.5)] = 0.05
    """Level of the verdicts: chance of any false "better" or "worse" among what is shown (holm, bonferroni)."""
    correction: Correction = "holm"
    """Of the p-values, over everything that is shown together."""
    power: Annotated[float, Field(gt=0, lt=1)] = 0.8
    """With which a difference of the margin is to be seen; says how many seeds would decide."""
    level: Annotated[float | None, Field(gt=0, lt=1)] = None
    """Of the intervals; None means ``1 - alpha``, so that they say the same as a p-value that is not corrected."""
    allow_differences: bool = False
    """Compare variants although more than strategy and seed sets them apart."""

    @property
    def interval_level(self) -> float:
        """Level of the intervals, in (0, 1)."""
        return 1 - self.alpha if self.level is None else self.level
