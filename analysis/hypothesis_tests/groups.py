"""Do several groups differ at all? Analysis of variance, of scores or of their ranks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
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

    The p-value is that of scores dealt out to the groups anew, in every way where there are no more than
    ``num_resamples``: the usual chi-square approximation needs larger groups than a handful of seeds. Where deals are
    drawn, the observed one counts among them (Phipson and Smyth 2010).

    Args:
        groups: two or more, each of shape (num_scores,).
        rng: of the deals, where not all are taken.
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
    exact = _num_deals(sizes) <= num_resamples
    deals = _every_deal(centred, sizes) if exact else _drawn_deals(centred, sizes, num_resamples, rng)
    reached = int(np.sum(deals >= observed - 1e-9)) + (not exact)
    total = deals.size + (not exact)
    return Outcome(
        f"{'exact' if exact else 'Monte Carlo'} {KRUSKAL_WALLIS}",
        observed / float(np.var(ranks, ddof=1)),
        reached / total,
        degrees=(float(sizes.size - 1),),
        smallest_p=(int(np.sum(deals >= deals.max() - 1e-9)) if exact else 1) / total,
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


def _num_deals(sizes: NDArray[np.int64]) -> int:
    """Return in how many ways scores can be dealt out to groups of these sizes."""
    return factorial(int(sizes.sum())) // prod(factorial(int(size)) for size in sizes)


def _every_deal(centred: NDArray[np.float64], sizes: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the sum of squares between groups under every deal, shape (num_deals,)."""
    orders = np.array(list(_deals(tuple(range(centred.size)), sizes.tolist())))
    return _between(centred[orders], sizes)


def _deals(places: tuple[int, ...], sizes: list[int]) -> Iterator[tuple[int, ...]]:
    """Yield the places in an order for each way to part them into groups of these sizes."""
    if len(sizes) == 1:
        yield places
        return
    for first in combinations(places, sizes[0]):
        rest = tuple(place for place in places if place not in first)
        yield from (first + others for others in _deals(rest, sizes[1:]))


def _drawn_deals(
    centred: NDArray[np.float64], sizes: NDArray[np.int64], num_resamples: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    return np.concatenate(
        [
            _between(rng.permuted(np.broadcast_to(centred, (count, centred.size)), axis=1), sizes)
            for count in batches(num_resamples, centred.size)
        ]
    )
