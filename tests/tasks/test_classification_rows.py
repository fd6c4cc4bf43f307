from __future__ import annotations

import logging
from pathlib import Path

import pytest

from errors import DataError
from tasks.base import DataSource
from tasks.classification import Classification, NaturalLanguageInference
from tasks.classification_rows import load_labelled
from tests.tasks.builders import load

PAIRS = [
    {"premise": "p", "hypothesis": "h", "gold_label": "neutral", "pairID": "1"},
    {"premise": "q", "hypothesis": "i", "gold_label": "entailment", "pairID": "2"},
]


def test_pairs_with_string_labels(tmp_path: Path) -> None:
    rows = load(NaturalLanguageInference(), tmp_path, PAIRS)
    assert rows.label_names == ("entailment", "neutral")
    assert rows.table.to_list() == [
        {"id": "1", "text": "p", "text_pair": "h", "label": 1, "row": 0},
        {"id": "2", "text": "q", "text_pair": "i", "label": 0, "row": 1},
    ]


def test_a_tsv_without_header_by_guess_and_by_position(tmp_path: Path) -> None:
    path = tmp_path / "train.tsv"
    path.write_text("a fine film\t1\nno fun\t0\n")
    for columns in ({}, {"text": "0", "label": "1"}):
        rows = load_labelled(DataSource(str(path), columns=columns))
        assert rows.table["text"][:] == ["a fine film", "no fun"] and rows.table["label"][:] == [1, 0]
        assert rows.label_names == ("0", "1")
    path.write_text("yes\tx\ta fine film\nno\ty\tno fun\n")
    rows = load_labelled(DataSource(str(path), columns={"text": "2", "label": "0"}))
    assert rows.table["text"][:] == ["a fine film", "no fun"] and rows.label_names == ("no", "yes")


def test_unlabelled_rows_are_left_out_aloud(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        rows = load(NaturalLanguageInference(), tmp_path, [*PAIRS, {**PAIRS[0], "gold_label": "-", "pairID": "3"}])
    assert rows.ids.tolist() == ["1", "2"]
    assert "left out 1 of 3 rows" in caplog.text


def test_another_split_uses_the_labels_of_training(tmp_path: Path) -> None:
    rows = load(NaturalLanguageInference(), tmp_path, PAIRS[:1], label_names=("contradiction", "entailment", "neutral"))
    assert rows.table["label"][:] == [2] and len(rows.label_names) == 3
    with pytest.raises(DataError, match=r"'neutral' in row 0.* \(known: no, yes\)"):
        load(NaturalLanguageInference(), tmp_path, PAIRS, label_names=("no", "yes"))


def test_the_embedded_names_and_a_sample_keep_all_classes() -> None:
    rows = load_labelled(DataSource("demo-nli", "validation", max_samples=2))
    assert len(rows) == 2 and rows.label_names == ("entailment", "neutral", "contradiction")


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no column for 'text_pair' \(it has: text, label\)"):
        load(NaturalLanguageInference(), tmp_path, [{"text": "a", "label": 0}])
    with pytest.raises(DataError, match=r"no column for 'label' .*--columns label=NAME"):
        load(Classification(), tmp_path, [{"text": "a"}])
    with pytest.raises(DataError, match="two classes or more"):
        load(Classification(), tmp_path, [{"text": "a", "label": 0}, {"text": "b", "label": 0}])
