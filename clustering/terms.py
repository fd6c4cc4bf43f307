"""Terms that tell one cluster from the others, by class-based TF-IDF (Grootendorst 2022, BERTopic)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["describing_terms"]


def describing_terms(texts: Sequence[str], cluster: NDArray[np.int64], count: int = 8) -> dict[int, list[str]]:
    """Return up to ``count`` terms a cluster, the most telling first; noise is a cluster of its own here.

    The weight of a term is its share of the cluster's words times log(1 + A / f): f is how often the term occurs in
    all clusters, A the mean number of words a cluster.

    Args:
        texts: one text a row, N in all.
        cluster: (N,) cluster numbers.
        count: terms a cluster.
    """
    from scipy import sparse
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, CountVectorizer

    numbers, place = np.unique(cluster, return_inverse=True)
    vectorizer = CountVectorizer(stop_words=sorted(ENGLISH_STOP_WORDS | {"did", "does"}), max_features=50_000)
    try:
        words = vectorizer.fit_transform(texts)
    except ValueError:  # no text has a word that is not a stop word
        return {int(number): [] for number in numbers}
    member = sparse.csr_matrix((np.ones(len(place)), (place, np.arange(len(place)))), shape=(len(numbers), len(place)))
    counts = np.asarray((member @ words).todense(), dtype=np.float64)
    total = counts.sum(axis=1, keepdims=True)
    weight = counts / np.maximum(total, 1) * np.log1p(total.mean() / np.maximum(counts.sum(axis=0), 1))
    vocabulary = vectorizer.get_feature_names_out()
    # A stable sort over the alphabetical vocabulary: equal weights come in alphabetical order.
    best = np.argsort(-weight, axis=1, kind="stable")[:, :count]
    return {
        int(number): [str(vocabulary[column]) for column in best[row] if counts[row, column]]
        for row, number in enumerate(numbers)
    }
