"""Ids never clash, and folders say who they are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tracking.recording import opening
from tracking.recording.opening import Opening, words


def _open(folder: Path, name: str | None = None, config: object = None) -> str:
    return str(Opening(config, name, "", (), None, None).begin(folder, "planned").identity()["id"])


def test_ids_read_as_times(tmp_path: Path) -> None:
    assert re.fullmatch(r"exp_\d{8}_\d{6}_[0-9a-f]{6}", _open(tmp_path))


def test_an_id_that_somebody_drew_is_drawn_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = iter(["exp_20260101_000000_aaaaaa"] * 3 + ["exp_20260101_000000_bbbbbb"])
    monkeypatch.setattr(opening, "new_id", lambda moment: next(drawn))
    assert [_open(tmp_path), _open(tmp_path)] == ["exp_20260101_000000_aaaaaa", "exp_20260101_000000_bbbbbb"]


@pytest.mark.parametrize(
    ("name", "config", "expected"),
    [("mine", {"name": "other"}, "mine"), (None, {"name": "configured"}, "configured"),
     (None, {"experiment_name": "older"}, "older"), ("né \ud800", None, "né ?")],
)  # fmt: skip
def test_what_an_experiment_is_called(tmp_path: Path, name: str | None, config: object, expected: str) -> None:
    place = Opening(config, name, "", (), None, None).begin(tmp_path, "planned")
    assert place.identity()["name"] == expected


def test_tags_are_words_each_once() -> None:
    assert words(["a", "b", "a"]) == ["a", "b"] and words("one tag") == ["one tag"]
