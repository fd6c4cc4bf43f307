from __future__ import annotations

import numpy as np
import pytest

from analysis.power.designs import PLANNED_TESTS, Design, seeds_for_power
from analysis.power.pilot import seeds_from_pilot
from analysis.power.seeds import MAX_SEEDS
from analysis.scores import Scores

A = Scores.of_seeds(dict(enumerate([0.80, 0.82, 0.81, 0.83, 0.79])))
B = Scores.of_seeds(dict(enumerate([0.78, 0.80, 0.80, 0.81, 0.78])))


@pytest.mark.parametrize("test", sorted(PLANNED_TESTS))
def test_the_pilots_own_spread_stands_between_the_ends(test: str) -> None:
    need = seeds_from_pilot(test, A, B, 0.015, num_simulations=500, rng=np.random.default_rng(0))
    assert need is not None
    assert need.seeds is not None
    assert need.fewest is not None
    assert need.most is not None
    assert need.fewest <= need.seeds <= need.most
    assert need.fewest < need.most


def test_paired_need_is_that_of_the_differences() -> None:
    std = float(np.std(A.values - B.values, ddof=1))
    expected = seeds_for_power("paired-t", Design(effect=0.01, std=std / np.sqrt(2)), rng=np.random.default_rng(0))
    need = seeds_from_pilot("paired-t", A, B, 0.01, rng=np.random.default_rng(0))
    assert need is not None
    assert need.seeds == expected


def test_a_range_of_a_higher_level_is_wider() -> None:
    narrow, wide = (
        seeds_from_pilot("welch-t", A, B, 0.01, level=level, rng=np.random.default_rng(0)) for level in (0.5, 0.95)
    )
    assert narrow is not None
    assert narrow.fewest is not None
    assert narrow.most is not None
    assert wide is not None
    assert wide.fewest is not None
    assert wide.fewest < narrow.fewest
    assert (wide.most or MAX_SEEDS) > narrow.most


@pytest.mark.parametrize("test", ["paired-t", "welch-t"])
def test_four_of_five_ranges_hold_what_is_really_needed(test: str) -> None:
    truth = seeds_for_power(test, Design(effect=1.0, std=1.0), rng=np.random.default_rng(0))
    assert truth is not None
    rng, covered = np.random.default_rng(1), 0
    for _ in range(200):
        treatment, control = (Scores.of_seeds(dict(enumerate(rng.normal(size=4)))) for _ in range(2))
        need = seeds_from_pilot(test, treatment, control, 1.0, rng=rng)
        assert need is not None
        assert need.fewest is not None
        covered += need.fewest <= truth <= (need.most or MAX_SEEDS)
    assert 0.72 <= covered / 200 <= 0.92


@pytest.mark.parametrize(
    ("test", "treatment", "control"),
    [
        ("paired-t", A, Scores.of_seeds({7: 0.1, 8: 0.2, 0: 0.3})),
        ("paired-t", A, Scores.of_seeds({seed: value - 0.1 for seed, value in enumerate(A.values)})),
        ("welch-t", A, Scores.of_seeds({0: 0.1})),
        ("welch-t", A, Scores.of_seeds({0: 0.1, 1: 0.1})),
    ],
)
def test_a_pilot_that_does_not_know_its_spread_says_so(test: str, treatment: Scores, control: Scores) -> None:
    assert seeds_from_pilot(test, treatment, control, 0.1, rng=np.random.default_rng(0)) is None


def test_impossible_questions_are_refused() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="level"):
        seeds_from_pilot("welch-t", A, B, 0.1, level=1.0, rng=rng)
    with pytest.raises(ValueError, match="unknown test"):
        seeds_from_pilot("z", A, B, 0.1, rng=rng)
    with pytest.raises(ValueError, match="effect"):
        seeds_from_pilot("welch-t", A, B, 0.0, rng=rng)
