from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from clustering import ClusteringOptions
from clustering.density import default_min_cluster_size, partition
from errors import DataError
from tests.clustering.conftest import groups


def _points(sizes: list[int], spread: float = 0.1) -> tuple[np.ndarray, np.ndarray]:
    vectors, member = groups(sizes, 8, spread)
    return vectors.astype(np.float64), member


def test_groups_are_found_and_numbered_by_size() -> None:
    points, member = _points([40, 200, 90])
    found = partition(points, ClusteringOptions())
    assert np.bincount(found.cluster[found.cluster >= 0]).tolist() == sorted(
        np.bincount(found.cluster[found.cluster >= 0]), reverse=True
    )
    assert adjusted_rand_score(member, found.cluster) > 0.95
    assert len(found.persistence) == 3
    assert (found.persistence > 0).all()
    assert not found.single


def test_membership_is_relative_depth_and_zero_for_noise() -> None:
    found = partition(_points([100, 100], 0.4)[0], ClusteringOptions(max_noise=1))
    assert ((found.probability >= 0) & (found.probability <= 1)).all()
    assert (found.probability[found.cluster == -1] == 0).all()
    assert all(found.probability[found.cluster == number].max() == 1 for number in (0, 1))


def test_one_blob_gives_one_cluster_with_bounded_noise() -> None:
    blob = np.random.default_rng(0).normal(size=(500, 30))
    found = partition(blob, ClusteringOptions())
    assert found.single
    assert set(found.cluster.tolist()) == {-1, 0}
    assert (found.cluster == -1).sum() == 150
    assert found.noise_share == (150 + found.adopted) / 500 > 0.3
    assert found.strength == 0


def test_adopted_rows_join_the_nearest_cluster_without_membership() -> None:
    points, _ = _points([100, 100], 0.5)
    pure = partition(points, ClusteringOptions(max_noise=1, min_samples=20))
    bounded = partition(points, ClusteringOptions(max_noise=0, min_samples=20))
    assert pure.adopted == 0 < bounded.adopted == (pure.cluster == -1).sum()
    assert (bounded.cluster >= 0).all()
    assert (bounded.probability[pure.cluster == -1] == 0).all()


def test_a_sample_finds_the_same_clusters_as_all_rows() -> None:
    points, _ = _points([600, 300])
    whole = partition(points, ClusteringOptions())
    sampled = partition(points, ClusteringOptions(max_fit_rows=300))
    assert sampled.rows_fitted == 300
    assert adjusted_rand_score(whole.cluster, sampled.cluster) > 0.95


def test_few_rows_are_all_noise_and_too_few_an_error() -> None:
    found = partition(np.zeros((10, 3)), ClusteringOptions())
    assert (found.cluster == -1).all()
    assert len(found.persistence) == 0
    with pytest.raises(DataError, match="2 rows are too few"):
        partition(np.zeros((2, 3)), ClusteringOptions())


@pytest.mark.parametrize(("rows", "expected"), [(100, 15), (3_000, 15), (4_000, 20), (100_000, 500)])
def test_default_cluster_size(rows: int, expected: int) -> None:
    assert default_min_cluster_size(rows) == expected
