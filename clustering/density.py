"""HDBSCAN over the reduced embeddings: cluster and membership of every row."""

from __future__ import annotations

import os
import warnings
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from clustering.assignments import NOISE
from clustering.options import ClusteringOptions
from errors import DataError

__all__ = ["Partition", "default_min_cluster_size", "partition"]

_PARALLEL_FROM = 20_000
"""Rows from which starting worker processes pays."""


class Partition(NamedTuple):
    """What HDBSCAN found. N rows, C clusters, cluster 0 the largest."""

    cluster: NDArray[np.int64]
    """(N,) cluster number; -1 is noise."""
    probability: NDArray[np.float32]
    """(N,) how deep a row lies in its cluster, relative to the deepest: 1 at the core, 0 for noise."""
    persistence: NDArray[np.float64]
    """(C,) stability of each cluster in [0, 1]: how long it lasts while the density threshold rises."""
    min_cluster_size: int
    rows_fitted: int
    """Rows the clusters were found in; the others were placed afterwards."""


def default_min_cluster_size(num_rows: int) -> int:
    """Return max(15, 0.5 % of the rows)."""
    return max(15, round(0.005 * num_rows))


def partition(points: NDArray[np.float64], options: ClusteringOptions) -> Partition:
    """Cluster ``points``, (N, D); the same points and seed give the same clusters.

    Raises:
        DataError: fewer than three rows.
    """
    count = len(points)
    if count < 3:
        raise DataError(f"{count} rows are too few to cluster; embed more")
    smallest = options.min_cluster_size or default_min_cluster_size(count)
    if count < smallest:
        return _all_noise(count, smallest)
    fitted = np.arange(count)
    if count > options.max_fit_rows:
        chosen = np.random.default_rng(options.seed).choice(count, options.max_fit_rows, replace=False)
        fitted = np.sort(chosen)
    share = len(fitted) / count
    clusterer = _fit(points[fitted], max(2, round(smallest * share)), options)
    cluster = np.full(count, NOISE, dtype=np.int64)
    probability = np.zeros(count, dtype=np.float32)
    cluster[fitted], probability[fitted] = clusterer.labels_, clusterer.probabilities_
    if share < 1:
        import hdbscan

        others = np.setdiff1d(np.arange(count), fitted, assume_unique=True)
        cluster[others], probability[others] = hdbscan.approximate_predict(clusterer, points[others])
    cluster, order = _by_size(cluster)
    persistence = np.asarray(clusterer.cluster_persistence_, dtype=np.float64)[order]
    return Partition(cluster, np.clip(probability, 0, 1), persistence, smallest, len(fitted))


def _all_noise(count: int, smallest: int) -> Partition:
    noise = np.full(count, NOISE, dtype=np.int64)
    return Partition(noise, np.zeros(count, dtype=np.float32), np.empty(0), smallest, count)


def _fit(points: NDArray[np.float64], smallest: int, options: ClusteringOptions) -> Any:
    import hdbscan

    large = len(points) > _PARALLEL_FROM
    clusterer = hdbscan.HDBSCAN(
        min_cluster_size=smallest,
        min_samples=min(options.min_samples, len(points) - 1),
        cluster_selection_method="eom",
        core_dist_n_jobs=(os.cpu_count() or 1) if large else 1,
        prediction_data=True,
    )
    with warnings.catch_warnings():
        # hdbscan 0.8.44 still uses a name that scikit-learn renames; nothing a user could mend.
        warnings.simplefilter("ignore", category=FutureWarning)
        return clusterer.fit(points)


def _by_size(cluster: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Renumber clusters by size, the largest first, ties by first row; also return the old numbers in new order."""
    numbers, first, sizes = np.unique(cluster, return_index=True, return_counts=True)
    real = numbers != NOISE
    numbers, first, sizes = numbers[real], first[real], sizes[real]
    order = numbers[np.lexsort((first, -sizes))]
    new = np.full(len(order) + 1, NOISE, dtype=np.int64)
    new[order] = np.arange(len(order))
    return new[cluster], order
