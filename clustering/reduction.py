"""From embeddings to a few dimensions in which density means something: direction, common part removed, PCA.

Vectors of transformers lie in a narrow cone: what all of them share hides what differs. So every part of an embedding
is scaled to length 1, centred, freed of its first principal components ("All-but-the-Top", Mu and Viswanath, ICLR 2018:
about one for each hundred dimensions) and scaled to length 1 again, since a mean over many tokens lies nearer to the
centre than one over few.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clustering.options import ClusteringOptions

__all__ = ["reduce_embeddings"]

_BLOCK = 8192
"""Rows normalised at once, so that no second copy of everything is made."""

Floats = NDArray[np.floating[Any]]


def reduce_embeddings(vectors: Floats, parts: Sequence[int], options: ClusteringOptions) -> NDArray[np.float64]:
    """Return the principal components that HDBSCAN reads, (num_examples, at most pca_dimensions).

    One float32 copy of ``vectors`` is held in memory.

    Args:
        vectors: (num_examples, num_dimensions) embeddings, possibly memory-mapped.
        parts: widths of the parts: one for a mean over tokens, two for [CLS] and answer.
        options: dimensions, weight of the answer's part, seed.
    """
    from sklearn.decomposition import PCA

    joined = np.empty(vectors.shape, dtype=np.float32)
    weights = [1.0, options.answer_weight] if len(parts) == 2 else [1.0]
    begin = 0
    for width, weight in zip(parts, weights, strict=True):
        part = joined[:, begin : begin + width]
        _normalise_rows(vectors[:, begin : begin + width], out=part)
        _remove_common(part, options.seed)
        _normalise_rows(part, out=part)
        part *= weight
        begin += width
    rows, columns = vectors.shape
    count = min(options.pca_dimensions, rows, columns)
    pca = PCA(count, svd_solver="randomized", random_state=options.seed, copy=False)
    return np.asarray(pca.fit_transform(joined), dtype=np.float64)


def _normalise_rows(source: Floats, out: NDArray[np.float32]) -> None:
    for start in range(0, len(source), _BLOCK):
        block = np.asarray(source[start : start + _BLOCK], dtype=np.float32)
        length = np.linalg.norm(block, axis=1, keepdims=True)
        out[start : start + _BLOCK] = block / np.maximum(length, 1e-12)


def _remove_common(part: NDArray[np.float32], seed: int) -> None:
    """Centre ``part`` and project its first principal components out, in place."""
    from sklearn.utils.extmath import randomized_svd

    part -= part.mean(axis=0, dtype=np.float64).astype(np.float32)
    count = max(2, part.shape[1] // 100)
    if min(part.shape) <= 2 * count:
        return
    directions = randomized_svd(part, n_components=count, random_state=seed)[2]
    for start in range(0, len(part), _BLOCK):
        block = part[start : start + _BLOCK]
        block -= block @ directions.T @ directions
