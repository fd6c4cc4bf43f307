from __future__ import annotations

import pytest

from plots.bars import bars_data, draw_bars
from tests.plots.drawn import assert_legible_in_print, texts_of

SCORES = [("baseline", {1: 80.0, 2: 82.0, 3: 81.0}), ("two", {1: 70.0, 2: 72.0}), ("failed", {})]


def test_a_bar_is_the_mean_of_the_seeds_with_its_interval() -> None:
    first, second, third = bars_data("f1", SCORES).bars
    assert first.mean == pytest.approx(81.0)
    assert first.interval is not None
    # scipy.stats.t.interval(0.95, 2, 81, 1 / 3**0.5)
    assert tuple(first.interval) == pytest.approx((78.51586, 83.48414), abs=1e-4)
    assert (second.interval, third.scores) == (None, ())


def test_bars_begin_at_zero() -> None:
    assert bars_data("f1", SCORES).limits[0] == 0
    low, high = bars_data("gain", [("a", {1: -3.0, 2: -2.0})]).limits
    assert low < -3 and high == 0


def test_a_score_that_is_no_number_is_left_out() -> None:
    assert bars_data("f1", [("a", {1: float("nan"), 2: 3.0})]).bars[0].scores == (3.0,)


@pytest.mark.parametrize("count", [1, 3])
def test_bars_are_legible(count: int) -> None:
    figure = draw_bars(bars_data("f1 (validation)", SCORES[:count]))
    assert_legible_in_print(figure)
    assert ("no value" in texts_of(figure)) == (count == 3)
