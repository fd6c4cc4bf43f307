"""Do several groups differ at all? Analysis of variance, of scores or of their ranks."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations
from math import factorial, prod

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from analysis.batches import batches
from analysis.conditions import refusal, varies
from analysis.hypothesis_tests.post_hoc import checked_groups
from analysis.outcome import Outcome

__all__ = ["ANOVA", "KRUSKAL_WALLIS", "WELCH_ANOVA", "anova", "kruskal_wallis_test", "welch_anova"]

ANOVA = "one-way analysis of variance"
WELCH_ANOVA = "Welch's analysis of variance"
KRUSKAL_WALLIS = "Kruskal-Wallis test"

_MOST_ORDERED = 6
"""Groups whose orders are all looked at for the floor; with more, it lies far below any p-value that is drawn."""


def anova(groups: Sequence[ArrayLike]) -> Outcome:
    """Test whether groups of equal spread have one mean (Fisher 1925).

    Args:
        groups: two or more, each of shape (num_scores,).

    Raises:
        ValueError: impossible scores, or fewer than two groups.
    """
    arrays = checked_groups(groups)
    if sum(each.size for each in arrays) == len(arrays):
        return refusal(ANOVA, "a single score in every group says nothing about spread")
    if not any(varies(each, *arrays) for each in arrays):
        return refusal(ANOVA, "no group varies, so that no test applies")
    return _analysis_of_variance(ANOVA, arrays, equal_spreads=True)


def welch_anova(groups: Sequence[ArrayLike]) -> Outcome:
    """Test whether groups have one mean, whatever their spreads (Welch 1951).

    Args:
        groups: two or more, each of shape (num_scores,).

    Raises:
        ValueError: impossible scores, or fewer than two groups.
    """
    arrays = checked_groups(groups)
    if min(each.size for each in arrays) < 2:
        return refusal(WELCH_ANOVA, "a single score in a group says nothing about its spread")
    if not all(varies(each, *arrays) for each in arrays):
        return refusal(WELCH_ANOVA, "a group does not vary, so that its spread is not known")
    return _analysis_of_variance(WELCH_ANOVA, arrays, equal_spreads=False)


def _analysis_of_variance(test: str, arrays: list[NDArray[np.float64]], *, equal_spreads: bool) -> Outcome:
    found = stats.f_oneway(*arrays, equal_var=equal_spreads)
    within = float(sum(each.size for each in arrays) - len(arrays)) if equal_spreads else _welch_degrees(arrays)
    return Outcome(
        test,
        float(found.statistic),
        float(found.pvalue),
        degrees=(float(len(arrays) - 1), within),
        assumptions=(
            "scores are independent, within and between groups",
            "each group is close to normally distributed",
            *(("all groups have the same spread",) if equal_spreads else ()),
        ),
    )


def _welch_degrees(arrays: list[NDArray[np.float64]]) -> float:
    weights = np.array([each.size / np.var(each, ddof=1) for each in arrays])
    lost = (1 - weights / weights.sum()) ** 2 / np.array([each.size - 1 for each in arrays])
    return float((len(arrays) ** 2 - 1) / (3 * lost.sum()))


def kruskal_wallis_test(
    groups: Sequence[ArrayLike], *, rng: np.random.Generator, num_resamples: int = 10_000
) -> Outcome:
    """Test whether groups come from one distribution, by their ranks together (Kruskal and Wallis 1952).

    The p-value is that of scores dealt out to the groups anew: the usual chi-square approximation needs larger groups
    than a handful of seeds. The observed deal counts among the drawn ones (Phipson and Smyth 2010).

    Args:
        groups: two or more, each of shape (num_scores,).
        rng: of the deals.
        num_resamples: at least 1.

    Returns:
        The statistic is H, corrected for ties.

    Raises:
        ValueError: impossible scores, or fewer than two groups.
    """
    arrays = checked_groups(groups)
    pooled = np.concatenate(arrays)
    if not varies(pooled):
        return refusal(KRUSKAL_WALLIS, "all scores are the same, so that no test applies")
    sizes = np.array([each.size for each in arrays])
    ranks = stats.rankdata(pooled)
    centred = ranks - ranks.mean()
    observed = float(_between(centred[None, :], sizes)[0])
    drawn = np.concatenate(
        [
            _between(rng.permuted(np.broadcast_to(centred, (count, centred.size)), axis=1), sizes)
            for count in batches(num_resamples, centred.size)
        ]
    )
    return Outcome(
        KRUSKAL_WALLIS,
        observed / float(np.var(ranks, ddof=1)),
        (1 + int(np.sum(drawn >= observed - 1e-9))) / (1 + num_resamples),
        degrees=(float(sizes.size - 1),),
        smallest_p=max(_smallest_share(sizes), 1 / (1 + num_resamples)),
        assumptions=(
            "scores are independent, within and between groups",
            "with no difference all groups have one distribution",
        ),
    )


def _between(centred: NDArray[np.float64], sizes: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the sum of squares between groups of each row of ranks, shape (num_rows,)."""
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    between: NDArray[np.float64] = np.sum(np.add.reduceat(centred, starts, axis=1) ** 2 / sizes, axis=1)
    return between


def _smallest_share(sizes: NDArray[np.int64]) -> float:
    """Return the share of deals that part the ranks as far as any can, block by block in the best of orders."""
    if sizes.size > _MOST_ORDERED:
        return 0.0
    num_scores = int(sizes.sum())
    ranks = np.linspace(-(num_scores - 1) / 2, (num_scores - 1) / 2, num_scores)[None, :]
    reached = np.array([_between(ranks, sizes[list(order)])[0] for order in permutations(range(sizes.size))])
    deals = factorial(num_scores) / prod(factorial(int(size)) for size in sizes)
    return int(np.sum(reached >= reached.max() - 1e-9)) / deals
