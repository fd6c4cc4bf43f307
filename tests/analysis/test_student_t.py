"""Quantiles of t agree with scipy's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import stdtr, stdtrit

from analysis.student_t import t_quantile


@pytest.mark.parametrize("degrees", [1, 2, 3, 4, 5, 9, 10, 29, 30, 100, 999, 10_000, 1_000_000])
@pytest.mark.parametrize("probability", [0.5, 0.51, 0.6, 0.75, 0.9, 0.95, 0.975, 0.995, 0.9995, 0.999999])
def test_agrees_with_scipy(probability: float, degrees: int) -> None:
    expected = float(stdtrit(degrees, probability))
    assert t_quantile(probability, degrees) == pytest.approx(expected, rel=1e-8, abs=1e-12)
    assert t_quantile(1 - probability, degrees) == pytest.approx(-expected, rel=1e-7, abs=1e-12)


@given(st.floats(0.001, 0.999), st.integers(1, 5000))
def test_is_the_inverse_of_the_distribution(probability: float, degrees: int) -> None:
    assert float(stdtr(degrees, t_quantile(probability, degrees))) == pytest.approx(probability, rel=1e-9)


@pytest.mark.parametrize(("probability", "degrees"), [(0, 3), (1, 3), (1.5, 3), (float("nan"), 3), (0.9, 0)])
def test_the_impossible_is_refused(probability: float, degrees: int) -> None:
    with pytest.raises(ValueError, match="expected a probability"):
        t_quantile(probability, degrees)
