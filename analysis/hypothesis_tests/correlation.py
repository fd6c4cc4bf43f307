"""Correlations of two quantities: linear (Pearson), or of ranks (Spearman, Kendall), with intervals.

P-values of ranks are those of all orders where there are few observations: approximations need more of them.
"""

from __future__ import annotations

from collections.abc import Callable
from math import atanh, factorial, sqrt, tanh
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from analysis.conditions import checked_pairs, refusal, varies
from analysis.levels import check_level
from analysis.outcome import Alternative, Outcome
from analysis.student_t import Interval

__all__ = ["KENDALL", "PEARSON", "SPEARMAN", "kendall_correlation", "pearson_correlation", "spearman_correlation"]

PEARSON = "Pearson correlation"
SPEARMAN = "Spearman rank correlation"
KENDALL = "Kendall rank correlation, tau-b"

_ALL_ORDERS = 8
"""Up to so many observations every order is counted: 40,320."""
_OF_RANKS = ("observations are independent", "with no correlation every order is as likely as any other")


def pearson_correlation(
    x: ArrayLike, y: ArrayLike, *, alternative: Alternative = "two-sided", level: float = 0.95
) -> Outcome:
    """Return how far two quantities lie on a line; the interval is Fisher's (1921).

    Args:
        x: shape (num_observations,).
        y: shape (num_observations,).
        alternative: what counts as evidence.
        level: of the two-sided interval, in (0, 1); none from three observations, or a perfect line.

    Raises:
        ValueError: impossible values or level, or lengths that differ.
    """
    first, second = _checked(x, y, level)
    problem = _problem(first, second)
    if problem:
        return refusal(PEARSON, problem, alternative)
    found = stats.pearsonr(first, second, alternative=alternative)
    estimate = float(found.statistic)
    return Outcome(
        PEARSON,
        estimate,
        float(found.pvalue),
        alternative,
        degrees=(float(first.size - 2),),
        estimate=estimate,
        interval=_fisher_interval(estimate, 1.0, first.size - 3, level),
        assumptions=("observations are independent", "both quantities are close to normally distributed"),
    )


def spearman_correlation(
    x: ArrayLike, y: ArrayLike, *, alternative: Alternative = "two-sided", level: float = 0.95
) -> Outcome:
    """Return how far two quantities rise together in rank; the interval is that of Bonett and Wright (2000).

    Args:
        x: shape (num_observations,).
        y: shape (num_observations,).
        alternative: what counts as evidence.
        level: of the two-sided interval, in (0, 1); none from three observations, or perfect order.

    Raises:
        ValueError: impossible values or level, or lengths that differ.
    """
    first, second = _checked(x, y, level)
    problem = _problem(first, second)
    if problem:
        return refusal(SPEARMAN, problem, alternative)
    found = stats.spearmanr(first, second, alternative=alternative)
    estimate = float(found.statistic)
    first, second = stats.rankdata(first), stats.rankdata(second)

    def products(orders: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
        return np.asarray((orders * second).sum(axis=axis))

    return Outcome(
        SPEARMAN,
        estimate,
        _p_value_of_orders(first, products, alternative) if first.size <= _ALL_ORDERS else float(found.pvalue),
        alternative,
        estimate=estimate,
        interval=_fisher_interval(estimate, 1 + estimate**2 / 2, first.size - 3, level),
        smallest_p=_floor(first.size, alternative),
        assumptions=_OF_RANKS,
    )


def kendall_correlation(
    x: ArrayLike, y: ArrayLike, *, alternative: Alternative = "two-sided", level: float = 0.95
) -> Outcome:
    """Return by how much pairs of observations agree in order more often than not; ties are corrected for (tau-b).

    The interval is that of Fieller, Hartley and Pearson (1957).

    Args:
        x: shape (num_observations,).
        y: shape (num_observations,).
        alternative: what counts as evidence.
        level: of the two-sided interval, in (0, 1); none from four observations or fewer, or perfect order.

    Raises:
        ValueError: impossible values or level, or lengths that differ.
    """
    first, second = _checked(x, y, level)
    problem = _problem(first, second)
    if problem:
        return refusal(KENDALL, problem, alternative)
    found = stats.kendalltau(first, second, alternative=alternative)
    signs = np.sign(second[:, None] - second[None, :])

    def agreements(orders: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
        gaps = np.sign(orders[..., :, None] - orders[..., None, :])
        return np.asarray((gaps * signs).sum(axis=(axis - 1, axis)))

    estimate = float(found.statistic)
    return Outcome(
        KENDALL,
        estimate,
        _p_value_of_orders(first, agreements, alternative) if first.size <= _ALL_ORDERS else float(found.pvalue),
        alternative,
        estimate=estimate,
        interval=_fisher_interval(estimate, 0.437, first.size - 4, level),
        smallest_p=_floor(first.size, alternative),
        assumptions=_OF_RANKS,
    )


def _checked(x: ArrayLike, y: ArrayLike, level: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    check_level(level)
    return checked_pairs(x, y)


def _problem(first: NDArray[np.float64], second: NDArray[np.float64]) -> str:
    if first.size < 3:
        return f"{first.size} observations: any two lie on a line, so that it takes three"
    return "" if varies(first) and varies(second) else "a quantity that does not vary goes with nothing"


def _p_value_of_orders(
    values: NDArray[np.float64], statistic: Callable[..., NDArray[np.float64]], alternative: Alternative
) -> float:
    found = stats.permutation_test(
        (values,),
        statistic,
        permutation_type="pairings",
        vectorized=True,
        n_resamples=np.inf,
        alternative=alternative,
    )
    return float(found.pvalue)


def _floor(num_observations: int, alternative: Alternative) -> float:
    """Return the share of the one order that agrees best, or of the two best on either side."""
    return (2 if alternative == "two-sided" else 1) / factorial(num_observations)


def _fisher_interval(estimate: float, numerator: float, denominator: int, level: float) -> Interval | None:
    """Return the interval by Fisher's transformation with variance ``numerator / denominator``."""
    if denominator < 1 or abs(estimate) > 1 - 1e-12:
        return None
    half = NormalDist().inv_cdf((1 + level) / 2) * sqrt(numerator / denominator)
    return Interval(tanh(atanh(estimate) - half), tanh(atanh(estimate) + half))
