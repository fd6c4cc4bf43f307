"""Exact distributions of rank sums under no difference, ties included.

scipy's exact distributions hold without ties only. With midranks the same counting works on doubled ranks, which are
whole numbers.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analysis.outcome import Alternative

__all__ = ["order_statistic", "rank_sum_distribution", "signed_rank_distribution", "tail_p_value"]


def signed_rank_distribution(doubled_ranks: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the chance of each doubled sum of positive ranks, where every sign is as likely as the other.

    Args:
        doubled_ranks: shape (num_pairs,), twice the midranks.

    Returns:
        Shape (sum of doubled_ranks + 1,); entry s is the chance of the doubled sum s.
    """
    chance = np.zeros(int(doubled_ranks.sum()) + 1)
    chance[0] = 1.0
    for rank in doubled_ranks:
        chance[rank:] = (chance[rank:] + chance[: chance.size - rank]) / 2
        chance[:rank] /= 2
    return chance


def rank_sum_distribution(doubled_ranks: NDArray[np.int64], num_drawn: int) -> NDArray[np.float64]:
    """Return the chance of each doubled rank sum of ``num_drawn`` of the ranks, drawn without replacement.

    Args:
        doubled_ranks: shape (num_scores,), twice the midranks of both samples together.
        num_drawn: size of the first sample.

    Returns:
        Shape (sum of doubled_ranks + 1,); entry s is the chance of the doubled sum s.
    """
    ways = np.zeros((num_drawn + 1, int(doubled_ranks.sum()) + 1))
    ways[0, 0] = 1.0
    for rank in doubled_ranks:
        # numpy computes the right side first, so that each rank is taken at most once.
        ways[1:, rank:] = ways[1:, rank:] + ways[:-1, : ways.shape[1] - rank]
    drawn: NDArray[np.float64] = ways[num_drawn] / ways[num_drawn].sum()
    return drawn


def tail_p_value(distribution: NDArray[np.float64], observed: int, alternative: Alternative) -> float:
    """Return the p-value of an observed sum; two-sided is twice the smaller tail."""
    at_most, at_least = float(distribution[: observed + 1].sum()), float(distribution[observed:].sum())
    if alternative == "two-sided":
        return min(1.0, 2 * min(at_most, at_least))
    return min(1.0, at_least if alternative == "greater" else at_most)


def order_statistic(distribution: NDArray[np.float64], level: float) -> int:
    """Return how many of the sorted averages or differences an interval leaves out at each end; -1 for none such.

    Args:
        distribution: chance of each value 0, 1, ... of the statistic that counts those above the true value.
        level: that the interval from that order statistic to its mirror covers at least, in (0, 1).
    """
    return int(np.searchsorted(np.cumsum(distribution), (1 - level) / 2 * (1 + 1e-12), side="right")) - 1
