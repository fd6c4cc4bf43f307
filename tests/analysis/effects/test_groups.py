from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats
from statsmodels.stats.oneway import confint_effectsize_oneway, effectsize_oneway

from analysis.effects.groups import eta_squared, omega_squared, variance_explained_interval

GROUP = st.lists(st.floats(-10, 10), min_size=3, max_size=8).filter(lambda scores: np.ptp(scores) > 1e-2)
GROUPS = st.lists(GROUP, min_size=2, max_size=4)


def test_by_hand() -> None:
    groups = [[1.0, 2.0, 3.0], [2.0, 3.0, 4.0], [5.0, 6.0, 7.0]]
    between, within = 26.0, 6.0
    assert eta_squared(groups) == pytest.approx(between / (between + within))
    assert omega_squared(groups) == pytest.approx((between - 2 * 1.0) / (between + within + 1.0))


@given(GROUPS)
def test_both_follow_from_scipys_f(groups: list[list[float]]) -> None:
    statistic = stats.f_oneway(*groups).statistic
    between = len(groups) - 1
    count = sum(map(len, groups))
    ratio = statistic * between / (count - len(groups))
    assert eta_squared(groups) == pytest.approx(ratio / (1 + ratio), abs=1e-8)
    surplus = between * (statistic - 1)
    assert omega_squared(groups) == pytest.approx(surplus / (surplus + count), abs=1e-8)


def _variance(group: NDArray[np.float64]) -> float:
    return float(group.var(ddof=1))


def test_eta_is_that_of_statsmodels_for_groups_of_one_size() -> None:
    rng = np.random.default_rng(0)
    groups = [rng.normal(mean, size=6) for mean in (0.0, 0.5, 2.0)]
    means, variances = (np.array([get(group) for group in groups]) for get in (np.mean, _variance))
    squared = effectsize_oneway(means, variances, np.full(3, 6), use_var="equal")
    # statsmodels takes the residual variance over its degrees, eta squared over all scores.
    ratio = squared * 18 / 15
    assert eta_squared(groups) == pytest.approx(ratio / (1 + ratio))


def test_interval_is_that_of_statsmodels() -> None:
    rng = np.random.default_rng(1)
    groups = [rng.normal(mean, size=7) for mean in (0.0, 1.0, 2.0)]
    expected = confint_effectsize_oneway(stats.f_oneway(*groups).statistic, (2, 18)).eta2
    assert variance_explained_interval(groups) == pytest.approx(tuple(expected), abs=1e-4)


def test_groups_that_do_not_differ_reach_down_to_nothing() -> None:
    groups = [[1.0, 2.0, 3.0]] * 3
    interval = variance_explained_interval(groups)
    assert eta_squared(groups) == 0
    omega = omega_squared(groups)
    assert omega is not None
    assert omega < 0
    assert interval is not None
    assert interval.low == 0
    assert 0 <= interval.high < 0.5


@given(GROUPS, st.floats(-20, 20), st.floats(0.1, 10))
def test_shares_have_no_unit(groups: list[list[float]], shift: float, scale: float) -> None:
    moved = [np.array(group) * scale + shift for group in groups]
    assert eta_squared(moved) == pytest.approx(eta_squared(groups), abs=1e-6)
    assert omega_squared(moved) == pytest.approx(omega_squared(groups), abs=1e-6)


@pytest.mark.parametrize("groups", [[[1.0], [2.0]], [[1.0, 1.0], [2.0, 2.0]], [[0.1 + 0.2, 0.3], [0.3, 0.3]]])
def test_without_a_spread_within_groups_there_is_no_share(groups: Sequence[Sequence[float]]) -> None:
    assert eta_squared(groups) is None
    assert omega_squared(groups) is None
    assert variance_explained_interval(groups) is None


@pytest.mark.parametrize("groups", [[], [[1.0, 2.0]], [[1.0, 2.0], []], [[1.0, np.nan], [1.0, 2.0]]])
def test_impossible_groups_are_refused(groups: Sequence[Sequence[float]]) -> None:
    with pytest.raises(ValueError, match=r"groups|scores"):
        eta_squared(groups)
