from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clustering import Clustering, load_clusters
from clustering.assignments import write_clusters
from errors import ResourceError, SignalError


def _clustering(ids: list[str]) -> Clustering:
    rng = np.random.default_rng(0)
    cluster = rng.integers(-1, 4, len(ids))
    probability = rng.random(len(ids)).astype(np.float32)
    provenance = {"dataset": "d", "num_examples": len(ids)}
    return Clustering(np.array(ids, dtype=np.str_), {"cluster": cluster, "probability": probability}, provenance)


_IDS = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=12).filter(lambda s: "\0" not in s)


@settings(max_examples=40, deadline=None)
@given(ids=st.lists(_IDS, min_size=1, max_size=20, unique=True))
def test_what_is_written_is_read(ids: list[str], tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("clusters")
    written = _clustering(ids)
    write_clusters(folder, written)
    read = load_clusters(folder)
    assert read.ids.tolist() == ids
    assert (read.columns["cluster"] == written.columns["cluster"]).all()
    assert (read.columns["probability"] == written.columns["probability"]).all()
    assert read.provenance == written.provenance


def test_a_missing_clustering_names_the_commands_that_make_it(tmp_path: Path) -> None:
    with pytest.raises(SignalError, match=r"^Cluster assignments not found: .*extract_embeddings.py.*cluster_analysis"):
        load_clusters(tmp_path)


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ("id,cluster\na,0\n", "lacks column 'probability'"),
        ("id,cluster,probability\n", "holds no rows"),
        ("id,cluster,probability\na,0,1\na,0,1\n", "'a' stands in it more than once"),
        ("id,cluster,probability\na,x,1\nb,0,1\n", "row 1: cluster is not a number: 'x'"),
        ("id,cluster,probability\na,0,1\nb,0.5,1\n", "row 2: cluster is not a whole number"),
        ("id,cluster,probability\na,0,1.5\nb,0,1\n", r"row 1: probability lies outside \[0, 1\]"),
        ("id,cluster,probability\na,0,1\n", "holds 1 rows, but provenance.json says 2"),
        ("", "cannot be read"),
    ],
)
def test_a_broken_table_is_refused_by_place_and_reason(tmp_path: Path, table: str, expected: str) -> None:
    write_clusters(tmp_path, _clustering(["a", "b"]))
    (tmp_path / "cluster_assignments.csv").write_text(table)
    with pytest.raises(SignalError, match=expected) as caught:
        load_clusters(tmp_path)
    assert str(tmp_path / "cluster_assignments.csv") in str(caught.value)


def test_assignments_without_provenance_are_refused(tmp_path: Path) -> None:
    write_clusters(tmp_path, _clustering(["a"]))
    (tmp_path / "provenance.json").unlink()
    with pytest.raises(SignalError, match="nobody can tell which data"):
        load_clusters(tmp_path)


def test_a_folder_that_is_a_file_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(ResourceError, match="choose a folder"):
        write_clusters(tmp_path / "taken" / "out", _clustering(["a"]))
