"""Almost stochastic order: by how much does one variant's whole distribution fail to lie above the other's?

Del Barrio, Cuesta-Albertos and Matrán (2018), brought to comparisons of models by Dror et al. (2019). The violation
ratio is the share of the squared distance between both quantile functions where the treatment's is the lower one: 0
says that the treatment is better at every quantile, 0.5 that neither is, 1 that the control is.

The bound rests on a limit law for two distributions that differ, so that it is no test of whether they do: for two
samples of one normal distribution epsilon_min falls below 0.5 in 22 % of cases with 3 scores a side and in 15 % with
200, at level 0.95 (below 0.2: 8 % and 2 %). Hence there is no p-value.
"""

from __future__ import annotations

from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.estimates import checked_scores

__all__ = ["StochasticOrder", "stochastic_order", "violation_ratio"]


class StochasticOrder(NamedTuple):
    """How far one sample is from lying above another at every quantile."""

    violation_ratio: float
    """In [0, 1], of these samples."""
    epsilon_min: float
    """Upper confidence bound of the ratio, in [0, 1]. Below 0.5 the treatment is called almost stochastically larger;
    Ulmer et al. (2022) advise 0.2."""
    level: float
    """Of the bound."""


def stochastic_order(
    scores: ArrayLike,
    reference: ArrayLike,
    *,
    rng: np.random.Generator,
    level: float = 0.95,
    num_resamples: int = 10_000,
) -> StochasticOrder:
    """Return the violation ratio and its upper bound, by the normal limit with a bootstrapped variance.

    Args:
        scores: shape (num_scores,), at least two.
        reference: shape (num_reference_scores,), at least two.
        rng: of the resamples.
        level: of the bound, in (0, 1).
        num_resamples: at least two.

    Raises:
        ValueError: impossible scores, level or number of resamples, or samples that are equal value for value.
    """
    first, second = np.sort(checked_scores(scores)), np.sort(checked_scores(reference))
    if min(first.size, second.size) < 2 or num_resamples < 2 or not 0 < level < 1:
        raise ValueError("expected two scores a side, two resamples, and a level in (0, 1)")
    ratio = float(violation_ratio(first, second)[0])
    if np.isnan(ratio):
        raise ValueError("both samples are equal at every quantile: neither can lie above the other")
    drawn = violation_ratio(*(np.sort(rng.choice(each, (num_resamples, each.size))) for each in (first, second)))
    # A pair of resamples that is equal value for value has no ratio, and says nothing for either side.
    spread = float(np.nanstd(drawn, ddof=1))
    bound = ratio + NormalDist().inv_cdf(level) * spread
    return StochasticOrder(ratio, min(1.0, max(0.0, bound)), level)


def violation_ratio(scores: NDArray[np.float64], reference: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the share of the squared Wasserstein distance in which ``reference`` has the higher quantiles.

    Both quantile functions are steps, so that the integrals are sums over the pieces between their jumps.

    Args:
        scores: ascending along the last axis, shape (num_scores,) or (num_resamples, num_scores).
        reference: likewise, shape (num_reference_scores,) or (num_resamples, num_reference_scores).

    Returns:
        Shape (num_resamples,), or (1,); nan where all quantiles are equal.
    """
    first, second = np.atleast_2d(scores), np.atleast_2d(reference)
    size, reference_size = first.shape[1], second.shape[1]
    # In whole numbers: jumps at i / size and j / reference_size stand at i * reference_size and j * size.
    jumps = np.union1d(np.arange(size + 1) * reference_size, np.arange(reference_size + 1) * size)
    gaps = first[:, jumps[:-1] // reference_size] - second[:, jumps[:-1] // size]
    weighted = gaps**2 * np.diff(jumps)
    with np.errstate(invalid="ignore"):
        ratio: NDArray[np.float64] = np.sum(weighted * (gaps < 0), axis=1) / weighted.sum(axis=1)
    return ratio
