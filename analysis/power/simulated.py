"""How often exact tests find the difference in simulated scores."""

from __future__ import annotations

from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy import stats

__all__ = ["mann_whitney_power", "sign_flip_power", "wilcoxon_power"]

_MAX_EXACT_PAIRS = 12
_NUM_FLIPS = 2_047
_MAX_EXACT_SEEDS = 100


def wilcoxon_power(differences: NDArray[np.float64], alpha: float) -> float:
    """Return the share of exact Wilcoxon signed-rank tests that reject.

    Args:
        differences: simulated, shape (num_simulations, num_pairs).
        alpha: level of the two-sided test.
    """
    method = "exact" if differences.shape[1] <= _MAX_EXACT_SEEDS else "asymptotic"
    return float(np.mean(stats.wilcoxon(differences, axis=1, method=method).pvalue < alpha))


def mann_whitney_power(scores: NDArray[np.float64], reference: NDArray[np.float64], alpha: float) -> float:
    """Return the share of exact Mann-Whitney tests that reject.

    Args:
        scores: simulated, shape (num_simulations, num_seeds).
        reference: simulated, shape (num_simulations, num_reference_seeds).
        alpha: level of the two-sided test.
    """
    method = "exact" if scores.shape[1] <= _MAX_EXACT_SEEDS else "asymptotic"
    return float(np.mean(stats.mannwhitneyu(scores, reference, axis=1, method=method).pvalue < alpha))


def sign_flip_power(differences: NDArray[np.float64], alpha: float, rng: np.random.Generator) -> float:
    """Return the share of paired permutation tests that reject; from many pairs a part of the flips is drawn.

    Args:
        differences: simulated, shape (num_simulations, num_pairs).
        alpha: level of the two-sided test.
        rng: of the flips.
    """
    num_pairs = differences.shape[1]
    if num_pairs <= _MAX_EXACT_PAIRS:
        # Half of all flips: the other half are their mirror images, and the test looks at sizes.
        signs = np.array([(1.0, *rest) for rest in product((1.0, -1.0), repeat=num_pairs - 1)])
    else:
        drawn = rng.choice([-1.0, 1.0], size=(_NUM_FLIPS, num_pairs))
        signs = np.vstack([np.ones(num_pairs), drawn])
    observed = np.abs(differences.sum(axis=1)) * (1 - 1e-10)
    as_large = np.zeros(observed.shape)
    for flips in np.array_split(signs, max(1, len(signs) // 256)):
        as_large += np.sum(np.abs(flips @ differences.T) >= observed, axis=0)
    return float(np.mean(as_large / len(signs) < alpha))
