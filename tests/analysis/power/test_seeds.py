from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.power import TTestIndPower, TTestPower

from analysis.crossed import Comparison, compare_scores
from analysis.power.seeds import MAX_SEEDS, Need, power_with_seeds, seeds_needed, variance_with_seeds
from analysis.scores import Scores

NUM_SEEDS = 5


def _of_std(std: float, mean: float = 80.0, num_seeds: int = NUM_SEEDS) -> Scores:
    """Return scores with exactly this sample standard deviation."""
    shape = np.random.default_rng(num_seeds).normal(size=num_seeds)
    shape = (shape - shape.mean()) / shape.std(ddof=1)
    return Scores.of_seeds(dict(enumerate(mean + std * shape)))


def _paired(std: float) -> Comparison:
    flat = Scores.of_seeds(dict.fromkeys(range(NUM_SEEDS), 80.0))
    return compare_scores(_of_std(std), flat, pairing="paired")


def _with_examples(
    seed: int = 0, num_examples: int = 200, spread: float = 0.5, num_seeds: int = NUM_SEEDS
) -> Comparison:
    rng = np.random.default_rng(seed)
    difficulty = rng.normal(size=num_examples) * 10
    sides = (
        Scores.of_examples(
            range(num_seeds),
            difficulty + rng.normal(size=(num_seeds, 1)) * spread + rng.normal(size=(num_seeds, num_examples)) * 3,
        )
        for _ in range(2)
    )
    return compare_scores(*sides, pairing="unpaired")


@pytest.mark.parametrize("num_seeds", [2, 3, 5, 12])
@pytest.mark.parametrize("effect", [0.3, 1.0, 1.5])
def test_paired_power_is_that_of_statsmodels(num_seeds: int, effect: float) -> None:
    expected = TTestPower().power(effect / 0.8, num_seeds, 0.05)
    assert power_with_seeds(_paired(0.8), num_seeds, effect) == pytest.approx(expected, abs=1e-6)
    assert power_with_seeds(_paired(0.8), num_seeds, -effect) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("num_seeds", [3, 7, 12])
def test_unpaired_power_is_that_of_statsmodels(num_seeds: int) -> None:
    comparison = compare_scores(_of_std(0.8), _of_std(0.8, 81.0), pairing="unpaired")
    expected = TTestIndPower().power(1.0 / 0.8, num_seeds, 0.05)
    assert power_with_seeds(comparison, num_seeds, 1.0) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(("size", "pairs"), [(0.5, 34), (0.8, 15), (1.0, 10), (1.25, 8), (1.5, 6), (2.0, 5), (3.0, 4)])
def test_seeds_needed_are_the_published_pairs(size: float, pairs: int) -> None:
    need = seeds_needed(_paired(1.0), size)
    assert need is not None
    assert need.seeds == pairs


@given(st.floats(0.2, 3), st.floats(0.6, 0.95), st.integers(0, 5))
@settings(max_examples=25, deadline=None)
def test_the_need_is_the_smallest_number_that_has_the_power(effect: float, power: float, seed: int) -> None:
    comparison = _with_examples(seed, num_examples=2_000)
    need = seeds_needed(comparison, effect, 0.01, power)
    assert need is not None
    if need.seeds is not None:
        assert power_with_seeds(comparison, need.seeds, effect, 0.01) >= power
        assert need.seeds == 3 or power_with_seeds(comparison, need.seeds - 1, effect, 0.01) < power
        assert need.fewest is not None
        assert need.fewest <= need.seeds <= (need.most or MAX_SEEDS)


def test_with_the_seeds_that_are_there_the_variance_is_the_one_that_was_found() -> None:
    comparison = _with_examples()
    assert variance_with_seeds(comparison, NUM_SEEDS) == pytest.approx(comparison.variance)


def test_more_seeds_never_beat_too_few_examples() -> None:
    rng = np.random.default_rng(1)
    sides = (rng.normal(size=50) * 20 + rng.normal(size=(NUM_SEEDS, 50)) for _ in range(2))
    comparison = compare_scores(*(Scores.of_examples(range(NUM_SEEDS), side) for side in sides))
    need = seeds_needed(comparison, 0.5)
    assert need is not None
    assert need.seeds is None
    assert need.examples is not None
    assert need.examples > 50
    assert power_with_seeds(comparison, 100_000, 0.5) < 0.8


def test_more_than_anybody_trains_is_said_to_be_more() -> None:
    assert seeds_needed(_paired(1.0), 0.01) == Need(0.01, 0.8, None, None, None, None)
    need = seeds_needed(_paired(1.0), 0.1)
    assert need is not None
    assert need.seeds is not None
    assert need.most is None


def test_an_effect_far_beyond_the_noise_takes_the_fewest_seeds() -> None:
    need = seeds_needed(_with_examples(num_examples=5_000), 1e4)
    assert need == Need(1e4, 0.8, 3, None, 3, 3)


def test_four_of_five_ranges_hold_what_is_really_needed() -> None:
    truth = seeds_needed(_paired(1.0), 1.0)
    assert truth is not None
    assert truth.seeds is not None
    rng, covered = np.random.default_rng(2), 0
    for _ in range(300):
        pilot = compare_scores(
            Scores.of_seeds(dict(enumerate(rng.normal(size=NUM_SEEDS)))),
            Scores.of_seeds(dict.fromkeys(range(NUM_SEEDS), 0.0)),
            pairing="paired",
        )
        need = seeds_needed(pilot, 1.0)
        assert need is not None
        assert need.fewest is not None
        covered += need.fewest <= truth.seeds <= (need.most or MAX_SEEDS)
    assert 0.75 <= covered / 300 <= 0.9


def test_promised_power_is_what_the_comparison_then_has() -> None:
    """Seeds spread by 0.5 and examples by chance alone, so that variances of the plan are known exactly."""
    num_seeds, effect, num_examples = 6, 1.0, 100
    one_seed = 2 * (0.5**2 + 3.0**2 / num_examples)
    comparison = _with_examples(num_examples=num_examples)
    assert comparison.variance is not None
    known = comparison.variance._replace(
        seeds=one_seed / NUM_SEEDS, seed_degrees=2 * (NUM_SEEDS - 1), one_seed=one_seed, examples=0.0
    )
    promised = power_with_seeds(replace(comparison, variance=known), num_seeds, effect)
    rng, found = np.random.default_rng(3), 0
    for _ in range(400):
        difficulty = rng.normal(size=num_examples) * 10
        luck, rest = rng.normal(size=(2, num_seeds, 1)) * 0.5, rng.normal(size=(2, num_seeds, num_examples)) * 3
        tables = difficulty + luck + rest + np.array([effect, 0.0])[:, None, None]
        sides = (Scores.of_examples(range(num_seeds), table) for table in tables)
        p_value = compare_scores(*sides, pairing="unpaired").p_value
        found += p_value is not None and p_value < 0.05
    assert found / 400 == pytest.approx(promised, abs=0.08)


def test_what_has_no_variance_has_no_need() -> None:
    one = Scores.of_seeds({1: 0.5})
    comparison = compare_scores(one, one)
    assert seeds_needed(comparison, 0.5) is None
    with pytest.raises(ValueError, match="variance"):
        power_with_seeds(comparison, 5, 0.5)
    with pytest.raises(ValueError, match="no variance"):
        variance_with_seeds(comparison, 5)
    with pytest.raises(ValueError, match="at least 2 seeds"):
        power_with_seeds(_paired(1.0), 1, 0.5)
