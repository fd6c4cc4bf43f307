from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.power import TTestIndPower, TTestPower

from analysis.power.designs import PLANNED_TESTS, Design, power_of_test, seeds_for_power

NUM_SIMULATIONS = 2_000
TESTS = sorted(PLANNED_TESTS)
SHIFTS = st.floats(0.1, 6)
"""Differences in standard errors; statsmodels gives nan for much larger ones."""


def _power(test: str, design: Design, num_seeds: int, alpha: float = 0.05) -> float:
    rng = np.random.default_rng(num_seeds)
    return power_of_test(test, design, num_seeds, alpha=alpha, num_simulations=NUM_SIMULATIONS, rng=rng)


@given(SHIFTS, st.floats(-0.9, 0.9), st.integers(2, 40))
def test_paired_t_is_that_of_statsmodels(shift: float, correlation: float, num_seeds: int) -> None:
    size = shift / np.sqrt(num_seeds)
    design = Design(effect=size * np.sqrt(2 * (1 - correlation)), std=1.0, correlation=correlation)
    expected = TTestPower().power(size, num_seeds, 0.05)
    assert _power("paired-t", design, num_seeds) == pytest.approx(expected, abs=1e-6)


@given(SHIFTS, st.floats(0.5, 4), st.integers(2, 40))
def test_welch_with_one_spread_is_students_of_statsmodels(shift: float, std: float, num_seeds: int) -> None:
    size = shift / np.sqrt(num_seeds / 2)
    expected = TTestIndPower().power(size, num_seeds, 0.05)
    assert _power("welch-t", Design(effect=size * std, std=std), num_seeds) == pytest.approx(expected, abs=1e-6)


def test_welch_with_two_spreads_is_what_simulation_finds() -> None:
    design = Design(effect=2.0, std=0.5, control_std=2.0)
    rng = np.random.default_rng(0)
    scores, reference = rng.normal(2.0, 0.5, size=(8_000, 8)), rng.normal(0.0, 2.0, size=(8_000, 8))
    found = np.mean(stats.ttest_ind(scores, reference, axis=1, equal_var=False).pvalue < 0.05)
    assert _power("welch-t", design, 8) == pytest.approx(found, abs=0.02)


@pytest.mark.parametrize("test", ["wilcoxon", "permutation", "mann-whitney"])
@pytest.mark.parametrize("num_seeds", [8, 20])
def test_exact_tests_have_a_little_less_power_than_the_t_test(test: str, num_seeds: int) -> None:
    effect = 4.5 / np.sqrt(num_seeds)
    best = _power("paired-t" if PLANNED_TESTS[test].paired else "welch-t", Design(effect=effect, std=1.0), num_seeds)
    assert best - 0.12 <= _power(test, Design(effect=effect, std=1.0), num_seeds) <= best + 0.03


@pytest.mark.parametrize("test", TESTS)
@pytest.mark.parametrize("num_seeds", [5, 14])
def test_without_a_difference_worth_the_name_power_is_the_level(test: str, num_seeds: int) -> None:
    assert _power(test, Design(effect=1e-9, std=1.0), num_seeds) <= 0.05 + 0.015


@pytest.mark.parametrize(("test", "too_few"), [("wilcoxon", 5), ("permutation", 5), ("mann-whitney", 3)])
def test_below_the_floor_nothing_is_ever_found(test: str, too_few: int) -> None:
    design = Design(effect=100.0, std=1.0)
    assert _power(test, design, too_few) == 0
    assert _power(test, design, too_few + 1) == 1
    assert seeds_for_power(test, design, num_simulations=200, rng=np.random.default_rng(0)) == too_few + 1


