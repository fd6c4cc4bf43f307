from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from clustering import ClusteringOptions, cluster, load_clusters
from errors import ResourceError
from tests.clustering.conftest import MakeEmbeddings, groups

FILES = ("cluster_assignments.csv", "clusters.json", "cluster_map.png", "provenance.json")


def test_every_file_is_written_and_reads_back(make_embeddings: MakeEmbeddings, tmp_path: Path) -> None:
    vectors, member = groups([100, 50])
    folder = make_embeddings(vectors, [f"topic{group} thing" for group in member])
    made = cluster(ClusteringOptions(), folder, tmp_path / "out", "pca")
    assert all((tmp_path / "out" / name).is_file() for name in FILES)
    read = load_clusters(tmp_path / "out")
    assert (read.columns["cluster"] == made.columns["cluster"]).all()
    assert read.provenance["dataset_fingerprint"] == "f"
    assert read.provenance["split"] == "train"
    summary = json.loads((tmp_path / "out" / "clusters.json").read_text())
    assert [entry["terms"][0] for entry in summary["clusters"][:2]] == ["topic0", "topic1"]


def test_what_is_finished_is_kept_until_an_option_changes(make_embeddings: MakeEmbeddings, tmp_path: Path) -> None:
    folder, out = make_embeddings(groups([100, 50])[0]), tmp_path / "out"
    options = ClusteringOptions()

    def written() -> int:
        cluster(options, folder, out, "pca")
        return (out / "cluster_assignments.csv").stat().st_mtime_ns

    first = written()
    assert written() == first
    (out / "cluster_map.png").unlink()
    second = written()
    assert second > first
    options = dataclasses.replace(options, min_samples=3)
    assert written() > second


def test_the_same_seed_gives_the_same_clusters_in_a_fresh_process(
    make_embeddings: MakeEmbeddings, tmp_path: Path, root: Path
) -> None:
    folder = make_embeddings(groups([150, 80, 40], spread=0.7)[0])
    here = cluster(ClusteringOptions(), folder, tmp_path / "here", "pca")
    command = [sys.executable, str(root / "cluster_analysis.py"), "--view", "pca"]
    command += ["--embeddings_dir", str(folder), "--output_dir", str(tmp_path / "there")]
    environment = {**os.environ, "PYTHONHASHSEED": "77"}
    subprocess.run(command, check=True, capture_output=True, env=environment, timeout=120)
    there = load_clusters(tmp_path / "there")
    assert (here.columns["cluster"] == there.columns["cluster"]).all()
    np.testing.assert_array_equal(here.columns["probability"], there.columns["probability"])


def test_an_unwritable_folder_is_one_clear_error(make_embeddings: MakeEmbeddings, tmp_path: Path) -> None:
    folder = make_embeddings(groups([60, 60])[0])
    (tmp_path / "taken").write_text("")
    with pytest.raises(ResourceError, match="choose a folder"):
        cluster(ClusteringOptions(), folder, tmp_path / "taken", "pca")


def test_common_components_are_removed_only_where_clusters_are_faint(
    make_embeddings: MakeEmbeddings, tmp_path: Path
) -> None:
    clear = make_embeddings(groups([100, 50])[0], name="clear")
    vectors = groups([300, 60], width=64, spread=0.5)[0]
    long_axes = np.random.default_rng(1).normal(size=(360, 2)) * 12
    hidden = make_embeddings((vectors + long_axes @ np.eye(2, 64)).astype(np.float32), name="hidden")
    removed = [
        cluster(ClusteringOptions(), folder, tmp_path / "out" / folder.parent.name, "pca").provenance[
            "removed_components"
        ]
        for folder in (clear, hidden)
    ]
    assert removed[0] == 0 < removed[1]
