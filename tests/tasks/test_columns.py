from __future__ import annotations

import pyarrow as pa
import pytest

from errors import ConfigError, DataError
from tasks.columns import classification_columns, missing_column, question_columns
from tasks.readers import RawSplit


def _raw(*names: str) -> RawSplit:
    return RawSplit(pa.table({name: ["x"] for name in names}), "data.csv")


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("sentence", "label"), {"text": "sentence", "label": "label"}),
        (
            ("premise", "hypothesis", "gold_label", "pairID"),
            {"text": "premise", "text_pair": "hypothesis", "label": "gold_label", "id": "pairID"},
        ),
        (("guid", "Sentence1", "Sentence2", "label"),
         {"id": "guid", "text": "Sentence1", "text_pair": "Sentence2", "label": "label"}),
        (("question", "sentence", "label"), {"text": "question", "text_pair": "sentence", "label": "label"}),
        (("0", "1"), {"text": "0", "label": "1"}),
        (("other", "things"), {}),
    ],
)  # fmt: skip
def test_common_names_of_classification(names: tuple[str, ...], expected: dict[str, str]) -> None:
    assert classification_columns(_raw(*names), {}) == expected


def test_common_names_of_question_answering() -> None:
    found = question_columns(_raw("qid", "query", "passage", "answer", "answer_start"), {})
    assert found == {
        "id": "qid",
        "question": "query",
        "context": "passage",
        "answers": "answer",
        "answer_start": "answer_start",
    }


def test_what_the_user_maps_wins_and_makes_a_text_single() -> None:
    raw = _raw("premise", "hypothesis", "stars", "label")
    assert classification_columns(raw, {"text": "premise", "label": "stars"}) == {
        "text": "premise",
        "label": "stars",
    }


def test_a_mapping_may_name_alternatives() -> None:
    assert classification_columns(_raw("b", "label"), {"text": "a|b"})["text"] == "b"


def test_a_wrong_mapping_is_an_error() -> None:
    with pytest.raises(ConfigError, match=r"no column 'lable'; did you mean 'label'\?"):
        classification_columns(_raw("text", "label"), {"lable": "label"})
    with pytest.raises(DataError, match=r"data.csv: no column 'body' for 'text' \(it has: text, label\)"):
        classification_columns(_raw("text", "label"), {"text": "body"})


def test_a_missing_column_names_those_found_and_the_flag() -> None:
    message = str(missing_column(_raw("a", "b"), "label"))
    assert "data.csv" in message and "it has: a, b" in message and "--columns label=NAME" in message
