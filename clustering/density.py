"""HDBSCAN over the reduced embeddings: cluster and membership of every row."""

from __future__ import annotations

import warnings
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from clustering.assignments import NOISE
from clustering.options import ClusteringOptions
from errors import DataError

__all__ = ["Partition", "default_min_cluster_size", "partition"]


class Partition(NamedTuple):
    """What HDBSCAN found. N rows, C clusters, cluster 0 the largest."""

    cluster: NDArray[np.int64]
    """(N,) cluster number; -1 is noise."""
    probability: NDArray[np.float32]
    """(N,) how deep a row lies in its cluster, relative to the deepest: 1 at the core, 0 for noise and adopted rows."""
    persistence: NDArray[np.float64]
    """(C,) stability of each cluster in [0, 1]: how long it lasts while the density threshold rises; 0 for a blob."""
    min_cluster_size: int
    rows_fitted: int
    """Rows the clusters were found in; the others were placed afterwards."""
    adopted: int
    """Rows that HDBSCAN calls noise but that were given to the nearest cluster, to keep noise below its limit."""
    single: bool
    """No two clusters stand apart: the one cluster is the core of a single blob."""

    @property
    def noise_share(self) -> float:
        """Share of the rows that HDBSCAN calls noise, adopted or not."""
        return (int((self.cluster == NOISE).sum()) + self.adopted) / len(self.cluster)

    @property
    def strength(self) -> float:
        """Persistence of the most persistent cluster, in [0, 1]."""
        return float(self.persistence.max(initial=0))


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
    clusterer, single = _fit(points[fitted], max(2, round(smallest * share)), options)
    cluster = np.full(count, NOISE, dtype=np.int64)
    probability = np.zeros(count, dtype=np.float32)
    cluster[fitted], probability[fitted] = clusterer.labels_, clusterer.probabilities_
    if share < 1:
        import hdbscan

        others = np.setdiff1d(np.arange(count), fitted, assume_unique=True)
        cluster[others], probability[others] = hdbscan.approximate_predict(clusterer, points[others])
    adopted = _adopt(points, cluster, options.max_noise)
    cluster, order = _by_size(cluster)
    # A single blob has no parent from which it could stand out, and hdbscan's number for it means nothing.
    persistence = (
        np.zeros(len(order)) if single else np.asarray(clusterer.cluster_persistence_, dtype=np.float64)[order]
    )
    return Partition(cluster, np.clip(probability, 0, 1), persistence, smallest, len(fitted), adopted, single)


def _all_noise(count: int, smallest: int) -> Partition:
    noise = np.full(count, NOISE, dtype=np.int64)
    return Partition(noise, np.zeros(count, dtype=np.float32), np.empty(0), smallest, count, 0, False)


def _fit(points: NDArray[np.float64], smallest: int, options: ClusteringOptions) -> tuple[Any, bool]:
    """Return the fitted HDBSCAN, and whether it had to be allowed a single cluster to find any."""
    import hdbscan

    for single in (False, True):
        clusterer = hdbscan.HDBSCAN(
            min_cluster_size=smallest,
            min_samples=min(options.min_samples, len(points) - 1),
            cluster_selection_method="eom",
            allow_single_cluster=single,
            core_dist_n_jobs=1,  # worker processes cost more than they save
            prediction_data=True,
        )
        with warnings.catch_warnings():
            # hdbscan 0.8.44 still uses a name that scikit-learn renames; nothing a user could mend.
            warnings.simplefilter("ignore", category=FutureWarning)
            clusterer.fit(points)
        if (clusterer.labels_ != NOISE).any():
            break
    return clusterer, single


def _adopt(points: NDArray[np.float64], cluster: NDArray[np.int64], max_noise: float) -> int:
    """Give noise rows to the cluster of their nearest clustered row, the nearest first, until noise is rare enough.

    Changes ``cluster`` in place and returns how many rows were adopted.
    """
    from sklearn.metrics import pairwise_distances_argmin_min

    noise, members = np.flatnonzero(cluster == NOISE), np.flatnonzero(cluster != NOISE)
    surplus = len(noise) - int(max_noise * len(cluster))
    if surplus <= 0 or not len(members):
        return 0
    nearest, distance = pairwise_distances_argmin_min(points[noise], points[members])
    chosen = np.argsort(distance, kind="stable")[:surplus]
    cluster[noise[chosen]] = cluster[members[nearest[chosen]]]
    return surplus


def _by_size(cluster: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Renumber clusters by size, the largest first, ties by first row; also return the old numbers in new order."""
    numbers, first, sizes = np.unique(cluster, return_index=True, return_counts=True)
    real = numbers != NOISE
    numbers, first, sizes = numbers[real], first[real], sizes[real]
    order = numbers[np.lexsort((first, -sizes))]
    new = np.full(len(order) + 1, NOISE, dtype=np.int64)
    new[order] = np.arange(len(order))
    return new[cluster], order
