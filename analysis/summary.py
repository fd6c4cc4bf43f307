"""What one variant's scores say over its seeds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from analysis.estimates import Estimate, estimate
from analysis.intervals import t_interval
from analysis.student_t import Interval

__all__ = ["VariantSummary", "summarise_variant"]


class VariantSummary(NamedTuple):
    """Estimate and interval over seeds."""

    estimate: Estimate
    interval: Interval | None
    """None from a single seed."""


def summarise_variant(scores: Mapping[int, float], level: float = 0.95) -> VariantSummary:
    """Summarise the scores of one variant.

    Args:
        scores: finite score of each seed; at least one.
        level: of the interval, in (0, 1).

    Raises:
        ValueError: no score, a score that is not finite, or an impossible level.
    """
    values = [scores[seed] for seed in sorted(scores)]
    return VariantSummary(estimate(values), t_interval(values, level))
