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
    expected = pd.Series(values).ewm(alpha=0.1, adjust=True).mean()
    assert smoothed(values, 0.9) == pytest.approx(expected.to_numpy())


@given(st.floats(-1e6, 1e6), st.floats(0, 0.99))
def test_smoothing_changes_nothing_constant(value: float, weight: float) -> None:
    assert smoothed(np.full(20, value), weight) == pytest.approx(np.full(20, value), abs=1e-6)


@pytest.mark.parametrize("weight", [1.0, -0.1, float("nan")])
def test_an_impossible_weight_is_refused(weight: float) -> None:
    with pytest.raises(ValueError, match="0, 1"):
        smoothed(np.zeros(3), weight)
