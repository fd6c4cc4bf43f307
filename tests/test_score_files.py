from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from errors import ResourceError
from score_files import read_score_file, write_score_file

IDS = ["a", 'with "quotes"', "two\nlines", "größer", ""]


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "scores.npz"
    columns = {"f1": np.array([0.1, 2 / 3, 1.0, 0.0, np.nan]), "file": np.arange(5.0)}
    write_score_file(path, IDS, columns)
    read = read_score_file(path, ["f1", "file", "accuracy"])
    assert read is not None
    assert read.ids == tuple(IDS)
    assert read.columns.keys() == {"f1", "file"}
    np.testing.assert_array_equal(read.columns["f1"], columns["f1"])


@given(cut=st.integers(0, 400), changed=st.integers(0, 400))
def test_a_damaged_file_is_none_or_what_was_written(
    tmp_path_factory: pytest.TempPathFactory, cut: int, changed: int
) -> None:
    path = tmp_path_factory.mktemp("scores") / "scores.npz"
    write_score_file(path, IDS, {"f1": np.linspace(0, 1, 5)})
    content = bytearray(path.read_bytes())
    content[changed % len(content)] ^= 0xFF
    path.write_bytes(content[: max(0, len(content) - cut)] if cut % 2 else content)
    read = read_score_file(path, ["f1"])
    assert read is None or not read.columns or read.columns["f1"].shape == (5,)


def test_the_same_scores_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("first", "second"):
        write_score_file(tmp_path / name, IDS, {"f1": np.linspace(0, 1, 5)})
    assert (tmp_path / "first").read_bytes() == (tmp_path / "second").read_bytes()


def test_a_missing_file_is_none(tmp_path: Path) -> None:
    assert read_score_file(tmp_path / "scores.npz", ["f1"]) is None


def test_runs_of_one_set_share_their_ids(tmp_path: Path) -> None:
    for name in ("first", "second"):
        write_score_file(tmp_path / name, IDS, {"f1": np.zeros(5)})
    first, second = (read_score_file(tmp_path / name, ["f1"]) for name in ("first", "second"))
    assert first is not None
    assert second is not None
    assert first.ids is second.ids


@pytest.mark.parametrize("columns", [{"f1": np.zeros(4)}, {"ids": np.zeros(5)}, {"f1": np.zeros((5, 1))}])
def test_columns_that_do_not_fit_are_refused(tmp_path: Path, columns: dict[str, np.ndarray]) -> None:
    with pytest.raises(ValueError, match="expected columns of 5 scores"):
        write_score_file(tmp_path / "scores.npz", IDS, columns)


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ResourceError, match="file"):
        write_score_file(tmp_path / "file" / "scores.npz", IDS, {})
