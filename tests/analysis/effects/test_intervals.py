from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.nonparametric import rank_compare_2indep

from analysis.effects.intervals import (
    cliffs_delta_interval,
    cohens_d_interval,
    paired_d_interval,
    probability_of_superiority_interval,
)
from analysis.effects.sizes import cohens_d, hedges_g, paired_d, probability_of_superiority
from analysis.student_t import Interval

SCORES = st.lists(st.floats(-10, 10), min_size=3, max_size=10).filter(lambda scores: np.ptp(scores) > 1e-2)


def test_cohens_d_covers_the_true_size() -> None:
    rng, covered = np.random.default_rng(0), 0
    for _ in range(400):
        interval = cohens_d_interval(rng.normal(0.8, size=5), rng.normal(size=6))
        assert interval is not None
        covered += interval.low <= 0.8 <= interval.high
    assert 0.92 <= covered / 400 <= 0.98


def test_paired_d_covers_the_true_size() -> None:
    rng, covered = np.random.default_rng(1), 0
    for _ in range(400):
        common = rng.normal(size=5)
        interval = paired_d_interval(common + rng.normal(1.0, size=5), common)
        assert interval is not None
        covered += interval.low <= 1.0 <= interval.high
    assert 0.92 <= covered / 400 <= 0.98


@given(SCORES, SCORES)
def test_a_size_is_just_significant_where_its_interval_ends_at_zero(first: list[float], second: list[float]) -> None:
    p_value = float(stats.ttest_ind(first, second).pvalue)
    interval = cohens_d_interval(first, second, 1 - p_value) if 1e-6 < p_value < 1 - 1e-6 else None
    if interval is not None:
        assert min(abs(interval.low), abs(interval.high)) == pytest.approx(0, abs=1e-3)


@given(SCORES, SCORES)
def test_both_estimates_lie_in_the_interval(first: list[float], second: list[float]) -> None:
    interval = cohens_d_interval(first, second)
    assert interval is not None
    for size in (cohens_d(first, second), hedges_g(first, second)):
        assert size is not None
        assert interval.low < size < interval.high


def test_superiority_is_near_statsmodels_in_large_samples() -> None:
    rng = np.random.default_rng(2)
    first, second = rng.normal(0.4, size=400), rng.normal(size=300)
    expected = rank_compare_2indep(first, second).conf_int()
    assert probability_of_superiority_interval(first, second) == pytest.approx(expected, abs=0.003)


@pytest.mark.parametrize(("shift", "truth"), [(0.0, 0.5), (1.0, float(stats.norm.cdf(1 / np.sqrt(2))))])
def test_superiority_covers_the_truth_with_five_seeds(shift: float, truth: float) -> None:
    rng, covered = np.random.default_rng(3), 0
    for _ in range(400):
        interval = probability_of_superiority_interval(rng.normal(shift, size=5), rng.normal(size=5))
        covered += interval.low <= truth <= interval.high
    assert 0.92 <= covered / 400 <= 0.99


def test_a_clean_sweep_still_has_a_width() -> None:
    low, high = probability_of_superiority_interval([3.0, 4.0, 5.0], [0.0, 1.0, 2.0])
    assert 0.3 < low < 0.9
    assert high == 1.0
    assert cliffs_delta_interval([0.0, 1.0, 2.0], [3.0, 4.0, 5.0]) == pytest.approx((-1.0, 1 - 2 * low))


@given(SCORES, SCORES)
def test_superiority_lies_in_its_interval_whichever_side_comes_first(first: list[float], second: list[float]) -> None:
    there, back = (probability_of_superiority_interval(*sides) for sides in ((first, second), (second, first)))
    assert 0 <= there.low <= probability_of_superiority(first, second) <= there.high <= 1
    assert back == pytest.approx((1 - there.high, 1 - there.low), abs=1e-7)


@pytest.mark.parametrize("interval", [cohens_d_interval, paired_d_interval])
def test_what_has_no_size_has_no_interval(interval: Callable[..., Interval | None]) -> None:
    assert interval([1.0], [2.0]) is None
    assert interval([1.0, 1.0], [2.0, 2.0]) is None


@pytest.mark.parametrize(
    "interval",
    [
        cohens_d_interval,
        paired_d_interval,
        probability_of_superiority_interval,
        cliffs_delta_interval,
    ],
)
@pytest.mark.parametrize("level", [0.0, 1.0])
def test_impossible_level_is_refused(interval: Callable[..., Interval | None], level: float) -> None:
    with pytest.raises(ValueError, match="level"):
        interval([1.0, 2.0, 4.0], [1.0, 2.5, 2.0], level)


def test_paired_d_matches_its_own_size() -> None:
    first, second = [1.0, 2.0, 4.0, 4.5], [0.5, 2.1, 3.0, 4.0]
    interval, size = paired_d_interval(first, second), paired_d(first, second)
    assert interval is not None
    assert size is not None
    assert interval.low < size < interval.high
