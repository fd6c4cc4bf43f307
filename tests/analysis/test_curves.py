"""Averages over seeds lie between them, and smoothing keeps what is constant."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.curves import mean_curve, smoothed


def test_series_of_other_steps_are_interpolated_over_what_they_share() -> None:
    first = np.array([0.0, 10.0, 20.0]), np.array([0.0, 10.0, 20.0])
    second = np.array([5.0, 15.0]), np.array([5.0, 15.0])
    steps, mean, low, high = mean_curve([first, second])
    assert steps.tolist() == [5, 10, 15]
    assert mean.tolist() == low.tolist() == high.tolist() == [5, 10, 15]


@given(st.lists(st.lists(st.floats(-9, 9), min_size=4, max_size=4), min_size=1, max_size=5))
def test_the_mean_lies_between_the_lowest_and_the_highest(values: list[list[float]]) -> None:
    steps, mean, low, high = mean_curve([(np.arange(4.0), np.array(series)) for series in values])
    assert steps.size == 4
    assert (low <= mean + 1e-9).all()
    assert (mean <= high + 1e-9).all()


def test_series_that_share_no_step_leave_an_empty_curve() -> None:
    steps, mean, _, _ = mean_curve([(np.array([1.0]), np.array([1.0])), (np.array([2.0]), np.array([1.0]))])
    assert steps.size == mean.size == 0


def test_smoothing_agrees_with_pandas() -> None:
    values = np.random.default_rng(0).normal(size=50)
    middle = smoothed(values, 0.2)[5:-5]
    expected = pd.Series(values).rolling(11, center=True).mean().to_numpy()[5:-5]
    assert middle == pytest.approx(expected)


def test_smoothing_does_not_lag() -> None:
    line = np.linspace(3.0, 1.0, 101)
    assert smoothed(line, 0.3) == pytest.approx(line)


@given(st.lists(st.floats(-1e6, 1e6), max_size=30), st.floats(0, 1))
def test_smoothing_stays_within_the_values_and_keeps_the_ends(values: list[float], share: float) -> None:
    result = smoothed(np.array(values), share)
    assert result.size == len(values)
    if values:
        assert min(values) - 1e-6 <= result.min() <= result.max() <= max(values) + 1e-6
        assert (result[0], result[-1]) == pytest.approx((values[0], values[-1]), abs=1e-6)


def test_without_a_share_nothing_changes() -> None:
    values = np.random.default_rng(0).normal(size=9)
    assert smoothed(values, 0) == pytest.approx(values)


@pytest.mark.parametrize("share", [1.1, -0.1, float("nan")])
def test_an_impossible_share_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="0, 1"):
        smoothed(np.zeros(3), share)


def test_smoothing_leaves_a_gap_where_a_value_is_not_finite_and_nowhere_else() -> None:
    values = np.array([1.0, 1.0, np.nan, 1.0, np.inf, 1.0, 1.0])
    assert np.array_equal(np.isnan(smoothed(values, 0.5)), ~np.isfinite(values))
    assert np.nanmax(smoothed(values, 0.5)) == 1.0
