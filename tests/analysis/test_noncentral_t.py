from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import chdtri, ndtr
from statsmodels.stats.power import TTestPower

from analysis.noncentral_t import noncentral_t_below, t_test_power


@given(st.floats(-5, 5), st.integers(2, 50), st.floats(-5, 5))
@settings(max_examples=40, deadline=None)
def test_distribution_is_a_normal_over_the_root_of_a_chi_square(statistic: float, degrees: int, shift: float) -> None:
    def below(probability: float) -> float:
        spread = math.sqrt(float(chdtri(degrees, 1 - probability)) / degrees)
        return float(ndtr(statistic * spread - shift))

    assert noncentral_t_below(statistic, degrees, shift) == pytest.approx(quad(below, 0, 1)[0], abs=1e-6)


@given(st.floats(0, 6), st.integers(3, 40), st.sampled_from([0.01, 0.05, 0.1]))
def test_power_is_that_of_statsmodels(shift: float, num_pairs: int, alpha: float) -> None:
    expected = TTestPower().power(shift / num_pairs**0.5, num_pairs, alpha)
    assert t_test_power(shift, num_pairs - 1, alpha) == pytest.approx(expected, abs=1e-6)
    assert t_test_power(-shift, num_pairs - 1, alpha) == t_test_power(shift, num_pairs - 1, alpha)


@pytest.mark.parametrize("degrees", [1.0, 2.0, 4.0, 8.3, 18.0, 500.0])
@pytest.mark.parametrize("shift", [10.0, 20.0, 50.0, 1e3, 1e6])
def test_far_from_zero_power_is_a_number_and_grows_to_one(degrees: float, shift: float) -> None:
    assert t_test_power(shift / 2, degrees, 0.05) <= t_test_power(shift, degrees, 0.05) + 1e-12
    assert t_test_power(1e9, degrees, 0.05) == pytest.approx(1)
