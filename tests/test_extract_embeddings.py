from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import extract_embeddings


def test_embeddings_are_written_and_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--task", "nli", "--dataset", "demo-nli", "--max_train_samples", "30", "--output_dir", str(tmp_path)]
    assert extract_embeddings.main([*arguments, "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["rows"], facts["split"]) == (30, "train")
    assert np.load(tmp_path / "embeddings" / "embeddings.npy").shape == (30, facts["dimensions"])


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--task", "qaa"], "'qaa' in tasks; did you mean 'qa'?"),
        (["--batch_size", "0"], "ClusteringOptions.batch_size"),
        (["--max_train_samples", "0"], "--max_train_samples: expected 1 or more"),
        (["--columns", "label"], "--columns: expected canonical=name"),
        (["--dataset", "./nowhere.json"], "nowhere.json"),
        (["--split", "nowhere"], "nowhere"),
    ],
)
def test_mistakes_give_one_line_and_status_2(
    arguments: list[str], expected: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert extract_embeddings.main([*arguments, "--output_dir", str(tmp_path / "out")]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert expected in error
    assert not (tmp_path / "out").exists()


def test_an_interruption_leaves_nothing_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("clustering.extraction.masked_mean", interrupt)
    arguments = ["--task", "nli", "--dataset", "demo-nli", "--max_train_samples", "8", "--output_dir", str(tmp_path)]
    assert extract_embeddings.main(arguments) == 130
    assert "interrupted" in capsys.readouterr().err
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
