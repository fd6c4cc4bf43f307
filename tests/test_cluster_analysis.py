from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import cluster_analysis
import extract_embeddings


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("embedded")
    arguments = ["--task", "nli", "--dataset", "demo-nli", "--max_train_samples", "400", "--output_dir", str(folder)]
    assert extract_embeddings.main(arguments) == 0
    return folder


def test_the_table_names_sizes_and_files(embedded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cluster_analysis.main([str(embedded), "--view", "pca"]) == 0
    shown = capsys.readouterr().out
    assert "in 400 rows" in shown
    assert str(embedded / "cluster_assignments.csv") in shown
    assert (embedded / "cluster_map.png").is_file()


def test_json_is_json_and_options_reach_the_clustering(
    embedded: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [str(embedded), "--output_dir", str(tmp_path), "--json"]
    assert cluster_analysis.main([*arguments, "--min_cluster_size", "7", "--max_noise", "0.1"]) == 0
    summary = json.loads(capsys.readouterr().out)
    assert summary["min_cluster_size"] == 7
    assert summary["noise"]["size"] <= 40
    assert sum(entry["size"] for entry in summary["clusters"]) == 400


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--min_samples", "0"], "ClusteringOptions.min_samples"),
        (["--max_noise", "2"], "ClusteringOptions.max_noise"),
        (["--view", "tsne"], "expected one of auto, umap, pca"),
        ([], "Embeddings not found"),
    ],
)
def test_mistakes_give_one_line_and_status_2(
    arguments: list[str], expected: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cluster_analysis.main([*arguments, "--output_dir", str(tmp_path)]) == 2
    assert expected in capsys.readouterr().err


def test_vectors_and_assignments_go_together_row_by_row(embedded: Path) -> None:
    arguments = ["--embeddings_dir", str(embedded / "embeddings"), "--output_dir", str(embedded), "--view", "pca"]
    assert cluster_analysis.main(arguments) == 0
    lines = (embedded / "cluster_assignments.csv").read_text().splitlines()
    assert lines[0] == "id,cluster,probability"
    assert len(lines) - 1 == len(np.load(embedded / "embeddings" / "embeddings.npy"))
