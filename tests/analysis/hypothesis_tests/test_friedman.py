from __future__ import annotations

from itertools import permutations, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analysis.hypothesis_tests.friedman import (
    critical_difference,
    friedman_test,
    mean_ranks,
    nemenyi_test,
    not_separated,
)

RNG = np.random.default_rng
# Studentized ranges divided by the root of 2, level 0.05, from three to ten treatments: Demsar (2006), table 5a.
DEMSAR = [2.343, 2.569, 2.728, 2.850, 2.949, 3.031, 3.102, 3.164]


@pytest.mark.parametrize(("num_strategies", "quantile"), zip(range(3, 11), DEMSAR, strict=True))
def test_critical_differences_are_those_of_the_table(num_strategies: int, quantile: float) -> None:
    expected = quantile * np.sqrt(num_strategies * (num_strategies + 1) / (6 * 14))
    assert critical_difference(num_strategies, 14) == pytest.approx(expected, abs=1e-3)


def test_statistic_equals_scipy_with_ties_and_without() -> None:
    for scores in (RNG(0).normal(size=(6, 4)), RNG(1).integers(0, 4, (8, 5)).astype(float)):
        found = friedman_test(scores, rng=RNG(0), num_resamples=100)
        assert found.statistic == pytest.approx(stats.friedmanchisquare(*scores.T).statistic)


@pytest.mark.parametrize(
    ("scores", "statistic", "p_value"),
    [
        # Exact tables of the statistic for three treatments, such as Hollander and Wolfe's.
        ([[1, 2, 3], [1, 2, 3], [1, 2, 3]], 6.0, 1 / 36),
        ([[1, 2, 3], [1, 2, 3], [1, 2, 3], [1, 3, 2]], 6.5, 9 / 216),
        ([[1, 2, 3], [2, 3, 1]], 1.0, 5 / 6),
    ],
)
def test_p_values_are_those_of_exact_tables(scores: list[list[float]], statistic: float, p_value: float) -> None:
    found = friedman_test(scores, rng=RNG(0))
    assert (found.statistic, found.p_value) == pytest.approx((statistic, p_value))
    assert found.smallest_p == pytest.approx(1 / 6 ** (len(scores) - 1))
    assert found.degrees == (2.0,)
    assert found.test.startswith("exact")


def test_exact_p_values_with_ties_count_every_order() -> None:
    scores = np.array([[1.0, 1.0, 2.0], [0.0, 1.0, 2.0], [1.0, 3.0, 3.0]])
    ranks = stats.rankdata(scores, axis=1)
    sums = [np.sum(np.sum(orders, axis=0) ** 2) for orders in product(*(list(permutations(row)) for row in ranks))]
    expected = np.mean(np.array(sums) >= np.sum(ranks.sum(axis=0) ** 2) - 1e-9)
    assert friedman_test(scores, rng=RNG(0)).p_value == pytest.approx(expected)


def test_drawn_p_values_come_close_to_the_chi_square_of_many_tasks() -> None:
    scores = RNG(2).normal([0.0, 0.1, 0.25, 0.3], 1, (60, 4))
    found = friedman_test(scores, rng=RNG(0), num_resamples=4000)
    expected = stats.friedmanchisquare(*scores.T).pvalue
    assert found.p_value == pytest.approx(expected, abs=0.01 + 4 * np.sqrt(expected / 4000))
    assert found == friedman_test(scores, rng=RNG(0), num_resamples=4000)


def test_one_task_says_nothing_and_its_floor_says_so() -> None:
    found = friedman_test([[1.0, 2.0, 3.0]], rng=RNG(0))
    assert found.p_value == found.smallest_p == 1.0


def test_strategies_that_tie_everywhere_give_no_p_value() -> None:
    found = friedman_test(np.ones((4, 3)), rng=RNG(0))
    assert found.p_value is None
    assert "tie" in found.problem


def test_mean_ranks_give_1_to_the_best_and_share_ties() -> None:
    scores = [[3, 2, 1], [3, 3, 1]]
    assert mean_ranks(scores).tolist() == [1.25, 1.75, 3.0]
    assert mean_ranks(scores, higher_is_better=False).tolist() == [2.75, 2.25, 1.0]


def test_nemenyi_separates_exactly_the_pairs_beyond_the_critical_difference() -> None:
    scores = RNG(3).normal([0.0, 0.5, 1.0, 2.0, 2.1], 1, (12, 5))
    means, distance = mean_ranks(scores), critical_difference(5, 12)
    found = nemenyi_test(scores)
    assert len(found) == 10
    for first, second, outcome in found:
        assert outcome.p_value is not None
        assert outcome.estimate == pytest.approx(means[first] - means[second])
        assert (outcome.p_value <= 0.05) == (abs(means[first] - means[second]) >= distance)


def test_nemenyi_with_ties_equals_scikit_posthocs() -> None:
    scores = [[3, 1, 4, 2], [2, 2, 5, 1], [7, 5, 9, 6], [1, 0, 3, 2], [8, 6, 7, 7], [4, 4, 6, 5]]
    expected = [0.27863888, 0.4659439, 0.94411091, 0.00651168, 0.60780871, 0.18328658]  # version 0.17.1
    assert [pair.outcome.p_value for pair in nemenyi_test(scores)] == pytest.approx(expected, abs=1e-7)


def test_nemenyi_leaves_two_strategies_to_other_tests() -> None:
    (pair,) = nemenyi_test(RNG(0).normal(size=(9, 2)))
    assert pair.outcome.p_value is None
    assert "Wilcoxon" in pair.outcome.problem
    with pytest.raises(ValueError, match="three strategies"):
        critical_difference(2, 9)


def test_groups_of_ranks_as_a_diagram_joins_them() -> None:
    ranks = [1.0, 4.0, 1.8, 2.5, 3.9]
    assert not_separated(ranks, 1.0) == [(0, 2), (2, 3), (4, 1)]
    assert not_separated(ranks, 0.05) == []
    assert not_separated(ranks, 9.0) == [(0, 2, 3, 4, 1)]


@given(st.lists(st.integers(0, 40), min_size=1, max_size=8), st.integers(1, 30))
def test_two_strategies_share_a_group_exactly_where_they_are_close(ranks: list[int], distance: int) -> None:
    groups = not_separated(ranks, distance)
    for first in range(len(ranks)):
        for second in range(first):
            together = any({first, second} <= set(group) for group in groups)
            assert together == (abs(ranks[first] - ranks[second]) < distance)
    assert not any(set(one) < set(other) for one in groups for other in groups)


def test_impossible_scores_are_refused() -> None:
    for scores in ([[1.0], [2.0]], [1.0, 2.0], [[1.0, float("nan")]]):
        with pytest.raises(ValueError, match="finite scores of shape"):
            friedman_test(scores, rng=RNG(0))
