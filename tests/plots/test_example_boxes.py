from __future__ import annotations

import numpy as np
import pytest

from analysis.scores import Scores
from plots.example_boxes import draw_example_boxes, example_boxes_data
from tests.plots.drawn import assert_legible_in_print, texts_of

BASELINE = Scores.of_examples([1, 2], [[0, 0, 100, 100], [0, 100, 100, 100]], "abcd")
OTHER = Scores.of_examples([1], [[100, 0, 100, 100]], "dcba")


def test_a_box_holds_quartiles_of_means_over_seeds_and_who_changed() -> None:
    first, second = example_boxes_data(
        "f1", [("baseline", "#222222", BASELINE), ("x", "#0072B2", OTHER)], BASELINE
    ).boxes
    assert first.quantiles == pytest.approx(np.quantile([0, 50, 100, 100], (0.05, 0.25, 0.5, 0.75, 0.95)))
    assert first.mean == 62.5
    assert (first.higher, first.lower) == (None, None)
    # by id: a 100 against 0, b 100 against 50, c 0 against 100, d 100 against 100
    assert (second.higher, second.lower) == (0.5, 0.25)


def test_without_scores_of_examples_there_is_no_box() -> None:
    known = [("a", "#222222", Scores.of_seeds({1: 3.0})), ("b", "#222222", OTHER)]
    assert [box.label for box in example_boxes_data("f1", known).boxes] == ["b"]


def test_other_examples_are_not_compared() -> None:
    stranger = Scores.of_examples([1], [[1.0, 2.0]], ["x", "y"])
    assert example_boxes_data("f1", [("s", "#222222", stranger)], BASELINE).boxes[0].higher is None


def test_boxes_are_legible_even_where_all_scores_are_equal() -> None:
    equal = Scores.of_examples([1], np.ones((1, 20)))
    assert_legible_in_print(draw_example_boxes(example_boxes_data("f1", [("equal", "#222222", equal)])))
    figure = draw_example_boxes(
        example_boxes_data("f1", [("b", "#222222", BASELINE), ("x", "#0072B2", OTHER)], BASELINE)
    )
    assert_legible_in_print(figure)
    assert "50 % higher\n25 % lower" in texts_of(figure)
