"""Rank tests: Wilcoxon's of pairs, and Mann and Whitney's of two samples; exact, ties included, up to hundreds."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from analysis.conditions import checked_pairs, exact_floor, refusal, rounded_to_zero, varies
from analysis.estimates import checked_scores
from analysis.hypothesis_tests.rank_distributions import (
    order_statistic,
    rank_sum_distribution,
    signed_rank_distribution,
    tail_p_value,
)
from analysis.outcome import Alternative, Outcome
from analysis.student_t import Interval

__all__ = ["MANN_WHITNEY", "WILCOXON", "mann_whitney_test", "wilcoxon_test"]

WILCOXON = "Wilcoxon signed-rank test"
MANN_WHITNEY = "Mann-Whitney U test"

_EXACT_PAIRS = 500
_EXACT_SCORES = 100
"""Up to so many the null distribution is counted out; beyond, the normal one is right to many digits."""


def wilcoxon_test(
    scores: ArrayLike, reference: ArrayLike, *, alternative: Alternative = "two-sided", level: float = 0.95
) -> Outcome:
    """Test whether the differences of pairs are symmetric about 0 (Wilcoxon 1945).

    The estimate is the median of all averages of two differences, and the interval its order statistics (Hodges and
    Lehmann 1963). No interval where no order statistic reaches the level; neither beyond 500 pairs.

    Args:
        scores: shape (num_pairs,).
        reference: shape (num_pairs,); entry i belongs with ``scores[i]``.
        alternative: what counts as evidence.
        level: of the two-sided interval, in (0, 1).

    Raises:
        ValueError: impossible scores, or lengths that differ.
    """
    first, second = checked_pairs(scores, reference)
    differences = rounded_to_zero(first - second, first, second)
    moved = differences[differences != 0]
    if moved.size == 0:
        return refusal(WILCOXON, "every difference is zero, so that no test applies", alternative, estimate=0.0)
    ranks = np.rint(2 * stats.rankdata(_steady(np.abs(moved), first, second))).astype(np.int64)
    observed = int(ranks[moved > 0].sum())
    estimate, interval = _median_of_averages(differences, level)
    return Outcome(
        WILCOXON,
        observed / 2,
        _signed_rank_p_value(moved, ranks, observed, alternative),
        alternative,
        estimate=estimate,
        interval=interval,
        smallest_p=exact_floor(alternative, moved.size),
        assumptions=("differences are independent", "they are symmetric about their median", *_left_out(differences)),
    )


def mann_whitney_test(
    scores: ArrayLike, reference: ArrayLike, *, alternative: Alternative = "two-sided", level: float = 0.95
) -> Outcome:
    """Test whether two samples come from one distribution, against one being larger (Mann and Whitney 1947).

    The estimate is the median of all differences across the samples, and the interval its order statistics (Hodges and
    Lehmann 1963). No interval where no order statistic reaches the level; neither beyond 100 scores.

    Args:
        scores: shape (num_scores,).
        reference: shape (num_reference_scores,).
        alternative: what counts as evidence.
        level: of the two-sided interval, in (0, 1).

    Raises:
        ValueError: impossible scores.
    """
    first, second = checked_scores(scores), checked_scores(reference)
    pooled = np.concatenate([first, second])
    if not varies(pooled):
        return refusal(MANN_WHITNEY, "all scores are the same, so that no test applies", alternative, estimate=0.0)
    ranks = np.rint(2 * stats.rankdata(_steady(pooled))).astype(np.int64)
    observed = int(ranks[: first.size].sum())
    estimate, interval = _median_of_differences(first, second, level)
    return Outcome(
        MANN_WHITNEY,
        observed / 2 - first.size * (first.size + 1) / 2,
        _rank_sum_p_value(first, second, ranks, observed, alternative),
        alternative,
        estimate=estimate,
        interval=interval,
        smallest_p=exact_floor(alternative, first.size, second.size),
        assumptions=(
            "scores are independent, within and between the sides",
            "with no difference both sides have one distribution",
        ),
    )


def _steady(values: NDArray[np.float64], *scales: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return numbers of the same order, in which values that differ by rounding alone are tied."""
    order = np.argsort(values, kind="stable")
    steps = rounded_to_zero(np.diff(values[order], prepend=values[order[0]]), values, *scales) != 0
    steady = np.empty(values.size)
    steady[order] = np.cumsum(steps)
    return steady


def _left_out(differences: NDArray[np.float64]) -> tuple[str, ...]:
    zeros = int(np.sum(differences == 0))
    return (f"{zeros} of {differences.size} differences are zero and left out",) if zeros else ()


def _signed_rank_p_value(
    moved: NDArray[np.float64], ranks: NDArray[np.int64], observed: int, alternative: Alternative
) -> float:
    if moved.size > _EXACT_PAIRS:
        return float(stats.wilcoxon(moved, alternative=alternative, method="asymptotic").pvalue)
    return tail_p_value(signed_rank_distribution(ranks), observed, alternative)


def _rank_sum_p_value(
    first: NDArray[np.float64],
    second: NDArray[np.float64],
    ranks: NDArray[np.int64],
    observed: int,
    alternative: Alternative,
) -> float:
    if ranks.size > _EXACT_SCORES:
        return float(stats.mannwhitneyu(first, second, alternative=alternative, method="asymptotic").pvalue)
    return tail_p_value(rank_sum_distribution(ranks, first.size), observed, alternative)


def _median_of_averages(differences: NDArray[np.float64], level: float) -> tuple[float | None, Interval | None]:
    if differences.size > _EXACT_PAIRS:
        return None, None
    rows, columns = np.triu_indices(differences.size)
    averages = np.sort((differences[rows] + differences[columns]) / 2)
    distribution = signed_rank_distribution(np.arange(1, differences.size + 1))
    return float(np.median(averages)), _between(averages, order_statistic(distribution, level))


def _median_of_differences(
    first: NDArray[np.float64], second: NDArray[np.float64], level: float
) -> tuple[float | None, Interval | None]:
    if first.size + second.size > _EXACT_SCORES:
        return None, None
    differences = np.sort((first[:, None] - second[None, :]).ravel())
    sums = rank_sum_distribution(np.arange(1, first.size + second.size + 1), first.size)
    counts = sums[first.size * (first.size + 1) // 2 :]
    return float(np.median(differences)), _between(differences, order_statistic(counts, level))


def _between(ordered: NDArray[np.float64], left_out: int) -> Interval | None:
    return None if left_out < 0 else Interval(float(ordered[left_out]), float(ordered[-1 - left_out]))
