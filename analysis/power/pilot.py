"""Seeds that a test needs, from a pilot of a few: with how little so few know of the spread."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from scipy.special import chdtri

from analysis.conditions import varies
from analysis.levels import check_level
from analysis.power.designs import Design, known_test, seeds_for_power
from analysis.power.seeds import PILOT_LEVEL
from analysis.scores import Scores

__all__ = ["PilotNeed", "seeds_from_pilot"]


class PilotNeed(NamedTuple):
    """Seeds of each side; None where it takes more than :data:`analysis.power.seeds.MAX_SEEDS`."""

    seeds: int | None
    """If the pilot's spread is the true one."""
    fewest: int | None
    """If the true spread is as small as the pilot allows."""
    most: int | None
    """If it is as large as the pilot allows."""


def seeds_from_pilot(
    test: str,
    treatment: Scores,
    control: Scores,
    effect: float,
    *,
    power: float = 0.8,
    alpha: float = 0.05,
    level: float = PILOT_LEVEL,
    num_simulations: int = 5_000,
    rng: np.random.Generator,
) -> PilotNeed | None:
    """Return the seeds that a test needs, and the range that the pilot's own uncertainty allows.

    The pilot's variance has a chi-square interval for normal scores; its ends give the range (Browne 1995).

    Args:
        test: a key of :data:`analysis.power.designs.PLANNED_TESTS`.
        treatment: pilot runs of the variant that is tried.
        control: pilot runs of what it is compared with.
        effect: difference to be found, on the metric's scale; not 0.
        power: wanted chance of finding it, in (0, 1).
        alpha: level of the two-sided test, in (0, 1).
        level: of the range, in (0, 1).
        num_simulations: of tests that are simulated.
        rng: of the simulations.

    Returns:
        None where the pilot does not know the spread: fewer than two seeds (in both, where the test is paired), or
        scores that do not vary.

    Raises:
        ValueError: an unknown test, or impossible effect, power or level.
    """
    check_level(level)
    design_of = _of_pairs if known_test(test).paired else _of_sides
    known = design_of(treatment, control, effect)
    if known is None:
        return None
    design, degrees = known
    stream = int(rng.integers(2**63))

    def seeds(factor: float) -> int | None:
        return seeds_for_power(
            test,
            design.with_stds_times(factor),
            power=power,
            alpha=alpha,
            num_simulations=num_simulations,
            rng=np.random.default_rng(stream),
        )

    small, large = (math.sqrt(degrees / float(chdtri(degrees, (1 + side * level) / 2))) for side in (-1, 1))
    return PilotNeed(seeds(1.0), seeds(small), seeds(large))


def _of_pairs(treatment: Scores, control: Scores, effect: float) -> tuple[Design, int] | None:
    shared = treatment.shared_seeds(control)
    if len(shared) < 2:
        return None
    differences = treatment.of(shared).values - control.of(shared).values
    if not varies(differences, treatment.values, control.values):
        return None
    std = float(np.std(differences, ddof=1))
    # Two independent sides whose difference spreads so.
    return Design(effect=effect, std=std / math.sqrt(2)), len(shared) - 1


def _of_sides(treatment: Scores, control: Scores, effect: float) -> tuple[Design, int] | None:
    sides = (treatment.values, control.values)
    if min(side.size for side in sides) < 2 or not all(varies(side, *sides) for side in sides):
        return None
    first, second = (float(np.std(side, ddof=1)) for side in sides)
    return Design(effect=effect, std=first, control_std=second), sum(side.size - 1 for side in sides)