@pytest.mark.parametrize("num_pairs", [6, 13])
def test_permutation_power_is_what_scipys_permutation_test_finds(num_pairs: int) -> None:
    differences = np.random.default_rng(1).normal(0.9, 1.0, size=(150, num_pairs))
    found = stats.permutation_test(
        (differences,),
        lambda sample, axis: sample.mean(axis=axis),
        permutation_type="samples",
        axis=1,
        vectorized=True,
        n_resamples=2_000,
        rng=np.random.default_rng(2),
    )
    design = Design(effect=0.9, std=np.sqrt(0.5))
    assert _power("permutation", design, num_pairs) == pytest.approx(np.mean(found.pvalue < 0.05), abs=0.13)


@pytest.mark.parametrize("test", TESTS)
def test_the_sign_of_the_effect_and_the_unit_do_not_matter(test: str) -> None:
    base = _power(test, Design(effect=1.0, std=0.8), 8)
    assert _power(test, Design(effect=-1.0, std=0.8), 8) == pytest.approx(base, abs=0.05)
    assert _power(test, Design(effect=100.0, std=80.0), 8) == pytest.approx(base, abs=1e-9)


@pytest.mark.parametrize(("size", "pairs"), [(0.5, 34), (0.8, 15), (1.0, 10), (1.25, 8), (1.5, 6), (2.0, 5), (3.0, 4)])
def test_published_numbers_of_pairs(size: float, pairs: int) -> None:
    design = Design(effect=size, std=np.sqrt(0.5))
    assert seeds_for_power("paired-t", design, rng=np.random.default_rng(0)) == pairs


@given(st.floats(0.3, 4), st.floats(0.5, 0.99), st.sampled_from(["paired-t", "welch-t"]))
@settings(max_examples=30)
def test_the_number_of_seeds_is_the_smallest_that_does(effect: float, power: float, test: str) -> None:
    design = Design(effect=effect, std=1.0)
    seeds = seeds_for_power(test, design, power=power, rng=np.random.default_rng(0))
    assert seeds is not None
    assert _power(test, design, seeds) >= power
    assert seeds == 2 or _power(test, design, seeds - 1) < power


@pytest.mark.parametrize("effect", [0.145, 0.13])
def test_hundreds_of_seeds_are_found_up_to_the_last(effect: float) -> None:
    design, rng = Design(effect=effect, std=1.0), np.random.default_rng(0)
    seeds = seeds_for_power("paired-t", design, rng=rng)
    assert seeds is not None
    assert 512 < seeds <= 1000
    assert _power("paired-t", design, seeds) >= 0.8 > _power("paired-t", design, seeds - 1)


def test_more_than_anybody_trains_is_none() -> None:
    assert seeds_for_power("welch-t", Design(effect=0.01, std=1.0), rng=np.random.default_rng(0)) is None


@pytest.mark.parametrize("test", TESTS)
def test_the_same_seed_gives_the_same_number(test: str) -> None:
    design = Design(effect=1.5, std=1.0)
    first, second = (seeds_for_power(test, design, num_simulations=500, rng=np.random.default_rng(4)) for _ in range(2))
    assert first == second


@pytest.mark.parametrize(
    "design",
    [
        {"effect": 0.0, "std": 1.0},
        {"effect": 1.0, "std": 0.0},
        {"effect": 1.0, "std": 1.0, "control_std": -1.0},
        {"effect": 1.0, "std": 1.0, "correlation": 1.0},
    ],
)
def test_impossible_designs_are_refused(design: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="effect other than 0"):
        Design(**design)


def test_impossible_questions_are_refused() -> None:
    design, rng = Design(effect=1.0, std=1.0), np.random.default_rng(0)
    with pytest.raises(ValueError, match=r"unknown test 'z' \(known: paired-t, welch-t"):
        power_of_test("z", design, 5, rng=rng)
    with pytest.raises(ValueError, match="at least 2 seeds"):
        power_of_test("paired-t", design, 1, rng=rng)
    with pytest.raises(ValueError, match="alpha"):
        power_of_test("paired-t", design, 5, alpha=0.0, rng=rng)
    with pytest.raises(ValueError, match="power"):
        seeds_for_power("paired-t", design, power=1.0, rng=rng)
