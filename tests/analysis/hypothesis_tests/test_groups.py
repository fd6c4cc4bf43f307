from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.oneway import anova_oneway

from analysis.hypothesis_tests.groups import anova, kruskal_wallis_test, welch_anova

RNG = np.random.default_rng
GROUPS = [RNG(0).normal(mean, spread, size) for mean, spread, size in ((0, 1, 6), (1, 2, 8), (1.5, 1, 5))]


def test_anova_equals_statsmodels() -> None:
    found, expected = anova(GROUPS), anova_oneway(GROUPS, use_var="equal")
    assert (found.statistic, found.p_value) == pytest.approx((expected.statistic, expected.pvalue))
    assert found.degrees == (2.0, 16.0)


def test_welch_anova_equals_statsmodels() -> None:
    found, expected = welch_anova(GROUPS), anova_oneway(GROUPS, use_var="unequal")
    assert (found.statistic, found.p_value) == pytest.approx((expected.statistic, expected.pvalue))
    assert found.degrees == pytest.approx(expected.df)


def test_kruskal_wallis_has_scipys_statistic_and_for_many_scores_its_p_value() -> None:
    groups = [RNG(seed).integers(0, 12, 40) + shift for seed, shift in ((0, 0.0), (1, 1.0), (2, 0.0))]
    found, expected = kruskal_wallis_test(groups, rng=RNG(0), num_resamples=4000), stats.kruskal(*groups)
    assert found.statistic == pytest.approx(expected.statistic)
    assert found.degrees == (2.0,)
    assert found.p_value == pytest.approx(expected.pvalue, abs=0.005 + 4 * np.sqrt(expected.pvalue / 4000))
    assert found == kruskal_wallis_test(groups, rng=RNG(0), num_resamples=4000)


@pytest.mark.parametrize("sizes", [(2, 2, 2), (1, 2, 3), (3, 3), (2, 4), (1, 1, 2, 2)])
def test_few_scores_have_the_p_value_and_the_floor_of_all_deals(sizes: tuple[int, ...]) -> None:
    scores = RNG(4).permutation(sum(sizes)).astype(float)
    ends = np.cumsum(sizes)[:-1]
    statistics = np.array([stats.kruskal(*np.split(np.array(order), ends)).statistic for order in permutations(scores)])
    groups = np.split(scores, ends)
    found = kruskal_wallis_test(groups, rng=RNG(0), num_resamples=5000)
    expected = np.mean(statistics >= stats.kruskal(*groups).statistic - 1e-9)
    assert found.p_value == pytest.approx(expected)
    assert found.p_value == kruskal_wallis_test(groups, rng=RNG(1), num_resamples=5000).p_value
    assert found.smallest_p == pytest.approx(np.mean(statistics >= statistics.max() - 1e-9))


def test_three_scores_a_side_never_go_below_their_floor() -> None:
    found = kruskal_wallis_test([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], rng=RNG(0))
    assert (found.p_value, found.smallest_p) == (0.1, 0.1)
    drawn = kruskal_wallis_test([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], rng=RNG(0), num_resamples=19)
    assert drawn.test.startswith("Monte Carlo")
    assert drawn.smallest_p == 1 / 20


def test_many_groups_have_the_floor_of_the_draws() -> None:
    found = kruskal_wallis_test([[each, each + 0.5] for each in range(9)], rng=RNG(0), num_resamples=999)
    assert found.smallest_p == 1 / 1000


def test_groups_without_spread_give_no_p_value() -> None:
    constant, single = [[1.0, 1.0], [2.0, 2.0]], [[1.0], [2.0]]
    assert "no group varies" in anova(constant).problem
    assert "does not vary" in welch_anova([*constant, [1.0, 2.0]]).problem
    assert "single score" in anova(single).problem
    assert "single score" in welch_anova(single).problem
    assert "all scores are the same" in kruskal_wallis_test([[1.0], [1.0]], rng=RNG(0)).problem


def test_one_group_is_no_comparison() -> None:
    for test in (anova, welch_anova):
        with pytest.raises(ValueError, match="two groups"):
            test(GROUPS[:1])
