"""Student-t intervals over seeds: of a mean, and of a difference paired by seed.

Both treat seeds as the only source of chance. They say how another draw of seeds would move the result on this very
evaluation set, not how another evaluation set would.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.estimates import checked_scores, estimate
from analysis.student_t import Interval, interval_about

__all__ = ["Interval", "PairedDifference", "SeedPairs", "pair_by_seed", "paired_difference", "t_interval"]


class PairedDifference(NamedTuple):
    """Mean of the per-seed differences ``scores - reference``."""

    num_pairs: int
    difference: float
    interval: Interval | None
    """None from a single pair: one difference says nothing about its own spread."""


class SeedPairs(NamedTuple):
    """Scores of two variants under the same seeds, in the order of ``seeds``; each of shape (num_pairs,)."""

    seeds: tuple[int, ...]
    scores: NDArray[np.float64]
    reference: NDArray[np.float64]


def t_interval(scores: ArrayLike, level: float = 0.95) -> Interval | None:
    """Return ``mean -+ t(level, k - 1) * std / sqrt(k)``, or None for a single score.

    Args:
        scores: shape (num_seeds,), one score a seed.
        level: probability that the interval covers the mean, in (0, 1).

    Raises:
        ValueError: impossible scores or level.
    """
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, got {level}")
    num_scores, mean, std = estimate(scores)
    if std is None:
        return None
    return interval_about(mean, std, num_scores, level)


def paired_difference(scores: ArrayLike, reference: ArrayLike, level: float = 0.95) -> PairedDifference:
    """Return the mean difference of two variants trained with the same seeds, and its t interval.

    Args:
        scores: shape (num_seeds,).
        reference: shape (num_seeds,); entry i has the seed of ``scores[i]``.
        level: probability that the interval covers the true difference, in (0, 1).

    Raises:
        ValueError: impossible scores or level, or lengths that differ.
    """
    first, second = checked_scores(scores), checked_scores(reference)
    if first.shape != second.shape:
        raise ValueError(f"paired scores must share their seeds: got {first.size} and {second.size} scores")
    differences = first - second
    return PairedDifference(differences.size, float(differences.mean()), t_interval(differences, level))


def pair_by_seed(scores: Mapping[int, float], reference: Mapping[int, float]) -> SeedPairs:
    """Keep the seeds that both variants have, ascending.

    Args:
        scores: score of each seed.
        reference: score of each seed of the variant to compare with.
    """
    seeds = tuple(sorted(scores.keys() & reference.keys()))
    return SeedPairs(
        seeds,
        np.array([scores[seed] for seed in seeds], dtype=np.float64),
        np.array([reference[seed] for seed in seeds], dtype=np.float64),
    )
