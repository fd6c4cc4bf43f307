"""Power of tests over seeds, for a difference and a spread that are taken for the truth."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.noncentral_t import t_test_power
from analysis.power.seeds import MAX_SEEDS
from analysis.power.simulated import mann_whitney_power, sign_flip_power, wilcoxon_power

__all__ = ["PLANNED_TESTS", "Design", "PlannedTest", "known_test", "power_of_test", "seeds_for_power"]


@dataclass(frozen=True, kw_only=True)
class Design:
    """What is taken for the truth: scores of both sides are normal over seeds."""

    effect: float
    """Difference of the means, on the metric's scale; not 0."""
    std: float
    """Of the treatment's scores over seeds, on the metric's scale."""
    control_std: float | None = None
    """Of the control's; None where it is the same."""
    correlation: float = 0.0
    """Of runs of equal seeds. It concerns paired tests; the others take it that the sides share no seed."""

    def __post_init__(self) -> None:
        if self.effect == 0 or min(self.stds) <= 0 or not -1 < self.correlation < 1:
            raise ValueError(
                f"expected an effect other than 0, spreads above 0 and a correlation in (-1, 1), "
                f"got {self.effect}, {self.stds} and {self.correlation}"
            )

    @property
    def stds(self) -> tuple[float, float]:
        """Of treatment and control."""
        return self.std, self.std if self.control_std is None else self.control_std

    @property
    def difference_std(self) -> float:
        """Of the difference between runs of one seed."""
        first, second = self.stds
        return math.sqrt(first**2 + second**2 - 2 * self.correlation * first * second)

    def with_stds_times(self, factor: float) -> Design:
        """Return the design with another spread."""
        first, second = self.stds
        return replace(self, std=first * factor, control_std=second * factor)


class _Plan(NamedTuple):
    design: Design
    num_seeds: int
    alpha: float
    num_simulations: int
    rng: np.random.Generator

    def draws(self, std: float, mean: float = 0.0) -> NDArray[np.float64]:
        return self.rng.normal(mean, std, size=(self.num_simulations, self.num_seeds))


def _paired_t(plan: _Plan) -> float:
    shift = plan.design.effect * math.sqrt(plan.num_seeds) / plan.design.difference_std
    return t_test_power(shift, plan.num_seeds - 1, plan.alpha)


def _welch_t(plan: _Plan) -> float:
    first, second = (std**2 / plan.num_seeds for std in plan.design.stds)
    degrees = (first + second) ** 2 / ((first**2 + second**2) / (plan.num_seeds - 1))
    return t_test_power(plan.design.effect / math.sqrt(first + second), degrees, plan.alpha)


def _wilcoxon(plan: _Plan) -> float:
    return wilcoxon_power(plan.draws(plan.design.difference_std, plan.design.effect), plan.alpha)


def _sign_flip(plan: _Plan) -> float:
    return sign_flip_power(plan.draws(plan.design.difference_std, plan.design.effect), plan.alpha, plan.rng)


def _mann_whitney(plan: _Plan) -> float:
    first, second = plan.design.stds
    return mann_whitney_power(plan.draws(first, plan.design.effect), plan.draws(second), plan.alpha)


class PlannedTest(NamedTuple):
    """A test over seeds whose power can be planned."""

    paired: bool
    """Whether it takes runs of equal seeds together."""
    power: Callable[[_Plan], float]


PLANNED_TESTS: Mapping[str, PlannedTest] = MappingProxyType(
    {
        "paired-t": PlannedTest(True, _paired_t),
        "welch-t": PlannedTest(False, _welch_t),
        "wilcoxon": PlannedTest(True, _wilcoxon),
        "permutation": PlannedTest(True, _sign_flip),
        "mann-whitney": PlannedTest(False, _mann_whitney),
    }
)
"""By the names that the tests themselves have."""


def known_test(name: str) -> PlannedTest:
    """Return the test of that name.

    Raises:
        ValueError: there is none.
    """
    if name not in PLANNED_TESTS:
        raise ValueError(f"unknown test {name!r} (known: {', '.join(PLANNED_TESTS)})")
    return PLANNED_TESTS[name]


def power_of_test(
    test: str,
    design: Design,
    num_seeds: int,
    *,
    alpha: float = 0.05,
    num_simulations: int = 5_000,
    rng: np.random.Generator,
) -> float:
    """Return the chance that a two-sided test finds the design's difference.

    That of t-tests comes from the noncentral t distribution, Welch's with the degrees of freedom of the true
    variances; that of exact tests from simulation.

    Args:
        test: a key of :data:`PLANNED_TESTS`.
        design: what is taken for the truth.
        num_seeds: of each side, at least 2.
        alpha: level, in (0, 1).
        num_simulations: of tests that are simulated.
        rng: of the simulations.

    Raises:
        ValueError: an unknown test, or impossible level or numbers.
    """
    planned = known_test(test)
    if num_seeds < 2 or num_simulations < 1 or not 0 < alpha < 1:
        raise ValueError(
            f"expected at least 2 seeds, a simulation and alpha in (0, 1), got {num_seeds}, {num_simulations}, {alpha}"
        )
    return planned.power(_Plan(design, num_seeds, alpha, num_simulations, rng))


def seeds_for_power(
    test: str,
    design: Design,
    *,
    power: float = 0.8,
    alpha: float = 0.05,
    num_simulations: int = 5_000,
    rng: np.random.Generator,
) -> int | None:
    """Return the smallest number of seeds on each side with which a test has the wanted power.

    Args:
        test: a key of :data:`PLANNED_TESTS`.
        design: what is taken for the truth.
        power: wanted chance of finding the difference, in (0, 1).
        alpha: level, in (0, 1).
        num_simulations: of tests that are simulated.
        rng: of the simulations.

    Returns:
        None where it takes more than :data:`analysis.power.seeds.MAX_SEEDS`.

    Raises:
        ValueError: an unknown test, or impossible power, level or numbers.
    """
    if not 0 < power < 1:
        raise ValueError(f"power must lie between 0 and 1, got {power}")
    # One stream for every number of seeds, so that their powers differ by what the seeds do.
    stream = int(rng.integers(2**63))

    def power_with(num_seeds: int) -> float:
        each = np.random.default_rng(stream)
        return power_of_test(test, design, num_seeds, alpha=alpha, num_simulations=num_simulations, rng=each)

    enough = 2
    while power_with(enough) < power:
        if enough == MAX_SEEDS:
            return None
        enough = min(2 * enough, MAX_SEEDS)
    # The last number that was too few is half of it, or more.
    counts = range(max(2, enough // 2), enough)
    place = bisect_left(counts, power, key=power_with)
    return counts[place] if place < len(counts) else enough
