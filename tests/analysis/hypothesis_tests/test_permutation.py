from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from analysis.hypothesis_tests.permutation import permutation_test, sign_flip_test
from analysis.outcome import Alternative

RNG = np.random.default_rng
ALTERNATIVES = get_args(Alternative)


def _mean_gap(x: NDArray[np.float64], y: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
    gap: NDArray[np.float64] = np.mean(x, axis=axis) - np.mean(y, axis=axis)
    return gap


@pytest.mark.parametrize("alternative", ALTERNATIVES)
def test_every_flip_equals_scipy(alternative: Alternative) -> None:
    rng = RNG(2)
    first, second = rng.normal(0.5, 1, 9), rng.normal(0, 1, 9)
    found = sign_flip_test(first, second, rng=RNG(0), alternative=alternative)
    expected = stats.permutation_test(
        (first, second), _mean_gap, permutation_type="samples", alternative=alternative, n_resamples=np.inf, rng=RNG(0)
    )
    assert found.p_value == pytest.approx(expected.pvalue, abs=1e-12)
    assert found.test.startswith("exact")


@pytest.mark.parametrize("alternative", ALTERNATIVES)
@pytest.mark.parametrize("sizes", [(5, 5), (3, 8)])
def test_every_deal_equals_scipy(alternative: Alternative, sizes: tuple[int, int]) -> None:
    rng = RNG(3)
    first, second = rng.normal(0.9, 1, sizes[0]), rng.normal(0, 2, sizes[1])
    found = permutation_test(first, second, rng=RNG(0), alternative=alternative)
    expected = stats.permutation_test(
        (first, second), _mean_gap, alternative=alternative, n_resamples=np.inf, rng=RNG(0)
    )
    assert found.p_value == pytest.approx(expected.pvalue, abs=1e-12)


@pytest.mark.parametrize("test", [sign_flip_test, permutation_test])
def test_drawn_permutations_come_close_to_all_of_them(test: type) -> None:
    rng = RNG(4)
    first, second = rng.normal(1.2, 1, 10), rng.normal(0, 1, 10)
    every = test(first, second, rng=RNG(0), num_resamples=200_000)
    drawn = test(first, second, rng=RNG(1), num_resamples=1000)
    assert drawn.test.startswith("Monte Carlo")
    assert 0.001 < every.p_value < 0.2
    # Four standard errors of a share of 1000, doubled for two sides.
    assert drawn.p_value == pytest.approx(every.p_value, abs=8 * np.sqrt(every.p_value / 2 / 1000))


@pytest.mark.parametrize("test", [sign_flip_test, permutation_test])
def test_the_same_seed_gives_the_same_answer(test: type) -> None:
    first, second = RNG(5).normal(size=(2, 300))
    answers = {test(first, second, rng=RNG(seed), num_resamples=500).p_value for seed in (7, 7, 8)}
    assert len(answers) == 2


@pytest.mark.parametrize(("num_pairs", "floor"), [(3, 0.25), (4, 0.125), (5, 0.0625), (6, 0.03125)])
def test_flips_of_few_pairs_reach_their_floor_and_no_less(num_pairs: int, floor: float) -> None:
    found = sign_flip_test(np.arange(1, num_pairs + 1), np.zeros(num_pairs), rng=RNG(0))
    assert found.p_value == found.smallest_p == floor


@pytest.mark.parametrize(("num_seeds", "floor"), [(3, 2 / 20), (4, 2 / 70), (5, 2 / 252)])
def test_deals_of_few_scores_reach_their_floor_and_no_less(num_seeds: int, floor: float) -> None:
    found = permutation_test(np.arange(num_seeds) + 100.0, np.arange(num_seeds), rng=RNG(0))
    assert found.p_value == pytest.approx(found.smallest_p)
    assert found.smallest_p == pytest.approx(floor)


def test_drawn_permutations_never_give_zero() -> None:
    found = sign_flip_test(np.arange(1, 200), np.zeros(199), rng=RNG(0), num_resamples=999)
    assert found.p_value == found.smallest_p == 2 / 1000


def test_scores_that_do_not_differ_give_no_p_value() -> None:
    for found in (
        sign_flip_test([0.3, 0.4], [0.3, 0.4], rng=RNG(0)),
        permutation_test([2.0, 2.0], [2.0, 2.0, 2.0], rng=RNG(0)),
    ):
        assert found.p_value is None
        assert "no test applies" in found.problem


def test_ties_that_rounding_breaks_count_as_ties() -> None:
    # 0.1 + 0.2 and 0.3 differ in floating point: of all 8 flips, two have this sum or more.
    found = sign_flip_test([0.1, 0.2, -0.3], [0.0, 0.0, 0.0], rng=RNG(0), alternative="greater")
    assert found.p_value == 5 / 8
    small = sign_flip_test(np.array([1e-5, 2e-5, -3e-5]) + 80, [80.0, 80.0, 80.0], rng=RNG(0), alternative="greater")
    assert small.p_value == 5 / 8


PAIRS = st.integers(1, 7).flatmap(
    lambda size: st.tuples(*[st.lists(st.integers(0, 6), min_size=size, max_size=size)] * 2)
)


@given(PAIRS, st.floats(0.1, 100), st.floats(-100, 100))
def test_p_values_do_not_know_the_scale_nor_the_order_of_the_sides(
    pair: tuple[list[int], list[int]], scale: float, shift: float
) -> None:
    first, second = (np.array(side) * scale + shift for side in pair)
    for test in (sign_flip_test, permutation_test):
        plain, moved, swapped = (
            test(*sides, rng=RNG(0)).p_value for sides in ((pair[0], pair[1]), (first, second), (second, first))
        )
        assert plain == moved == swapped


def test_the_level_holds_where_nothing_differs() -> None:
    rng = RNG(6)
    p_values = [sign_flip_test(rng.standard_t(2, 8), np.zeros(8), rng=rng).p_value or 1.0 for _ in range(1000)]
    assert np.mean(np.array(p_values) <= 0.05) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 1000)
