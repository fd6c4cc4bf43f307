"""How large a difference is, beside the spread over seeds."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from analysis.estimates import checked_scores

__all__ = ["hedges_g", "probability_of_superiority"]


def hedges_g(scores: ArrayLike, reference: ArrayLike) -> float | None:
    """Return the difference of means in pooled standard deviations, times ``1 - 3 / (4 df - 1)`` (Hedges 1981).

    Args:
        scores: shape (num_scores,).
        reference: shape (num_reference_scores,).

    Returns:
        None where a side has one score, or neither varies.
    """
    first, second = checked_scores(scores), checked_scores(reference)
    degrees = first.size + second.size - 2
    if min(first.size, second.size) < 2:
        return None
    pooled = float(np.sqrt((np.var(first) * first.size + np.var(second) * second.size) / degrees))
    if pooled <= 1e-12 * max(float(np.abs(first).max()), float(np.abs(second).max())):
        return None
    return float(first.mean() - second.mean()) / pooled * (1 - 3 / (4 * degrees - 1))


def probability_of_superiority(scores: ArrayLike, reference: ArrayLike) -> float:
    """Return the share of all pairs in which ``scores`` is larger; a tie counts half."""
    first, second = checked_scores(scores), checked_scores(reference)
    gaps = np.sign(first[:, None] - second[None, :])
    return float(np.mean((gaps + 1) / 2))
