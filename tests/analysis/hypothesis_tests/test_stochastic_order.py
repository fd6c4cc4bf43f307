from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analysis.hypothesis_tests.stochastic_order import stochastic_order, violation_ratio

RNG = np.random.default_rng
VALUES = st.lists(st.integers(-20, 20).map(float), min_size=2, max_size=9)


def _ratio(first: list[float], second: list[float]) -> float:
    return float(violation_ratio(np.sort(first), np.sort(second))[0])


def test_ratio_worked_by_hand() -> None:
    # Quantiles 0, 3 against 1, 2: squared gaps 1 (below) and 1 (above).
    assert _ratio([0, 3], [1, 2]) == 0.5
    # 0, 0, 3 against 1, 1, 1: gaps -1, -1, 2.
    assert _ratio([3, 0, 0], [1, 1, 1]) == pytest.approx(2 / 6)
    # Two against three: pieces of 1/3, 1/6, 1/6, 1/3 with gaps 0 - 1, 0 - 2, 4 - 2, 4 - 3.
    assert _ratio([0, 4], [1, 2, 3]) == pytest.approx((2 + 4) / (2 + 4 + 4 + 2))


@given(VALUES, VALUES)
def test_ratio_is_a_ratio_of_integrals_over_quantiles(first: list[float], second: list[float]) -> None:
    # Middles of a grid that no jump crosses: both sizes divide the number of its cells.
    cells = len(first) * len(second)
    middles = (np.arange(cells) + 0.5) / cells
    gaps = np.quantile(first, middles, method="inverted_cdf") - np.quantile(second, middles, method="inverted_cdf")
    if not gaps.any():
        assert np.isnan(_ratio(first, second))
        return
    assert _ratio(first, second) == pytest.approx(np.sum(gaps[gaps < 0] ** 2) / np.sum(gaps**2))


@given(VALUES, VALUES, st.floats(0.01, 100), st.floats(-100, 100))
def test_ratio_knows_no_scale_and_swaps_to_its_complement(
    first: list[float], second: list[float], scale: float, shift: float
) -> None:
    ratio = _ratio(first, second)
    if np.isnan(ratio):
        return
    assert _ratio(second, first) == pytest.approx(1 - ratio)
    moved = _ratio([each * scale + shift for each in first], [each * scale + shift for each in second])
    assert moved == pytest.approx(ratio, abs=1e-6)


def test_ratio_of_two_normals_comes_close_to_its_integral() -> None:
    quantiles = (np.arange(20_000) + 0.5) / 20_000
    gaps = stats.norm.ppf(quantiles, 0.3, 1) - stats.norm.ppf(quantiles, 0, 2)
    expected = np.sum(gaps[gaps < 0] ** 2) / np.sum(gaps**2)
    rng = RNG(0)
    found = stochastic_order(rng.normal(0.3, 1, 20_000), rng.normal(0, 2, 20_000), rng=rng, num_resamples=50)
    assert found.violation_ratio == pytest.approx(expected, abs=0.03)
    assert found.violation_ratio < found.epsilon_min < found.violation_ratio + 0.1


def test_ratio_and_bound_come_close_to_those_of_deepsig() -> None:
    # Version 1.2.8 with a fine grid (dt 0.0005 and 0.002) and 5000 resamples; here the integral is exact.
    scores, reference = [70.1, 71.2, 69.5, 72.3, 70.8], [70.5, 70.2, 69.9, 71.0, 69.8]
    found = stochastic_order(scores, reference, rng=RNG(0))
    assert found.violation_ratio == pytest.approx(0.03368, abs=1e-4)
    assert found.epsilon_min == pytest.approx(0.486, abs=0.02)


def test_the_bound_covers_the_true_ratio_about_as_often_as_it_says() -> None:
    quantiles = (np.arange(20_000) + 0.5) / 20_000
    gaps = stats.norm.ppf(quantiles, 0.5, 1) - stats.norm.ppf(quantiles, 0, 2)
    expected = np.sum(gaps[gaps < 0] ** 2) / np.sum(gaps**2)
    rng = RNG(1)
    bounds = [
        stochastic_order(rng.normal(0.5, 1, 200), rng.normal(0, 2, 200), rng=rng, num_resamples=200).epsilon_min
        for _ in range(300)
    ]
    assert 0.9 <= np.mean(np.array(bounds) >= expected) <= 0.99


def test_a_higher_level_gives_a_higher_bound_and_the_same_seed_the_same() -> None:
    first, second = RNG(2).normal(0.2, 1, 30), RNG(3).normal(0, 1, 30)
    low, high, again = (stochastic_order(first, second, rng=RNG(4), level=level) for level in (0.9, 0.99, 0.9))
    assert low == again
    assert low.epsilon_min < high.epsilon_min


@pytest.mark.parametrize(("first", "second"), [([1.0], [1.0, 2.0]), ([1.0, 2.0], [1.0, 2.0])])
def test_samples_without_an_order_are_refused(first: list[float], second: list[float]) -> None:
    with pytest.raises(ValueError, match=r"two scores a side|neither can lie above"):
        stochastic_order(first, second, rng=RNG(0))
