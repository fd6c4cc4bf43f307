from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread

from clustering.cluster_map import choose_view, cluster_map, draw
from errors import ConfigError
from tests.clustering.conftest import groups


def test_the_plane_separates_clusters_that_hide_in_small_components() -> None:
    rng = np.random.default_rng(0)
    points = rng.normal(size=(300, 10)) * [9, 9, 9, 9, 9, 9, 9, 9, 9, 0.1]
    cluster = np.repeat([0, 1], 150)
    points[cluster == 1, 9] += 5
    shown = cluster_map(points, cluster, "pca", 0)
    gap = np.abs(shown.points[cluster == 0].mean(axis=0) - shown.points[cluster == 1].mean(axis=0))
    assert gap[0] > 4


def test_large_data_is_sampled_but_no_cluster_vanishes() -> None:
    rng = np.random.default_rng(0)
    cluster = np.where(np.arange(60_000) < 20, 1, rng.integers(-1, 1, 60_000))
    shown = cluster_map(rng.normal(size=(60_000, 3)), cluster, "pca", 0)
    assert len(shown.rows) == len(set(shown.rows.tolist())) <= 20_000
    assert (shown.cluster == 1).sum() == 20
    assert shown.sizes == {number: int((cluster == number).sum()) for number in (0, 1, -1)}
    assert list(shown.sizes)[-1] == -1
    assert set(shown.centres) == {0, 1}


@pytest.mark.parametrize(("count", "rows"), [(0, 30), (1, 30), (2, 60), (60, 600)])
def test_a_picture_is_drawn_for_any_number_of_clusters(tmp_path: Path, count: int, rows: int) -> None:
    vectors, member = groups([rows // max(count, 1)] * max(count, 1), 6)
    cluster = member if count else np.full(len(member), -1)
    shown = cluster_map(vectors.astype(np.float64), cluster, "pca", 0)
    draw(shown, tmp_path / "map.png", "a title", {0: ["one", "two"]})
    picture = imread(tmp_path / "map.png")
    assert picture.shape[1] > 1000
    assert picture[..., :3].std() > 0.02


def test_one_dimension_is_enough() -> None:
    shown = cluster_map(np.arange(20.0)[:, None], np.repeat([0, 1], 10), "pca", 0)
    assert shown.points.shape == (20, 2)


def test_umap_is_used_where_installed() -> None:
    pytest.importorskip("umap", reason="umap-learn is not installed; its view is optional")
    vectors, member = groups([40, 40], 6)
    first, second = (cluster_map(vectors.astype(np.float64), member, "umap", 3) for _ in range(2))
    assert (first.points == second.points).all()


def test_an_unknown_view_is_named() -> None:
    with pytest.raises(ConfigError, match=r"expected one of auto, umap, pca, got 'tsne'"):
        choose_view("tsne")
