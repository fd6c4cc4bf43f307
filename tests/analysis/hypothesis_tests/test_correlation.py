from __future__ import annotations

from collections.abc import Callable
from itertools import permutations
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis.hypothesis_tests.correlation import kendall_correlation, pearson_correlation, spearman_correlation
from analysis.outcome import Alternative, Outcome

RNG = np.random.default_rng
X = RNG(0).normal(size=25)
Y = X * 0.5 + RNG(1).normal(size=25)
ALTERNATIVES = get_args(Alternative)
MEASURES: list[Callable[..., Outcome]] = [pearson_correlation, spearman_correlation, kendall_correlation]


@pytest.mark.parametrize("alternative", ALTERNATIVES)
def test_many_observations_equal_scipy(alternative: Alternative) -> None:
    for measure, expected in zip(MEASURES, (stats.pearsonr, stats.spearmanr, stats.kendalltau), strict=True):
        found, reference = measure(X, Y, alternative=alternative), expected(X, Y, alternative=alternative)
        assert (found.estimate, found.p_value) == pytest.approx((reference.statistic, reference.pvalue))


def test_pearsons_interval_equals_scipy() -> None:
    found, expected = pearson_correlation(X, Y, level=0.9), stats.pearsonr(X, Y).confidence_interval(0.9)
    assert found.interval == pytest.approx((expected.low, expected.high))


@pytest.mark.parametrize(("measure", "rho"), [(spearman_correlation, 0.6), (kendall_correlation, 0.6)])
def test_intervals_of_ranks_cover_the_true_correlation_about_as_often_as_they_say(
    measure: Callable[..., Outcome], rho: float
) -> None:
    true = 6 / np.pi * np.arcsin(rho / 2) if measure is spearman_correlation else 2 / np.pi * np.arcsin(rho)
    rng = RNG(2)
    covered = 0
    for _ in range(500):
        x = rng.normal(size=30)
        interval = measure(x, rho * x + np.sqrt(1 - rho**2) * rng.normal(size=30)).interval
        assert interval is not None
        covered += interval.low <= true <= interval.high
    assert 0.92 <= covered / 500 <= 0.985


SMALL = st.integers(3, 5).flatmap(
    lambda size: st.tuples(*[st.lists(st.integers(0, 4), min_size=size, max_size=size)] * 2)
)


@settings(max_examples=40)
@given(SMALL, st.sampled_from(ALTERNATIVES), st.sampled_from([spearman_correlation, kendall_correlation]))
def test_few_observations_count_every_order(
    pair: tuple[list[int], list[int]], alternative: Alternative, measure: Callable[..., Outcome]
) -> None:
    x, y = pair
    found = measure(x, y, alternative=alternative)
    if len(set(x)) == 1 or len(set(y)) == 1:
        assert found.p_value is None
        return
    of_scipy = stats.spearmanr if measure is spearman_correlation else stats.kendalltau
    every = np.array([of_scipy(order, y).statistic for order in permutations(x)])
    observed = of_scipy(x, y).statistic
    tails = {"greater": np.mean(every >= observed - 1e-12), "less": np.mean(every <= observed + 1e-12)}
    assert found.p_value == pytest.approx(tails.get(alternative, min(1.0, 2 * min(tails.values()))))


def test_five_in_perfect_order_reach_the_floor() -> None:
    for measure in (spearman_correlation, kendall_correlation):
        found = measure(range(5), [1, 2, 4, 8, 16])
        assert found.p_value == found.smallest_p == pytest.approx(2 / 120)
        assert found.interval is None


def test_intervals_begin_where_their_variance_is_known() -> None:
    y = [2.0, 1.0, 4.0, 3.0, 5.0]
    for measure, fewest in zip(MEASURES, (4, 4, 5), strict=True):
        assert measure(range(fewest), y[:fewest]).interval is not None
        assert measure(range(fewest - 1), y[: fewest - 1]).interval is None


def test_too_little_gives_no_p_value() -> None:
    for measure in MEASURES:
        assert "two lie on a line" in measure([1.0, 2.0], [3.0, 1.0]).problem
        assert "does not vary" in measure([1.0, 1.0, 1.0], [3.0, 1.0, 2.0]).problem


@pytest.mark.parametrize("measure", MEASURES)
def test_impossible_arguments_are_refused(measure: Callable[..., Outcome]) -> None:
    with pytest.raises(ValueError, match="equal numbers"):
        measure([1.0, 2.0, 3.0], [1.0, 2.0])
    with pytest.raises(ValueError, match="level"):
        measure(X, Y, level=1.0)
