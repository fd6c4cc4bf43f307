from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plots.labels import decimals_of, fitted, number


@given(st.lists(st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1), min_size=1, max_size=12))
def test_labels_are_short_and_what_is_distinct_stays_so(labels: list[str]) -> None:
    plain = [" ".join(label.split()) for label in labels]
    shown = fitted(plain, 18, 2)
    assert all(len(line) <= 18 for text in shown for line in text.split("\n"))
    assert all(text.count("\n") <= 1 for text in shown)
    assert len(set(shown)) == len(set(plain))


def test_of_long_names_what_sets_them_apart_is_shown() -> None:
    names = [
        f"a strategy of which nobody reads the name, number {i} of many that are alike to the end" for i in (1, 12)
    ]
    assert [text.endswith(f"…{i}…") for text, i in zip(fitted(names, 20, 1), (1, 12), strict=True)] == [True, True]


def test_a_name_breaks_where_words_part() -> None:
    assert fitted(["cartography_filter (top_fraction=0.33)"], 20) == ["cartography_filter\n(top_fraction=0.33)"]
    assert fitted([""], 5) == ["(no\nname)"]


@pytest.mark.parametrize(
    ("precisions", "decimals"), [([12.0], 0), ([0.31, 0.2, 30.0], 2), ([0.004], 4), ([], 2), ([0.0, float("nan")], 2)]
)
def test_decimals_show_two_digits_of_an_interval(precisions: list[float], decimals: int) -> None:
    assert decimals_of(precisions) == decimals


def test_numbers_have_a_true_minus_and_zero_no_sign() -> None:
    assert number(-1.26, 1, sign=True) == "−1.3"
    assert number(1.26, 1, sign=True) == "+1.3"
    assert number(-0.01, 1, sign=True) == "0.0"
    assert number(float("nan"), 1) == "–"
