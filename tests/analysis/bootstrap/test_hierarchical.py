from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from analysis.bootstrap.hierarchical import hierarchical_bootstrap
from analysis.crossed import compare_scores
from analysis.scores import Scores


def _table(rng: np.random.Generator, difficulty: NDArray[np.float64], num_seeds: int, shift: float = 0.0) -> Scores:
    luck, noise = rng.normal(size=(num_seeds, 1)) / 2, rng.normal(size=(num_seeds, difficulty.size))
    return Scores.of_examples(range(num_seeds), difficulty + shift + luck + noise)


def _pair(seed: int, num_seeds: int, shift: float = 0.0, num_examples: int = 300) -> tuple[Scores, Scores]:
    rng = np.random.default_rng(seed)
    difficulty = rng.normal(size=num_examples) * 3
    return _table(rng, difficulty, num_seeds, shift), _table(rng, difficulty, num_seeds)


def test_spread_is_that_of_the_crossed_random_effects() -> None:
    treatment, control = _pair(0, num_seeds=40)
    found = hierarchical_bootstrap(treatment, control, num_resamples=8_000, rng=np.random.default_rng(1))
    crossed = compare_scores(treatment, control, pairing="unpaired")
    assert found.estimate == pytest.approx(crossed.difference)
    assert crossed.interval is not None
    assert found.interval == pytest.approx(tuple(crossed.interval), abs=0.06)


def test_few_seeds_keep_their_whole_spread() -> None:
    rng = np.random.default_rng(9)
    sides = [Scores.of_examples(range(5), np.tile(rng.normal(size=(5, 1)), 30)) for _ in range(2)]
    found = hierarchical_bootstrap(sides[0], sides[1], level=0.8, num_resamples=20_000, rng=np.random.default_rng(10))
    standard_error = np.sqrt(sum(side.values.var(ddof=1) / 5 for side in sides))
    assert found.interval is not None
    assert found.interval.high - found.interval.low == pytest.approx(2 * 1.2816 * standard_error, rel=0.05)


def test_seeds_widen_what_examples_alone_would_say() -> None:
    treatment, control = _pair(2, num_seeds=5)
    assert treatment.examples is not None
    same = Scores.of_examples(treatment.seeds, np.tile(treatment.examples.mean(axis=0), (5, 1)))
    wide, narrow = (
        hierarchical_bootstrap(each, control, num_resamples=2_000, rng=np.random.default_rng(3)).interval
        for each in (treatment, same)
    )
    assert wide is not None
    assert narrow is not None
    assert wide.high - wide.low > narrow.high - narrow.low


@pytest.mark.parametrize(("num_seeds", "most"), [(5, 0.12), (8, 0.09)])
def test_under_no_difference_it_finds_no_more_than_its_assumptions_say(num_seeds: int, most: float) -> None:
    found = 0
    for seed in range(300):
        outcome = hierarchical_bootstrap(
            *_pair(seed, num_seeds, num_examples=40), num_resamples=199, rng=np.random.default_rng(seed)
        )
        found += outcome.p_value is not None and outcome.p_value <= 0.05
    assert found / 300 <= most


def test_a_real_difference_is_found_on_its_side() -> None:
    treatment, control = _pair(4, num_seeds=5, shift=4.0)
    greater, less = (
        hierarchical_bootstrap(
            treatment, control, alternative=alternative, num_resamples=999, rng=np.random.default_rng(5)
        )
        for alternative in ("greater", "less")
    )
    assert greater.p_value == greater.smallest_p == pytest.approx(1 / 1000)
    assert less.p_value == pytest.approx(1)


def test_order_of_seeds_and_examples_does_not_matter() -> None:
    treatment, control = _pair(6, num_seeds=5)
    assert control.examples is not None
    turned = Scores.of_examples(control.seeds[::-1], control.examples[::-1, ::-1], control.example_ids[::-1])
    first, second = (
        hierarchical_bootstrap(treatment, each, num_resamples=200, rng=np.random.default_rng(7))
        for each in (control, turned)
    )
    assert first.interval == pytest.approx(second.interval)
    assert first.p_value == second.p_value


@pytest.mark.parametrize(
    ("treatment", "problem"),
    [
        (Scores.of_seeds(dict.fromkeys(range(5), 0.5)), "needs the score of every example"),
        (Scores.of_examples(range(5), np.ones((5, 30)), [f"other {i}" for i in range(30)]), "different examples"),
        (Scores.of_examples(range(4), np.ones((4, 30))), "4 seeds: too few"),
        (Scores.of_examples([1], np.ones((1, 30))), "1 seed: too few"),
        (Scores.of_examples(range(5), np.tile(np.arange(30.0) / 7 + 0.1, (5, 1))), "do not vary"),
    ],
)
def test_conditions_that_fail_are_said(treatment: Scores, problem: str) -> None:
    control = Scores.of_examples(range(5), np.tile(np.arange(30.0) / 7, (5, 1)))
    found = hierarchical_bootstrap(treatment, control, num_resamples=50, rng=np.random.default_rng(0))
    assert found.p_value is None
    assert problem in found.problem


def test_few_examples_give_no_p_value() -> None:
    found = hierarchical_bootstrap(*_pair(8, 5, num_examples=19), rng=np.random.default_rng(0))
    assert found.p_value is None
    assert "19 examples: too few" in found.problem
