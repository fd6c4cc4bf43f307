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


def test_other_examples_are_not_compared_and_the_picture_says_so() -> None:
    stranger = Scores.of_examples([1], [[1.0, 2.0]], ["x", "y"])
    data = example_boxes_data("f1", [("b", "#222222", BASELINE), ("s", "#0072B2", stranger)], BASELINE, "left out: z")
    assert data.boxes[1].higher is None
    words = " ".join(texts_of(draw_example_boxes(data)).split())
    assert "on other examples" in words and "2 to 4 examples" in words and "left out: z" in words


def test_few_changes_among_many_are_told_apart() -> None:
    zeros = Scores.of_examples([1], np.zeros((1, 500)))
    few, more = np.zeros((1, 500)), np.zeros((1, 500))
    few[0, :3], more[0, :7] = 1.0, 1.0
    scores = [(name, "#0072B2", Scores.of_examples([1], each)) for name, each in (("few", few), ("more", more))]
    words = texts_of(draw_example_boxes(example_boxes_data("f1", scores, zeros)))
    assert "0.6 % higher\n0 % lower" in words and "1.4 % higher" in words


def test_boxes_are_legible_even_where_all_scores_are_equal() -> None:
    equal = Scores.of_examples([1], np.ones((1, 20)))
    assert_legible_in_print(draw_example_boxes(example_boxes_data("f1", [("equal", "#222222", equal)])))
    figure = draw_example_boxes(
        example_boxes_data("f1", [("b", "#222222", BASELINE), ("x", "#0072B2", OTHER)], BASELINE)
    )
    assert_legible_in_print(figure)
    assert "50 % higher\n25 % lower" in texts_of(figure)
