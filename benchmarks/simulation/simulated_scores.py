"""Scores of strategies that are equal, or differ by what we say, under noise of many kinds."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.scores import Scores

Noise = Literal["normal", "heavy tails", "skewed", "lognormal"]


class Mix(NamedTuple):
    """Standard deviations of what makes two runs differ."""

    seeds: float
    examples: float
    """Of the difference that a strategy makes to single examples, whatever the seed."""
    rest: float
    """Of what a seed does to single examples."""


@dataclass(frozen=True)
class World:
    """How scores come about: a variant's mean, a seed's luck, an example's difficulty, and what is left."""

    num_seeds: int
    mix: Mix
    noise: Noise = "normal"
    num_examples: int = 100
    correlation: float = 0.0
    """Of the luck of equal seeds in two variants."""
    rest_correlation: float | None = None
    """Of what equal seeds do to single examples; None: as the luck."""
    spread: float = 1.0
    """Spread over seeds of the strategies, where that of the control is 1."""
    control_noise: Noise | None = None
    """Of the control's seeds, where it differs from the strategies'."""
    num_missing: int = 0
    """Seeds that each side lacks, not the same ones."""
    threshold: float | None = None
    """Scores above it are right, 100, and the others wrong, 0; in standard deviations. None leaves them as they are."""

    @property
    def standard_error(self) -> float:
        """Of a difference of means that knew how seeds pair."""
        rest = self.correlation if self.rest_correlation is None else self.rest_correlation
        seeds = 2 * self.mix.seeds**2 * (1 - self.correlation) / self.num_seeds
        single = 2 * self.mix.rest**2 * (1 - rest) / self.num_seeds / self.num_examples
        return sqrt(seeds + 2 * self.mix.examples**2 / self.num_examples + single)

    @property
    def std(self) -> float:
        """Standard deviation of single scores."""
        return sqrt((_DIFFICULTY * self.mix.examples) ** 2 + sum(each**2 for each in self.mix))

    def true_difference(self, effect: float) -> float:
        """Return what an effect on the scores makes of the metric; for right and wrong under normal noise only."""
        if self.threshold is None:
            return effect
        normal = NormalDist()
        return 100 * (normal.cdf(effect / self.std - self.threshold) - normal.cdf(-self.threshold))

    def scores(self, tables: NDArray[np.float64]) -> list[Scores]:
        """Return tables of shape (num_variants, num_seeds, num_examples) as scores; the control comes first."""
        first, last = self.num_missing, self.num_seeds - self.num_missing
        control = Scores.of_examples(range(last), tables[0, :last])
        return [control, *(Scores.of_examples(range(first, self.num_seeds), table[first:]) for table in tables[1:])]


_DIFFICULTY = 1.5
"""Spread of what makes an example hard for every variant, in that of what strategies make of it."""


def draw(
    world: World, effect: float, repeats: int, num_strategies: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return tables of shape (repeats, 1 + num_strategies, num_seeds, num_examples); the control comes first.

    Args:
        world: how scores come about.
        effect: of every strategy, on the scale of the mix.
        repeats: independent suites.
        num_strategies: beside the control.
        rng: source of all chance.
    """
    variants, seeds, examples = 1 + num_strategies, world.num_seeds, world.num_examples
    luck = _shared(world, world.correlation, (repeats, variants, seeds, 1), rng)
    luck[:, 1:] *= world.spread
    if world.control_noise is not None:
        luck[:, :1] = _noise(world.control_noise, (repeats, 1, seeds, 1), rng)
    rest_correlation = world.correlation if world.rest_correlation is None else world.rest_correlation
    rest = _shared(world, rest_correlation, (repeats, variants, seeds, examples), rng)
    difficulty = _DIFFICULTY * _noise(world.noise, (repeats, 1, 1, examples), rng)
    taste = difficulty + _noise(world.noise, (repeats, variants, 1, examples), rng)
    tables = world.mix.seeds * luck + world.mix.examples * taste + world.mix.rest * rest
    tables[:, 1:] += effect
    return tables if world.threshold is None else np.where(tables > world.threshold * world.std, 100.0, 0.0)


def _shared(
    world: World, correlation: float, shape: tuple[int, int, int, int], rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return noise that variants share by a correlation."""
    own = _noise(world.noise, shape, rng)
    if not correlation:
        return own
    common = _noise(world.noise, (shape[0], 1, *shape[2:]), rng)
    return sqrt(correlation) * common + sqrt(1 - correlation) * own


def _noise(kind: Noise, shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float64]:
    """Return noise of mean 0 and standard deviation 1."""
    if kind == "normal":
        return rng.normal(size=shape)
    if kind == "heavy tails":
        return rng.standard_t(3, size=shape) / sqrt(3)
    if kind == "skewed":
        return rng.exponential(size=shape) - 1
    lognormal: NDArray[np.float64] = (np.exp(rng.normal(size=shape)) - sqrt(np.e)) / sqrt((np.e - 1) * np.e)
    return lognormal
