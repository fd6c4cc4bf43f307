"""From embeddings to a few dimensions in which density means something: direction, centre, common part, PCA.

Vectors of pretrained and untrained transformers lie in a narrow cone, and what many of them share hides what differs.
"All-but-the-Top" (Mu and Viswanath, ICLR 2018) takes the first principal components out, about one for each hundred
dimensions. In a fine-tuned model the first components are the classes themselves, and removing them would remove what
is sought. So how many to remove is a parameter, and :mod:`clustering.analysis` lets the data decide.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clustering.options import ClusteringOptions

__all__ = ["reduce_embeddings", "removals"]

_BLOCK = 8192
"""Rows normalised at once, so that no second copy of everything is made."""

Floats = NDArray[np.floating[Any]]


def removals(parts: Sequence[int]) -> list[int]:
    """Return the numbers of common components worth trying: none, one, and one for each hundred dimensions."""
    return [0, 1, max(2, min(parts) // 100)]


def reduce_embeddings(
    vectors: Floats, parts: Sequence[int], options: ClusteringOptions, removed: int = 0
) -> NDArray[np.float64]:
    """Return the principal components that HDBSCAN reads, (num_examples, at most pca_dimensions).

    One float32 copy of ``vectors`` is held in memory.

    Args:
        vectors: (num_examples, num_dimensions) embeddings, possibly memory-mapped.
        parts: widths of the parts: one for a mean over tokens, two for [CLS] and answer.
        options: dimensions, weight of the answer's part, seed.
        removed: how many common components are taken out of each part.
    """
    from sklearn.decomposition import PCA

    joined = np.empty(vectors.shape, dtype=np.float32)
    weights = [1.0, options.answer_weight] if len(parts) == 2 else [1.0]
    begin = 0
    for width, weight in zip(parts, weights, strict=True):
        part = joined[:, begin : begin + width]
        _normalise_rows(vectors[:, begin : begin + width], out=part)
        _remove_common(part, removed, options.seed)
        # A mean over many tokens lies nearer to the centre than one over few: only the direction counts.
        _normalise_rows(part, out=part)
        part *= weight
        begin += width
    rows, columns = vectors.shape
    count = min(options.pca_dimensions, rows, columns)
    pca = PCA(count, svd_solver="randomized", random_state=options.seed, copy=False)
    with np.errstate(invalid="ignore"):  # vectors that are all the same have no variance to explain
        return np.asarray(pca.fit_transform(joined), dtype=np.float64)


def _normalise_rows(source: Floats, out: NDArray[np.float32]) -> None:
    for start in range(0, len(source), _BLOCK):
        block = np.asarray(source[start : start + _BLOCK], dtype=np.float32)
        length = np.linalg.norm(block, axis=1, keepdims=True)
        out[start : start + _BLOCK] = block / np.maximum(length, 1e-12)


def _remove_common(part: NDArray[np.float32], count: int, seed: int) -> None:
    """Centre ``part`` and project its first principal components out, in place."""
    from sklearn.utils.extmath import randomized_svd

    part -= part.mean(axis=0, dtype=np.float64).astype(np.float32)
    if not count or min(part.shape) <= 2 * count:
        return
    directions = randomized_svd(part, n_components=count, random_state=seed)[2]
    for start in range(0, len(part), _BLOCK):
        block = part[start : start + _BLOCK]
        block -= block @ directions.T @ directions
