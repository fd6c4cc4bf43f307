from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW, ttest_ind

from analysis.hypothesis_tests.t_tests import paired_t_test, welch_t_test
from analysis.outcome import Alternative, Outcome

A = [0.80, 0.82, 0.81, 0.83, 0.79]
B = [0.78, 0.80, 0.80, 0.81, 0.78]

IN_STATSMODELS: dict[Alternative, str] = {"two-sided": "two-sided", "greater": "larger", "less": "smaller"}


@pytest.mark.parametrize("test", [paired_t_test, welch_t_test])
@pytest.mark.parametrize("scale", [1e-200, 1e200])
def test_scores_whose_variance_is_no_number_are_refused(test: Callable[..., Outcome], scale: float) -> None:
    found = test([scale * each for each in A], [scale * each for each in B])
    assert (found.p_value, found.interval) == (None, None)
    assert found.problem


def test_paired_t_worked_by_hand() -> None:
    found = paired_t_test(A, B)
    assert found.statistic == pytest.approx(6.53197265, abs=5e-9)
    assert found.p_value == pytest.approx(0.0028378459, abs=5e-11)
    assert found.degrees == (4.0,)
    assert found.estimate == pytest.approx(0.016)
    assert found.interval == pytest.approx((0.00919913, 0.02280087), abs=5e-9)
    assert found.smallest_p is None
    assert not found.problem


def test_welch_t_worked_by_hand() -> None:
    found = welch_t_test(A, B)
    assert found.statistic == pytest.approx(1.72532437, abs=5e-9)
    assert found.p_value == pytest.approx(0.12374858, abs=5e-9)
    assert found.degrees == pytest.approx((7.793467,), abs=5e-7)


@pytest.mark.parametrize("alternative", IN_STATSMODELS)
def test_paired_t_equals_statsmodels(alternative: Alternative) -> None:
    rng = np.random.default_rng(0)
    first, second = rng.normal(0.4, 1, 12), rng.normal(0, 1, 12)
    found = paired_t_test(first, second, alternative=alternative)
    statistic, p_value, degrees = DescrStatsW(first - second).ttest_mean(0, IN_STATSMODELS[alternative])
    assert (found.statistic, found.p_value, found.degrees[0]) == pytest.approx((statistic, p_value, degrees))
    assert found.interval == pytest.approx(DescrStatsW(first - second).tconfint_mean())


@pytest.mark.parametrize("alternative", IN_STATSMODELS)
def test_welch_t_equals_statsmodels(alternative: Alternative) -> None:
    rng = np.random.default_rng(1)
    first, second = rng.normal(0.4, 3, 6), rng.normal(0, 1, 15)
    found = welch_t_test(first, second, alternative=alternative, level=0.9)
    statistic, p_value, degrees = ttest_ind(first, second, IN_STATSMODELS[alternative], usevar="unequal")
    assert (found.statistic, found.p_value, found.degrees[0]) == pytest.approx((statistic, p_value, degrees))
    pair = CompareMeans(DescrStatsW(first), DescrStatsW(second))
    assert found.interval == pytest.approx(pair.tconfint_diff(alpha=0.1, usevar="unequal"))


@pytest.mark.parametrize("test", [paired_t_test, welch_t_test])
def test_one_score_a_side_gives_no_p_value(test: Callable[[list[float], list[float]], Outcome]) -> None:
    found = test([1.0], [2.0])
    assert found.p_value is None
    assert "single" in found.problem
    assert found.estimate == -1


def test_two_scores_a_side_are_enough() -> None:
    for test, of_scipy in ((paired_t_test, stats.ttest_rel), (welch_t_test, partial(stats.ttest_ind, equal_var=False))):
        assert test([1.0, 2.0], [0.0, 0.5]).p_value == pytest.approx(of_scipy([1.0, 2.0], [0.0, 0.5]).pvalue)


def test_constant_differences_give_no_p_value() -> None:
    found = paired_t_test([80.1, 81.1, 82.1], [80.0, 81.0, 82.0])
    assert found.p_value is None
    assert "every difference is the same" in found.problem


def test_welch_needs_one_side_that_varies() -> None:
    assert welch_t_test([1.0, 1.0], [2.0, 2.0]).p_value is None
    found = welch_t_test([1.0, 1.0, 1.0], [2.0, 2.5, 3.0])
    assert found.p_value == pytest.approx(stats.ttest_1samp([2.0, 2.5, 3.0], 1.0).pvalue)


def test_pairs_of_unequal_number_are_refused() -> None:
    with pytest.raises(ValueError, match="equal numbers"):
        paired_t_test([1.0, 2.0], [1.0])


SAMPLES = st.integers(2, 8).flatmap(
    lambda size: st.tuples(*[st.lists(st.integers(-50, 50), min_size=size, max_size=size)] * 2)
)


@given(SAMPLES, st.floats(0.5, 0.999))
def test_the_interval_leaves_out_zero_exactly_where_the_p_value_says_so(
    pair: tuple[list[int], list[int]], level: float
) -> None:
    for found in (paired_t_test(*pair, level=level), welch_t_test(*pair, level=level)):
        if found.p_value is not None and abs(found.p_value - (1 - level)) > 1e-9:
            assert found.interval is not None
            outside = not found.interval.low <= 0 <= found.interval.high
            assert outside == (found.p_value < 1 - level)
