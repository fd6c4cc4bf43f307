from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.oneway import confint_noncentrality

from analysis.effects.noncentral import noncentral_f_interval, noncentral_t_interval

LEVELS = st.sampled_from([0.5, 0.9, 0.95, 0.99])


@given(st.floats(-30, 30), st.integers(2, 60), LEVELS)
def test_t_is_no_outlier_at_the_ends(statistic: float, degrees: int, level: float) -> None:
    low, high = noncentral_t_interval(statistic, degrees, level)
    assert stats.nct.cdf(statistic, degrees, low) == pytest.approx((1 + level) / 2, abs=1e-6)
    assert stats.nct.cdf(statistic, degrees, high) == pytest.approx((1 - level) / 2, abs=1e-6)


def test_t_of_zero_is_symmetric() -> None:
    low, high = noncentral_t_interval(0.0, 8)
    assert low == pytest.approx(-high)
    assert high == pytest.approx(1.959964, abs=1e-6)


@pytest.mark.parametrize("statistic", [1e3, -1e5])
def test_t_beyond_all_bounds_still_has_an_interval(statistic: float) -> None:
    low, high = noncentral_t_interval(statistic, 2)
    assert low < statistic < high


@given(st.floats(0, 50), st.integers(1, 6), st.integers(3, 60), st.sampled_from([0.9, 0.95]))
def test_f_is_that_of_statsmodels(statistic: float, degrees: int, residual_degrees: int, level: float) -> None:
    expected = confint_noncentrality(statistic, (degrees, residual_degrees), alpha=1 - level)
    found = noncentral_f_interval(statistic, degrees, residual_degrees, level)
    assert found == pytest.approx(tuple(expected), rel=0.01, abs=0.01)


@given(st.floats(5, 50), st.integers(1, 6), st.integers(10, 60))
def test_f_is_no_outlier_at_the_ends(statistic: float, degrees: int, residual_degrees: int) -> None:
    low, high = noncentral_f_interval(statistic, degrees, residual_degrees)
    assert stats.ncf.cdf(statistic, degrees, residual_degrees, high) == pytest.approx(0.025, abs=1e-6)
    if low > 0:
        assert stats.ncf.cdf(statistic, degrees, residual_degrees, low) == pytest.approx(0.975, abs=1e-6)


@pytest.mark.parametrize(("degrees", "level"), [(0, 0.95), (3, 0.0), (3, 1.0)])
def test_impossible_arguments_are_refused(degrees: float, level: float) -> None:
    with pytest.raises(ValueError, match="level"):
        noncentral_t_interval(1.0, degrees, level)
    with pytest.raises(ValueError, match="level"):
        noncentral_f_interval(1.0, degrees, 5, level)


def test_a_negative_f_is_refused() -> None:
    with pytest.raises(ValueError, match="not negative"):
        noncentral_f_interval(-1.0, 2, 5)
