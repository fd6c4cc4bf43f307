"""Point estimates of one variant's scores over seeds."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["Estimate", "checked_scores", "estimate"]


class Estimate(NamedTuple):
    """What k scores say by themselves."""

    num_scores: int
    mean: float
    std: float | None
    """Sample standard deviation (k - 1 in the denominator); None from a single score."""


def checked_scores(scores: ArrayLike) -> NDArray[np.float64]:
    """Return ``scores`` as a float64 array of shape (num_seeds,).

    Raises:
        ValueError: no score, more than one axis, or a score that is not finite.
    """
    array = np.asarray(scores, dtype=np.float64)
    if array.ndim != 1 or array.size == 0:
        raise ValueError(f"expected scores of shape (num_seeds,) with at least one seed, got shape {array.shape}")
    if not np.isfinite(array).all():
        raise ValueError(f"scores must be finite, got {array.tolist()}")
    return array


def estimate(scores: ArrayLike) -> Estimate:
    """Return the count, mean and sample standard deviation of scores.

    Args:
        scores: shape (num_seeds,), one score a seed.

    Raises:
        ValueError: no score, more than one axis, or a score that is not finite.
    """
    array = checked_scores(scores)
    std = float(array.std(ddof=1)) if array.size > 1 else None
    return Estimate(num_scores=array.size, mean=float(array.mean()), std=std)
