from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from clustering import ClusteringOptions
from clustering.reduction import reduce_embeddings
from tests.clustering.conftest import groups


def _separation(points: np.ndarray, member: np.ndarray) -> float:
    centres = np.array([points[member == group].mean(axis=0) for group in np.unique(member)])
    spread = np.sqrt(np.mean(np.sum((points - centres[member]) ** 2, axis=1)))
    return float(np.linalg.norm(centres[0] - centres[1]) / spread)


def test_what_all_vectors_share_is_centred_away() -> None:
    vectors, member = groups([60, 60])
    cone = vectors + 40 * np.ones(vectors.shape[1], dtype=np.float32)
    options = ClusteringOptions(pca_dimensions=5)
    plain = _separation(reduce_embeddings(vectors, [32], options), member)
    assert _separation(reduce_embeddings(cone, [32], options), member) > 0.5 * plain > 1


def test_a_common_direction_hides_groups_until_it_is_removed() -> None:
    vectors, member = groups([60, 60], spread=0.3)
    along = np.random.default_rng(1).normal(size=(120, 1)) * 60
    hidden = (vectors + along * np.eye(32)[0]).astype(np.float32)
    options = ClusteringOptions(pca_dimensions=5)
    left, removed = (_separation(reduce_embeddings(hidden, [32], options, count), member) for count in (0, 1))
    assert removed > 3 * left


def test_the_answer_weight_decides_what_the_second_half_counts() -> None:
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(200, 40)).astype(np.float32)
    alone = reduce_embeddings(vectors[:, :20], [20], ClusteringOptions(pca_dimensions=20))
    without = reduce_embeddings(vectors, [20, 20], ClusteringOptions(pca_dimensions=20, answer_weight=0))
    with_it = reduce_embeddings(vectors, [20, 20], ClusteringOptions(pca_dimensions=20, answer_weight=1))
    distances = [np.linalg.norm(points[0] - points[1:], axis=1) for points in (alone, without, with_it)]
    np.testing.assert_allclose(distances[0], distances[1], atol=1e-3)
    assert np.abs(distances[0] - distances[2]).max() > 0.05


def test_the_input_stays_as_it_was() -> None:
    vectors, _ = groups([30, 30])
    before = vectors.copy()
    reduce_embeddings(vectors, [32], ClusteringOptions())
    assert (vectors == before).all()


@settings(max_examples=30, deadline=None)
@given(arrays(np.float32, st.tuples(st.integers(3, 12), st.integers(2, 10)), elements=st.floats(-10, 10, width=32)))
def test_any_vectors_give_finite_points(vectors: np.ndarray) -> None:
    points = reduce_embeddings(vectors, [vectors.shape[1]], ClusteringOptions(pca_dimensions=4))
    assert len(points) == len(vectors)
    assert np.isfinite(points).all()
