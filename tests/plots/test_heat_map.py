from __future__ import annotations

import numpy as np
import pytest

from plots.heat_map import Swept, draw_heat_map, heat_map_data
from tests.plots.drawn import assert_legible_in_print, texts_of

TITLE = "soft_weighting, exact match (a_validation_set), a data set with a long name (validation), model demo"


def test_numbers_ascend_and_equal_values_are_put_together() -> None:
    points: list[tuple[Swept, Swept, str, list[float]]] = [
        (0.5, "b", "", [1.0, 2.0]),
        (0.1, "a", "", [3.0, float("nan")]),
        (0.5, "b", "", [6.0]),
        (None, "a", "", []),
    ]
    data = heat_map_data("f1", ("top_fraction", "mode"), points)
    assert (data.rows, data.columns) == (("0.1", "0.5", "none"), ("b", "a"))
    assert data.num_runs.tolist() == [[0, 1], [3, 0], [0, 0]]
    assert data.means[1, 0] == 3.0
    assert np.isnan(data.means[0, 0])


@pytest.mark.parametrize(("rows", "columns"), [(2, 2), (3, 5), (12, 14)])
def test_heat_maps_are_legible_and_small_ones_say_their_numbers(rows: int, columns: int) -> None:
    points: list[tuple[Swept, Swept, str, list[float]]] = [
        (row / 40, f"a long value {column}", "", [80.0 + row - column])
        for row in range(rows)
        for column in range(columns)
    ]
    figure = draw_heat_map(heat_map_data(TITLE, ("top_fraction", "mode"), points[:-1]))
    assert_legible_in_print(figure)
    assert ("80.0" in texts_of(figure)) == (columns < 9)
    assert "empty: no run" in texts_of(figure)


def test_equal_means_can_be_drawn() -> None:
    points: list[tuple[Swept, Swept, str, list[float]]] = [
        (row, column, "", [0.5]) for row in (1, 2) for column in (1, 2)
    ]
    assert_legible_in_print(draw_heat_map(heat_map_data("f1", ("a", "b"), points)))


def test_what_else_was_swept_counts_alike_whatever_its_runs() -> None:
    """A third parameter worth 10 with three runs against one, swapped between the rows, shows no effect of the rows."""
    points: list[tuple[Swept, Swept, str, list[float]]] = []
    for row, more, fewer in ((1, "low", "high"), (2, "high", "low")):
        for column in (1, 2):
            worth = {"low": 80.0, "high": 90.0}
            points += [(row, column, more, [worth[more]] * 3), (row, column, fewer, [worth[fewer]])]
    assert heat_map_data("f1", ("a", "b"), points).means.tolist() == [[85.0, 85.0], [85.0, 85.0]]


def test_a_cell_without_a_setting_that_others_have_is_empty_and_a_setting_of_few_cells_is_left_out() -> None:
    points: list[tuple[Swept, Swept, str, list[float]]] = [
        (row, column, setting, [80.0]) for row in (1, 2) for column in (1, 2) for setting in ("x", "y")
    ]
    lacking = heat_map_data("f1", ("a", "b"), [*points[:4], (2, 1, "x", [10.0]), *points[6:]])
    assert lacking.num_runs.tolist() == [[2, 2], [0, 2]]
    assert "left out" in lacking.note
    further = heat_map_data("f1", ("a", "b"), [*points, (1, 1, "z", [0.0])])
    assert (further.means == 80).all() and (further.num_runs == 2).all()
    assert "left out" in texts_of(draw_heat_map(further))
