from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats
from statsmodels.stats.multicomp import pairwise_tukeyhsd

from analysis.corrections import correct
from analysis.hypothesis_tests.post_hoc import PairOutcome, dunn_test, games_howell_test, tukey_test

GROUPS = [
    np.random.default_rng(0).normal(mean, spread, size) for mean, spread, size in ((0, 1, 6), (1, 2, 8), (2, 1, 5))
]

Test = Callable[[list[NDArray[np.float64]]], list[PairOutcome]]
TESTS: list[Test] = [tukey_test, games_howell_test, dunn_test]


@pytest.mark.parametrize(("test", "spreads"), [(tukey_test, "equal"), (games_howell_test, "unequal")])
def test_all_pairs_equal_statsmodels(test: Test, spreads: str) -> None:
    labels = np.repeat(range(3), [each.size for each in GROUPS])
    expected = pairwise_tukeyhsd(np.concatenate(GROUPS), labels, use_var=spreads)
    found = test(GROUPS)
    assert [pair[:2] for pair in found] == [(0, 1), (0, 2), (1, 2)]
    assert [pair.outcome.p_value for pair in found] == pytest.approx(expected.pvalues, abs=1e-6)
    # statsmodels takes the second minus the first.
    assert [pair.outcome.estimate for pair in found] == pytest.approx(-expected.meandiffs)
    for pair, (low, high) in zip(found, expected.confint, strict=True):
        assert pair.outcome.interval == pytest.approx((-high, -low), abs=1e-4)


def test_dunn_worked_from_its_formula() -> None:
    groups = [np.array([1.0, 2.0, 3.0]), np.array([4.0, 5.0, 6.0]), np.array([7.0, 8.0, 9.0])]
    found = dunn_test(groups, correction="none")
    error = np.sqrt(9 * 10 / 12 * (1 / 3 + 1 / 3))
    assert [pair.outcome.statistic for pair in found] == pytest.approx([-3 / error, -6 / error, -3 / error])
    plain = [pair.outcome.p_value for pair in found]
    assert plain == pytest.approx(2 * stats.norm.sf(np.array([3, 6, 3]) / error))
    corrected = [pair.outcome.p_value for pair in dunn_test(groups, correction="holm")]
    assert corrected == pytest.approx(correct(np.array(plain, dtype=float), "holm"))


def test_dunn_with_ties_and_unequal_sizes_equals_scikit_posthocs() -> None:
    groups = [[79.1, 80.2, 80.2, 81.0, 78.8], [80.2, 81.5, 82.0, 81.0], [83.0, 82.2, 84.1, 83.0, 81.5, 85.0]]
    # Version 0.17.1; it corrects no p-value unless asked to.
    plain = [pair.outcome.p_value for pair in dunn_test(groups, correction="none")]
    assert plain == pytest.approx([0.2084328, 0.00114783, 0.08133734], abs=1e-7)
    corrected = [pair.outcome.p_value for pair in dunn_test(groups)]
    assert corrected == pytest.approx([0.2084328, 0.00344348, 0.16267468], abs=1e-7)


def test_dunn_of_two_groups_is_the_chi_square_of_kruskal_and_wallis_with_ties() -> None:
    first, second = np.array([1.0, 2, 2, 3, 5, 5]), np.array([2.0, 4, 5, 5, 6, 7, 7])
    (pair,) = dunn_test([first, second])
    expected = stats.kruskal(first, second)
    assert pair.outcome.p_value == pytest.approx(expected.pvalue)
    assert pair.outcome.statistic == pytest.approx(-np.sqrt(expected.statistic))


@pytest.mark.parametrize("test", TESTS)
def test_groups_that_do_not_vary_give_no_p_value(test: Test) -> None:
    found = test([np.full(3, 2.0)] * 3)
    assert len(found) == 3
    assert all(
        (pair.outcome.p_value is None and "all scores" in pair.outcome.problem) or "var" in pair.outcome.problem
        for pair in found
    )


def test_single_scores_give_no_p_value_where_spread_is_needed() -> None:
    for test in (tukey_test, games_howell_test):
        found = test([np.array([1.0]), *GROUPS])
        assert "single score" in found[0].outcome.problem
        assert found[0].outcome.estimate == pytest.approx(1 - GROUPS[0].mean())
        assert test([np.array([1.0, 1.5]), *GROUPS])[0].outcome.p_value is not None


@pytest.mark.parametrize("test", TESTS)
def test_one_group_is_no_comparison(test: Test) -> None:
    with pytest.raises(ValueError, match="two groups"):
        test(GROUPS[:1])
