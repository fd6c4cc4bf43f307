"""Stratified coverage drops the hardest rows and covers the rest of the score's range evenly."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from errors import ConfigError
from strategies.stratified_coverage import StratifiedCoverageConfig, stratum_budgets
from tests.strategies.tables import map_signals, plan_of


@pytest.mark.parametrize(
    ("sizes", "budget", "shares"),
    [
        ([10, 10], 6, [3, 3]),
        ([1, 10, 10], 9, [1, 4, 4]),
        ([0, 3, 100], 50, [0, 3, 47]),
        ([5, 5], 10, [5, 5]),
        ([4, 4, 4], 2, [0, 1, 1]),
    ],
)
def test_small_strata_give_their_share_to_larger_ones(sizes: list[int], budget: int, shares: list[int]) -> None:
    assert stratum_budgets(np.array(sizes), budget).tolist() == shares


@given(st.lists(st.integers(0, 30), min_size=1, max_size=12), st.floats(0, 1))
def test_budgets_add_up_and_fit(sizes: list[int], share: float) -> None:
    budget = int(share * sum(sizes))
    shares = stratum_budgets(np.array(sizes), budget)
    assert shares.sum() == budget
    assert (shares <= np.array(sizes)).all()


def test_drops_the_hardest_and_evens_out_a_skewed_score() -> None:
    aum = np.concatenate([np.linspace(9, 10, 90), np.linspace(0, 1, 10), np.full(10, -5.0)])
    config = StratifiedCoverageConfig(keep_fraction=20 / 110, hardest_fraction=10 / 110, num_strata=2)
    plan = plan_of(config, map_signals(aum=aum.tolist()))
    assert plan.keep[:90].sum() == plan.keep[90:100].sum() == 10
    assert not plan.keep[100:].any()
    assert plan.report["dropped"] == {"hardest": 10, "over_budget": 80}
    assert plan.report["thresholds"] == {"aum": -5.0}


def test_chance_decides_inside_a_stratum() -> None:
    signals = map_signals(el2n=[0.5] * 40)
    config = StratifiedCoverageConfig(score="el2n", keep_fraction=0.5)
    one, two = (plan_of(config, signals, seed=seed).keep for seed in (0, 1))
    assert one.sum() == two.sum() == 20
    assert (one != two).any()


def test_impossible_shares_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"keep_fraction=0\.95 and hardest_fraction=0\.1 must not exceed 1"):
        StratifiedCoverageConfig(keep_fraction=0.95)
