"""What is to be decided, and when a comparison counts as decided."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from analysis.crossed import MIN_SEEDS
from validated import validated_dataclass

__all__ = ["DecidingOptions"]


@validated_dataclass
class DecidingOptions:
    """Options of a run that adds seeds until every comparison is decided. They are fixed before the first look."""

    max_seeds: Annotated[int, Field(ge=MIN_SEEDS, le=1000)] = 12
    """Of each variant; what is still open then stays undecided."""
    metric: str | None = None
    """What decides; None means the task's primary metric."""
    baseline: str = "baseline"
    """The variant that the others are compared with."""
    margin: Annotated[float | None, Field(gt=0)] = None
    """Differences within it do not matter; None means half a point, and none for a loss."""
    alpha: Annotated[float, Field(gt=0, lt=0.5)] = 0.05
    """Chance of any false claim, over all variants and looks."""
    futility: Annotated[float, Field(ge=0, lt=1)] = 0.05
    """A variant is given up where the chance of ever deciding falls below it; 0 never gives up."""
    allow_differences: bool = False
    """Compare variants although more than strategy and seed sets them apart."""
