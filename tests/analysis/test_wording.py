from __future__ import annotations

import math

import pytest

from analysis.wording import chance_text, correction_text, counted, floor_text, p_text


@pytest.mark.parametrize(
    ("p_value", "text"),
    [(None, "–"), (math.nan, "–"), (0.0, "< 0.0001"), (0.00012, "0.0001"), (0.05, "0.0500"), (0.3614, "0.361")],
)
def test_p_values_are_written_one_way(p_value: float | None, text: str) -> None:
    assert p_text(p_value) == text


def test_one_thing_has_no_plural() -> None:
    assert [counted(number, "run") for number in (0, 1, 2, 1200)] == ["0 runs", "1 run", "2 runs", "1,200 runs"]


def test_the_number_of_examples_stands_where_examples_are_named() -> None:
    assert chance_text("examples", 1000).startswith("other examples of the same kind (1,000 here), for these very")
    assert chance_text("seeds", 1000) == chance_text("seeds")


def test_a_single_p_value_needs_no_word_on_correction() -> None:
    assert correction_text(1, "holm") == ""
    assert correction_text(2, "holm") == "p corrected for all 2 p-values shown (holm)."
    assert "not corrected" in correction_text(2, "none")


def test_floors_name_the_control_first_and_the_design() -> None:
    assert floor_text(3, 4, 0.1, paired=False).startswith("With 3 and 4 seeds, not paired, an exact test")
    assert "seeds, paired, an exact test over seeds gives no p below 0.250" in floor_text(3, 3, 0.25, paired=True)
    assert [floor_text(9, 9, floor, paired=True) for floor in (None, math.nan, 0.0005)] == ["", "", ""]
