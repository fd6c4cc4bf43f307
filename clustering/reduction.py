"""From embeddings to a few dimensions in which density means something: direction, common part removed, PCA.

Vectors of transformers lie in a narrow cone: a part common to all of them hides what differs. So every part of an
embedding is scaled to length 1, centred, and freed of its first principal component ("All-but-the-Top", Mu and
Viswanath, ICLR 2018). A mean over tokens shrinks towards the centre with the length of the text, so it is scaled to
length 1 once more; [CLS] joined with an answer's mean is not, its halves get equal spread instead, times a weight.
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
        if len(parts) == 1:
            _normalise_rows(part, out=part)
        part *= weight / max(float(np.sqrt(np.einsum("ij,ij->", part, part) / len(part))), 1e-12)
        begin += width
    count = min(options.pca_dimensions, *joined.shape)
    pca = PCA(count, svd_solver="randomized", random_state=options.seed, copy=False)
    return np.asarray(pca.fit_transform(joined), dtype=np.float64)


def _normalise_rows(source: Floats, out: NDArray[np.float32]) -> None:
    for start in range(0, len(source), _BLOCK):
        block = np.asarray(source[start : start + _BLOCK], dtype=np.float32)
        length = np.linalg.norm(block, axis=1, keepdims=True)
        out[start : start + _BLOCK] = block / np.maximum(length, 1e-12)


def _remove_common(part: NDArray[np.float32], seed: int) -> None:
    """Centre ``part`` and project its first principal component out, in place."""
    from sklearn.utils.extmath import randomized_svd

    part -= part.mean(axis=0, dtype=np.float64).astype(np.float32)
    if min(part.shape) < 3:
        return
    direction = randomized_svd(part, n_components=1, random_state=seed)[2][0]
    for start in range(0, len(part), _BLOCK):
        block = part[start : start + _BLOCK]
        block -= np.outer(block @ direction, direction)
