from __future__ import annotations

import numpy as np
import pytest

from plots.heat_map import Swept, draw_heat_map, heat_map_data
from tests.plots.drawn import assert_legible_in_print, texts_of

TITLE = "soft_weighting, exact match (a_validation_set), a data set with a long name (validation), model demo"


def test_numbers_ascend_and_equal_values_are_put_together() -> None:
    points: list[tuple[Swept, Swept, list[float]]] = [
        (0.5, "b", [1.0, 2.0]),
        (0.1, "a", [3.0, float("nan")]),
        (0.5, "b", [6.0]),
        (None, "a", []),
    ]
    data = heat_map_data("f1", ("top_fraction", "mode"), points)
    assert (data.rows, data.columns) == (("0.1", "0.5", "none"), ("b", "a"))
    assert data.num_runs.tolist() == [[0, 1], [3, 0], [0, 0]]
    assert data.means[1, 0] == 3.0
    assert np.isnan(data.means[0, 0])


@pytest.mark.parametrize(("rows", "columns"), [(2, 2), (3, 5), (12, 14)])
def test_heat_maps_are_legible_and_small_ones_say_their_numbers(rows: int, columns: int) -> None:
    points: list[tuple[Swept, Swept, list[float]]] = [
        (row / 40, f"a long value {column}", [80.0 + row - column]) for row in range(rows) for column in range(columns)
    ]
    figure = draw_heat_map(heat_map_data(TITLE, ("top_fraction", "mode"), points[:-1]))
    assert_legible_in_print(figure)
    assert ("80.0" in texts_of(figure)) == (columns < 9)
    assert "empty: no run" in texts_of(figure)


def test_equal_means_can_be_drawn() -> None:
    points: list[tuple[Swept, Swept, list[float]]] = [(row, column, [0.5]) for row in (1, 2) for column in (1, 2)]
    assert_legible_in_print(draw_heat_map(heat_map_data("f1", ("a", "b"), points)))
