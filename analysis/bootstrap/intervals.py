"""Intervals from resamples, and of a mean by the method of one's choice."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, ndtri

from analysis.bootstrap.means import resampled_means
from analysis.conditions import varies
from analysis.estimates import checked_scores
from analysis.intervals import t_interval
from analysis.levels import check_level
from analysis.student_t import Interval

__all__ = ["INTERVAL_METHODS", "IntervalMethod", "bca_interval", "mean_interval", "percentile_interval"]

IntervalMethod = Literal["t", "percentile", "bca"]
INTERVAL_METHODS: tuple[str, ...] = get_args(IntervalMethod)


def percentile_interval(resamples: ArrayLike, level: float = 0.95) -> Interval:
    """Return the range that holds the middle ``level`` of what was resampled (Efron 1979).

    Args:
        resamples: the statistic of each resample, shape (num_resamples,).
        level: in (0, 1).

    Raises:
        ValueError: impossible level or resamples.
    """
    check_level(level)
    low, high = np.quantile(checked_scores(resamples), [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(low), float(high))


def bca_interval(resamples: ArrayLike, estimate: float, jackknife: ArrayLike, level: float = 0.95) -> Interval | None:
    """Return the interval that is corrected for bias and skewness (Efron 1987).

    Args:
        resamples: the statistic of each resample, shape (num_resamples,).
        estimate: the statistic of what was observed.
        jackknife: the statistic without each observation in turn, shape (num_observations,).
        level: in (0, 1).

    Returns:
        None where all resamples lie on one side of the estimate, so that the bias cannot be told.

    Raises:
        ValueError: impossible level, resamples or jackknife.
    """
    check_level(level)
    drawn, without = checked_scores(resamples), checked_scores(jackknife)
    # Few or discrete scores give resamples that equal the estimate up to rounding; half of them count as below.
    apart = drawn - estimate
    rounding = 1e-12 * float(np.abs(drawn).max())
    below = float(np.mean((apart < -rounding) + (np.abs(apart) <= rounding) / 2))
    if not 0 < below < 1:
        return None
    bias = float(ndtri(below))
    gaps = without.mean() - without
    scale = float(np.sum(gaps**2))
    acceleration = float(np.sum(gaps**3)) / (6 * scale**1.5) if scale else 0.0
    normal = bias + ndtri([(1 - level) / 2, (1 + level) / 2])
    low, high = np.quantile(drawn, ndtr(bias + normal / (1 - acceleration * normal)))
    return Interval(float(low), float(high))


def mean_interval(
    scores: ArrayLike,
    method: IntervalMethod = "t",
    *,
    level: float = 0.95,
    num_resamples: int = 10_000,
    rng: np.random.Generator,
) -> Interval | None:
    """Return an interval of the mean that the scores were drawn from.

    From three or five scores only "t" is wide enough: resamples of so few hold too little of the spread.

    Args:
        scores: shape (num_scores,).
        method: one of :data:`INTERVAL_METHODS`.
        level: in (0, 1).
        num_resamples: of the bootstrap; "t" makes none.
        rng: source of the resamples.

    Returns:
        None from a single score, and from equal ones by "bca".

    Raises:
        ValueError: impossible scores, level or method.
    """
    check_level(level)
    values = checked_scores(scores)
    if method not in INTERVAL_METHODS:
        raise ValueError(f"unknown interval {method!r} (known: {', '.join(INTERVAL_METHODS)})")
    if values.size < 2 or method == "t":
        return t_interval(values, level)
    resamples = resampled_means(values[None], num_resamples, rng)[0]
    if method == "percentile":
        return percentile_interval(resamples, level)
    return None if not varies(values) else bca_interval(resamples, float(values.mean()), _mean_without(values), level)


def _mean_without(values: NDArray[np.float64]) -> NDArray[np.float64]:
    without: NDArray[np.float64] = (values.sum() - values) / (values.size - 1)
    return without
