"""Means of resampled scores: what every bootstrap here is made of."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["resampled_means"]

_DRAWS_AT_ONCE = 2_000_000


def resampled_means(scores: ArrayLike, num_resamples: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return means over examples that are drawn with replacement, as many as there are.

    Every row meets the same draws, so that differences of rows are paired by example.

    Args:
        scores: finite, shape (num_rows, num_examples).
        num_resamples: at least 1.
        rng: source of the draws.

    Returns:
        shape (num_rows, num_resamples).

    Raises:
        ValueError: impossible scores or number of resamples.
    """
    from scipy.sparse import csr_array

    array = np.asarray(scores, dtype=np.float64)
    if array.ndim != 2 or array.size == 0 or not np.isfinite(array).all() or num_resamples < 1:
        raise ValueError(
            f"expected finite scores of shape (num_rows, num_examples) and at least one resample, "
            f"got shape {array.shape} and {num_resamples} resamples"
        )
    num_rows, num_examples = array.shape
    means = np.empty((num_rows, num_resamples))
    columns = np.ascontiguousarray(array.T)
    at_once = max(1, _DRAWS_AT_ONCE // num_examples)
    for start in range(0, num_resamples, at_once):
        count = min(at_once, num_resamples - start)
        draws = rng.integers(0, num_examples, size=count * num_examples, dtype=np.int32)
        # A sparse matrix adds what is drawn twice, and reads one example of all rows at a time: half the time of
        # counting the draws first.
        ends = np.arange(count + 1, dtype=np.int32) * np.int32(num_examples)
        chosen = csr_array((np.ones(draws.size), draws, ends), shape=(count, num_examples))
        means[:, start : start + count] = (chosen @ columns).T / num_examples
    return means
