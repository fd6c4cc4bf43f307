from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from errors import DataError
from tasks.checks import check_answers, check_texts, content_ids, given_ids, number_labels, sample_rows


def test_ids_become_strings_and_must_be_unique() -> None:
    assert given_ids([3, "b"], "f") == ["3", "b"]
    with pytest.raises(DataError, match=r"f: 2 ids stand on several rows: 'a' \(3 times\), '1' \(2 times\)"):
        given_ids(["a", 1, "a", "a", 1, 2], "f")
    with pytest.raises(DataError, match="1 row without an id, first row 1"):
        given_ids(["a", None], "f")


@given(st.lists(st.tuples(st.text(max_size=3), st.integers(0, 2)), max_size=12), st.randoms())
def test_content_ids_are_unique_and_follow_their_rows(rows: list[tuple[str, int]], random: object) -> None:
    ids = content_ids({"text": [text for text, _ in rows], "label": [label for _, label in rows]})
    assert len(set(ids)) == len(ids)
    again = content_ids({"label": [label for _, label in rows[1:]], "text": [text for text, _ in rows[1:]]})
    assert sorted(name.split("-")[0] for name in again) == sorted(name.split("-")[0] for name in ids[1:])


def test_equal_rows_are_told_apart() -> None:
    first, second, third = content_ids({"text": ["a", "a", "a"]})
    assert (second, third) == (f"{first}-2", f"{first}-3")


def test_answers_elsewhere_are_counted_and_three_shown() -> None:
    contexts = ["the cat sat"] * 5
    answers = [{"text": ["cat"], "answer_start": [start]} for start in (4, 5, 0, -1, 99)]
    with pytest.raises(DataError, match=r"f: 4 of 5 answers do not stand where answer_start says") as error:
        check_answers(list("abcde"), contexts, answers, "f")
    message = str(error.value)
    assert "id 'b': answer 'cat' at 5, where the context has 'at ', it stands at 4" in message
    assert "id 'd'" in message and "id 'e'" not in message


def test_right_and_missing_answers_pass() -> None:
    answers: list[dict[str, list[Any]]] = [
        {"text": ["cat", "cat sat"], "answer_start": [4, 4]},
        {"text": [], "answer_start": []},
    ]
    check_answers(["a", "b"], ["the cat sat", ""], answers, "f")
    with pytest.raises(DataError, match="the answer at 0 is empty"):
        check_answers(["a"], ["the cat"], [{"text": [""], "answer_start": [0]}], "f")


def test_a_text_that_is_missing_is_named() -> None:
    assert check_texts(["a", 3], "text", "f") == ["a", "3"]
    with pytest.raises(DataError, match=r"f: column 'text' is no text in 2 rows: row 1 \(None\), row 2"):
        check_texts(["a", None, ["b"]], "text", "f")


@pytest.mark.parametrize(
    ("values", "class_names", "numbers", "names"),
    [
        (["b", "a", "b"], (), [1, 0, 1], ("a", "b")),
        (["10", "9", "10"], (), [1, 0, 1], ("9", "10")),
        ([1.0, 0.0, None], (), [1, 0, -1], ("0", "1")),
        (["1.0", "0.0", "-"], (), [1, 0, -1], ("0", "1")),
        ([4, 0, -1], (), [1, 0, -1], ("0", "4")),
        ([1, 0, 1], ("pos", "neg"), [1, 0, 1], ("pos", "neg")),
        ([True, False, True], (), [1, 0, 1], ("False", "True")),
    ],
)
def test_labels_become_numbers(
    values: list[object], class_names: tuple[str, ...], numbers: list[int], names: tuple[str, ...]
) -> None:
    found, classes = number_labels(values, class_names, (), "f")
    assert (found.tolist(), classes) == (numbers, names)


def test_labels_of_training_decide() -> None:
    found, classes = number_labels(["b", "b"], (), ("c", "b", "a"), "f")
    assert (found.tolist(), classes) == ([1, 1], ("c", "b", "a"))
    with pytest.raises(DataError, match=r"f: 2 rows with a label .*'x' in row 1, 'y' in row 2 \(known: a, b\)"):
        number_labels(["a", "x", "y"], (), ("a", "b"), "f")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([-1, None], "no row has a label"),
        (["a", "a"], "two classes or more"),
        ([0.5, 0.25], "look like quantities"),
        (["0.5", "1.25"], "look like quantities"),
    ],
)
def test_labels_that_cannot_be_classes(values: list[object], message: str) -> None:
    with pytest.raises(DataError, match=message):
        number_labels(values, (), (), "f")


@given(st.integers(1, 60), st.integers(1, 60), st.integers(1, 60))
def test_samples_are_in_file_order_and_nested(rows: int, one: int, other: int) -> None:
    small, large = (sample_rows(rows, count) for count in sorted((one, other)))
    if small is None:
        assert min(one, other) >= rows
        return
    assert len(small) == min(one, other) and (np.diff(small) > 0).all()
    assert large is None or set(small) <= set(large)
