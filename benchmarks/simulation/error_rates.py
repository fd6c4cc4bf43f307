"""Error rates, coverage and power in a simulated world."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.outcome import Pairing
from benchmarks.simulation.procedures import HABITS, TESTS_OF_SEEDS, default_calls
from benchmarks.simulation.simulated_scores import World, draw

STRATEGIES = 5
"""Compared with one control, their p-values corrected together."""
EFFECTS = {3: 3.75, 5: 2.8, 10: 2.6}
"""True differences in standard errors, by seeds: so large that good tests find about two of three."""
VALID = 0.06
"""A test that looks at seeds alone is valid in a world where it makes at most so many false claims."""
_BATCH = 200


class Rates(NamedTuple):
    """Shares of what the default says of strategies that differ from the control by one effect."""

    claims: float
    """Comparisons whose own p-value says better or worse."""
    any_claim: float
    """Suites in which a verdict says so of any strategy, p-values corrected for all of them."""
    coverage: float
    """Intervals that hold the true difference."""


class Contest(NamedTuple):
    """Power of the default, and of the valid test that does best in the same world."""

    default: float
    best: float
    name: str


class Habit(NamedTuple):
    """Shares of suites in which somebody who goes by a procedure calls a strategy better."""

    one: float
    """Though it is equal; a suite of one."""
    any: float
    """Though all are equal; a suite of five."""
    found: float
    """As it is; a suite of one."""


def rates(world: World, seed: int, repeats: int, effect: float = 0.0, *, examples: bool = True) -> Rates:
    """Return what the default says.

    Args:
        world: how scores come about.
        seed: of all chance.
        repeats: simulated suites.
        effect: of every strategy, on the scale of the world's mix.
        examples: whether scores of single examples are known.
    """
    truth = world.true_difference(effect)
    calls = [
        default_calls(world, tables, truth, examples=examples)
        for tables in _suites(world, repeats, seed, effect, STRATEGIES)
    ]
    alone = np.concatenate([each.alone for each in calls])
    together = np.concatenate([each.together for each in calls])
    covered = np.concatenate([each.covered for each in calls])
    return Rates(float(np.mean(alone != 0)), float(np.mean(np.any(together, axis=1))), float(np.nanmean(covered)))


def contest(world: World, seed: int, repeats: int) -> Contest:
    """Return the power of the default beside that of its rivals, which must be valid in this world."""
    effect = EFFECTS[world.num_seeds] * world.standard_error
    falsely = {test: float(np.mean(calls != 0)) for test, calls in _by_test(world, repeats, seed, 0.0).items()}
    power = {test: float(np.mean(calls == 1)) for test, calls in _by_test(world, repeats, seed + 1, effect).items()}
    rivals = [*_PAIRINGS, *(test for test in TESTS_OF_SEEDS if falsely[test] <= VALID)]
    best = max(rivals, key=power.__getitem__)
    return Contest(power[_DEFAULT], power[best], best)


def habits(world: World, seed: int, repeats: int) -> dict[str, Habit]:
    """Return how often each procedure of today calls strategies better, and how often the default verdict does."""
    effect = EFFECTS[world.num_seeds] * world.standard_error
    suites = {
        "one": list(_suites(world, repeats, seed, 0.0, 1)),
        "any": list(_suites(world, repeats, seed + 1, 0.0, STRATEGIES)),
        "found": list(_suites(world, repeats, seed + 2, effect, 1)),
    }
    procedures = {**HABITS, "default verdict": lambda tables: default_calls(world, tables).together}
    return {
        name: Habit(
            **{
                question: float(np.mean(np.any(np.concatenate([*map(procedure, batches)]) == 1, axis=1)))
                for question, batches in suites.items()
            }
        )
        for name, procedure in procedures.items()
    }


_DEFAULT = "default"
_PAIRINGS: tuple[Pairing, ...] = ("paired", "unpaired")
"""The default's two halves, one of which it chooses: both are valid."""


def _by_test(world: World, repeats: int, seed: int, effect: float) -> dict[str, NDArray[np.int64]]:
    """Return the calls of the default and of its rivals, suites of one strategy."""
    batches = []
    for tables in _suites(world, repeats, seed, effect, 1):
        calls = {name: test(tables) for name, test in TESTS_OF_SEEDS.items()}
        calls |= {pairing: default_calls(world, tables, pairing=pairing).alone for pairing in _PAIRINGS}
        batches.append(calls | {_DEFAULT: default_calls(world, tables).alone})
    return {name: np.concatenate([batch[name] for batch in batches]) for name in batches[0]}


def _suites(world: World, repeats: int, seed: int, effect: float, num_strategies: int) -> Iterator[NDArray[np.float64]]:
    """Yield tables of so many suites in all, a batch at a time to spare memory."""
    rng = np.random.default_rng(seed)
    for done in range(0, repeats, _BATCH):
        yield draw(world, effect, min(_BATCH, repeats - done), num_strategies, rng)
