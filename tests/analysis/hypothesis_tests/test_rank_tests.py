from __future__ import annotations

from collections.abc import Callable
from itertools import combinations, product
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis.hypothesis_tests.rank_tests import mann_whitney_test, wilcoxon_test
from analysis.outcome import Alternative, Outcome

Test = Callable[..., Outcome]
RNG = np.random.default_rng
ALTERNATIVES = get_args(Alternative)


@pytest.mark.parametrize("alternative", ALTERNATIVES)
@pytest.mark.parametrize("num_pairs", [5, 12, 40])
def test_wilcoxon_equals_scipys_exact_test(num_pairs: int, alternative: Alternative) -> None:
    first, second = RNG(0).normal(0.3, 1, num_pairs), RNG(1).normal(0, 1, num_pairs)
    found = wilcoxon_test(first, second, alternative=alternative)
    expected = stats.wilcoxon(first, second, alternative=alternative, method="exact")
    assert found.p_value == pytest.approx(expected.pvalue)
    assert found.statistic == stats.wilcoxon(first, second, alternative="greater", method="exact").statistic


@pytest.mark.parametrize("alternative", ALTERNATIVES)
@pytest.mark.parametrize("sizes", [(3, 3), (5, 9), (30, 40)])
def test_mann_whitney_equals_scipys_exact_test(sizes: tuple[int, int], alternative: Alternative) -> None:
    first, second = RNG(0).normal(0.5, 1, sizes[0]), RNG(1).normal(0, 1, sizes[1])
    found = mann_whitney_test(first, second, alternative=alternative)
    expected = stats.mannwhitneyu(first, second, alternative=alternative, method="exact")
    assert (found.p_value, found.statistic) == pytest.approx((expected.pvalue, expected.statistic))


def test_five_pairs_cannot_reach_the_five_percent_that_the_normal_approximation_gives() -> None:
    found = wilcoxon_test([0.1, 0.2, 0.3, 0.4, 0.5], np.zeros(5))
    assert found.p_value == found.smallest_p == 0.0625
    assert found.interval is None


SMALL = st.integers(-3, 3)


@settings(max_examples=60)
@given(st.lists(SMALL, min_size=1, max_size=7), st.sampled_from(ALTERNATIVES))
def test_wilcoxon_with_ties_and_zeros_counts_every_sign(differences: list[int], alternative: Alternative) -> None:
    moved = np.array([each for each in differences if each])
    found = wilcoxon_test(differences, np.zeros(len(differences)), alternative=alternative)
    if moved.size == 0:
        assert found.p_value is None
        return
    ranks = stats.rankdata(np.abs(moved))
    sums = np.array([ranks[np.array(signs)].sum() for signs in product([False, True], repeat=moved.size)])
    observed = ranks[moved > 0].sum()
    tails = {"greater": np.mean(sums >= observed), "less": np.mean(sums <= observed)}
    expected = tails.get(alternative, min(1.0, 2 * min(tails.values())))
    assert found.p_value == pytest.approx(expected)
    assert found.smallest_p is not None
    assert expected >= found.smallest_p - 1e-15


@settings(max_examples=60)
@given(st.lists(SMALL, min_size=1, max_size=4), st.lists(SMALL, min_size=1, max_size=4), st.sampled_from(ALTERNATIVES))
def test_mann_whitney_with_ties_counts_every_deal(
    first: list[int], second: list[int], alternative: Alternative
) -> None:
    found = mann_whitney_test(first, second, alternative=alternative)
    ranks = stats.rankdata(first + second)
    if np.ptp(ranks) == 0:
        assert found.p_value is None
        return
    sums = np.array([ranks[list(drawn)].sum() for drawn in combinations(range(ranks.size), len(first))])
    observed = ranks[: len(first)].sum()
    tails = {"greater": np.mean(sums >= observed), "less": np.mean(sums <= observed)}
    expected = tails.get(alternative, min(1.0, 2 * min(tails.values())))
    assert found.p_value == pytest.approx(expected)


def test_many_scores_take_the_normal_distribution_with_ties() -> None:
    first, second = RNG(0).integers(0, 9, (2, 800)).astype(float)
    expected = stats.wilcoxon(first, second, method="asymptotic").pvalue
    assert wilcoxon_test(first, second).p_value == pytest.approx(expected)
    expected = stats.mannwhitneyu(first, second, method="asymptotic").pvalue
    assert mann_whitney_test(first, second).p_value == pytest.approx(expected)


def test_where_counting_ends_the_normal_distribution_has_taken_over() -> None:
    first, second = RNG(2).integers(0, 9, (2, 480)).astype(float)
    approximate = stats.wilcoxon(first, second, method="asymptotic").pvalue
    assert wilcoxon_test(first, second).p_value == pytest.approx(approximate, rel=0.01)
    first, second = RNG(3).integers(0, 9, (2, 50)).astype(float)
    approximate = stats.mannwhitneyu(first, second, method="asymptotic").pvalue
    assert mann_whitney_test(first, second).p_value == pytest.approx(approximate, rel=0.01)


@pytest.mark.parametrize("test", [wilcoxon_test, mann_whitney_test])
@pytest.mark.parametrize("level", [0.8, 0.9, 0.95, 0.99])
@pytest.mark.parametrize("size", [4, 6, 9, 13])
def test_intervals_are_the_shifts_that_the_exact_tests_do_not_reject(test: Test, level: float, size: int) -> None:
    first, second = RNG(4).normal(0.4, 1, size), RNG(5).normal(0, 1, size)
    found = test(first, second, level=level)
    if found.interval is None:
        assert found.smallest_p is not None
        assert found.smallest_p > 1 - level
        return
    assert found.estimate is not None
    assert found.interval.low < found.estimate < found.interval.high
    for edge, inward in ((found.interval.low, 1e-6), (found.interval.high, -1e-6)):
        inside, outside = (test(first - edge - step, second).p_value for step in (inward, -inward))
        assert inside is not None
        assert outside is not None
        assert outside <= 1 - level + 1e-9 < inside


def test_a_level_that_the_floor_just_meets_takes_the_whole_range() -> None:
    differences = [1.0, 2.0, 4.0, 8.0, 16.0]
    assert wilcoxon_test(differences, np.zeros(5), level=1 - 2 / 2**5).interval == (1.0, 16.0)
    assert wilcoxon_test(differences, np.zeros(5), level=1 - 2 / 2**5 + 1e-6).interval is None


def test_estimates_are_medians_of_averages_and_of_differences() -> None:
    # Averages of two: 1, 2, 4, 1.5, 2.5, 3; differences: 1, 2, 4 less 0, 1.
    assert wilcoxon_test([1.0, 2.0, 4.0], np.zeros(3)).estimate == 2.25
    assert mann_whitney_test([1.0, 2.0, 4.0], [0.0, 1.0]).estimate == 1.5


def test_the_zeros_left_out_are_said() -> None:
    found = wilcoxon_test([1.0, 2.0, 5.0, 5.0], [0.0, 0.0, 5.0, 5.0])
    assert "2 of 4 differences are zero and left out" in found.assumptions
    assert found.smallest_p == 0.5


def test_differences_that_rounding_made_unequal_are_tied() -> None:
    # 0.3 - 0.2 and 0.1 are not the same number in floating point.
    found = wilcoxon_test([0.3, 0.1, 0.0], [0.2, 0.0, 0.1])
    assert found.statistic == 4.0
    small = wilcoxon_test([80.00003, 80.00001, 80.0], [80.00002, 80.0, 80.00001])
    assert (small.statistic, small.p_value) == (found.statistic, found.p_value)
