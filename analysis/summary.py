"""What one variant's scores say, alone and next to a baseline."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from analysis.estimates import Estimate, estimate
from analysis.intervals import Interval, PairedDifference, pair_by_seed, paired_difference, t_interval

__all__ = ["VariantSummary", "summarise_variant"]


class VariantSummary(NamedTuple):
    """Estimate and interval over seeds; ``difference`` is None without a baseline or without a shared seed."""

    estimate: Estimate
    interval: Interval | None
    difference: PairedDifference | None


def summarise_variant(
    scores: Mapping[int, float], reference: Mapping[int, float] | None = None, level: float = 0.95
) -> VariantSummary:
    """Summarise the scores of one variant.

    Args:
        scores: finite score of each seed; at least one.
        reference: finite score of each seed of the baseline; only seeds in both are paired.
        level: of both intervals, in (0, 1).

    Raises:
        ValueError: no score, a score that is not finite, or an impossible level.
    """
    values = [scores[seed] for seed in sorted(scores)]
    pairs = pair_by_seed(scores, reference or {})
    difference = paired_difference(pairs.scores, pairs.reference, level) if pairs.seeds else None
    return VariantSummary(estimate(values), t_interval(values, level), difference)
