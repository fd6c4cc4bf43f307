"""Means of resampled scores: what every bootstrap here is made of."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array

from analysis.batches import batches

__all__ = ["resampled_means"]

_DRAWS_AT_ONCE = 2_000_000
_MOST_THREADS = 4


def resampled_means(scores: ArrayLike, num_resamples: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return means over examples that are drawn with replacement, as many as there are.

    Every row meets the same draws, so that differences of rows are paired by example. Draws come in blocks, each with
    a generator of its own, so that the answer does not depend on how many threads there are.

    Args:
        scores: finite, shape (num_rows, num_examples).
        num_resamples: at least 1.
        rng: source of the draws.

    Returns:
        shape (num_rows, num_resamples).

    Raises:
        ValueError: impossible scores or number of resamples.
    """
    array = np.asarray(scores, dtype=np.float64)
    if array.ndim != 2 or array.size == 0 or not np.isfinite(array).all() or num_resamples < 1:
        raise ValueError(
            f"expected finite scores of shape (num_rows, num_examples) and at least one resample, "
            f"got shape {array.shape} and {num_resamples} resamples"
        )
    columns = np.ascontiguousarray(array.T)
    sizes = list(batches(num_resamples, array.shape[1], _DRAWS_AT_ONCE))
    with ThreadPoolExecutor(min(len(sizes), os.cpu_count() or 1, _MOST_THREADS)) as pool:
        blocks = pool.map(lambda size, each: _block(columns, size, each), sizes, rng.spawn(len(sizes)))
        return np.concatenate(list(blocks)).T


def _block(columns: NDArray[np.float64], num_resamples: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return means of shape (num_resamples, num_rows); ``columns`` has shape (num_examples, num_rows)."""
    num_examples = columns.shape[0]
    draws = rng.integers(0, num_examples, size=num_resamples * num_examples, dtype=np.int32)
    # A sparse matrix adds what is drawn twice, and reads one example of all rows at a time: half the time of counting
    # the draws first. It runs without Python's lock.
    ends = np.arange(num_resamples + 1, dtype=np.int32) * np.int32(num_examples)
    chosen = csr_array((np.ones(draws.size), draws, ends), shape=(num_resamples, num_examples))
    means: NDArray[np.float64] = (chosen @ columns) / num_examples
    return means
