"""Short simulations of what docs/calibration.md measures at length: bounds that a broken procedure would break.

A bound leaves three standard errors to chance. A share of 5 % of 1,000 comparisons, five of which share a control, is
known to about 1 point, and one of 200 suites to 1.5; their means over eight worlds to 0.4 and 0.6. A drift below a
point is for the long run to find.
"""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from benchmarks.calibration import MIXES
from benchmarks.simulation.error_rates import contest, habits, rates
from benchmarks.simulation.simulated_scores import Noise, World

SUITES = 200
NOISES: tuple[Noise, ...] = ("normal", "lognormal")
CELLS = list(product(("seeds", "both"), NOISES, (0.0, 0.6)))
"""Mix, noise and correlation of runs of one seed."""


@pytest.mark.parametrize("num_seeds", [3, 10])
def test_equal_strategies_are_seldom_called_better_or_worse(num_seeds: int) -> None:
    worlds = [World(num_seeds, MIXES[mix], noise, correlation=shared, num_examples=50) for mix, noise, shared in CELLS]
    found = [rates(world, 0, SUITES) for world in worlds]
    assert max(each.claims for each in found) < 0.06 + 0.03
    assert max(each.any_claim for each in found) < 0.06 + 0.046
    assert 0.03 - 0.012 < np.mean([each.claims for each in found]) < 0.05 + 0.012
    assert np.mean([each.any_claim for each in found]) < 0.05 + 0.018


def test_intervals_hold_a_true_difference_as_often_as_they_say() -> None:
    found = rates(World(5, MIXES["both"], "skewed"), 1, SUITES, effect=1.0)
    assert found.claims > 0.2
    assert 0.93 - 0.03 < found.coverage < 0.98 + 0.015


def test_scores_that_are_right_or_wrong_are_no_exception() -> None:
    equal = rates(World(3, MIXES["both"], threshold=-1.0), 2, SUITES)
    assert 0.01 < equal.claims < 0.06 + 0.03
    differ = rates(World(5, MIXES["both"], threshold=-1.0), 3, SUITES, effect=1.0)
    assert differ.claims > 0.2
    assert differ.coverage > 0.93 - 0.03


@pytest.mark.parametrize("num_seeds", [3, 10])
@pytest.mark.parametrize("correlation", [0.0, 0.6])
def test_the_choice_of_pairing_finds_about_as_much_as_the_better_of_both(num_seeds: int, correlation: float) -> None:
    found = contest(World(num_seeds, MIXES["seeds"], correlation=correlation, num_examples=50), 4, 300)
    assert found.best > 0.4
    # Both are found in the same suites, so that chance mostly cancels.
    assert found.default > found.best - 0.05 - 0.03


def test_habits_of_today_find_differences_where_there_are_none() -> None:
    found = habits(World(3, MIXES["both"], num_examples=50), 5, SUITES)
    assert found["best seed against best seed"].one == pytest.approx(0.5, abs=0.1)
    assert found["means of the seeds, no test"].any > 0.7
    assert found["paired t-test over examples, one seed"].any > 0.15
    assert found["default verdict"].any < 0.03 + 0.036


def test_the_same_seed_gives_the_same_rates() -> None:
    world = World(3, MIXES["both"], num_examples=20)
    assert rates(world, 7, 20) == rates(world, 7, 20)
    assert rates(world, 7, 50) != rates(world, 8, 50)
