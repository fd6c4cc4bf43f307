from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.meta_analysis import effectsize_smd

from analysis.effects.sizes import cliffs_delta, cohens_d, hedges_g, paired_d, probability_of_superiority

A = [0.80, 0.82, 0.81, 0.83, 0.79]
B = [0.78, 0.80, 0.80, 0.81, 0.78]
SCORES = st.lists(st.floats(-100, 100), min_size=3, max_size=12).filter(lambda scores: np.ptp(scores) > 1e-3)


def test_worked_values() -> None:
    assert cohens_d(A, B) == pytest.approx(1.09119094, abs=1e-8)
    assert hedges_g(A, B) == pytest.approx(0.98559182, abs=1e-8)
    assert probability_of_superiority(A, B) == pytest.approx(0.78)
    assert cliffs_delta(A, B) == pytest.approx(0.56)
    assert paired_d(A, B) == pytest.approx(6.53197265 / np.sqrt(5), abs=1e-8)


@given(SCORES, SCORES)
def test_hedges_g_is_that_of_statsmodels(first: list[float], second: list[float]) -> None:
    sides = [(np.mean(side), np.std(side, ddof=1), len(side)) for side in (first, second)]
    expected, _ = effectsize_smd(*sides[0], *sides[1])
    assert hedges_g(first, second) == pytest.approx(expected, rel=1e-6, abs=1e-9)


@given(SCORES, SCORES)
def test_superiority_is_the_mann_whitney_statistic(first: list[float], second: list[float]) -> None:
    expected = stats.mannwhitneyu(first, second, method="asymptotic").statistic / (len(first) * len(second))
    assert probability_of_superiority(first, second) == pytest.approx(expected)
    assert cliffs_delta(second, first) == pytest.approx(-cliffs_delta(first, second))


@given(SCORES, st.floats(-50, 50), st.floats(0.1, 10))
def test_sizes_have_no_unit(scores: list[float], shift: float, scale: float) -> None:
    reference = np.linspace(0, 1, len(scores))
    moved, moved_reference = np.array(scores) * scale + shift, reference * scale + shift
    for size in (cohens_d, hedges_g, paired_d):
        assert size(moved, moved_reference) == pytest.approx(size(scores, reference), rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("size", [cohens_d, hedges_g])
def test_one_score_on_a_side_has_no_spread(size: object) -> None:
    assert callable(size)
    assert size([1.0], [1.0, 2.0]) is None
    assert size([1.0, 2.0], [3.0]) is None


@pytest.mark.parametrize("size", [cohens_d, hedges_g, paired_d])
def test_scores_that_do_not_vary_have_no_size(size: object) -> None:
    assert callable(size)
    assert size([0.1 + 0.2] * 3, [0.3] * 3) is None
    assert size([7.1] * 3, [7.0] * 3) is None


def test_one_pair_and_unequal_lengths() -> None:
    assert paired_d([1.0], [2.0]) is None
    with pytest.raises(ValueError, match="in pairs: got 2 and 3"):
        paired_d([1.0, 2.0], [1.0, 2.0, 3.0])
