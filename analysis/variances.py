"""What makes a difference of two means uncertain: seeds, evaluation examples, and what is left of single scores."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit

from analysis.scores import Scores

__all__ = ["Variance", "paired_variance", "residuals", "unpaired_variance", "variance_over_examples"]

_TINY = 1e-300
_PRECISION = 1e-10
"""Of the logarithm of a p-value."""


class Variance(NamedTuple):
    """Variances of a difference of means, by what causes them."""

    seeds: float
    """Part that more seeds make smaller, with what is left of single scores."""
    seed_degrees: float
    one_seed: float
    """What ``seeds`` would be with a single seed on each side."""
    examples: float
    """Part that only more examples make smaller; 0 where they are unknown or taken as fixed."""
    example_degrees: float

    @property
    def total(self) -> float:
        """Variance of the difference."""
        return self.seeds + self.examples

    @property
    def degrees(self) -> float:
        """Degrees of freedom that the whole has (Satterthwaite 1946), which say how it is distributed."""
        seeds, examples = self.seeds / self.total, self.examples / self.total
        return 1 / (seeds**2 / self.seed_degrees + examples**2 / self.example_degrees)

    def critical_value(self, alpha: float) -> float:
        """Return how many standard errors from 0 a difference must be for a two-sided p-value of ``alpha``.

        It lies between the quantiles of Student's t for both parts, weighted by their shares (Cochran and Cox 1950).

        Args:
            alpha: in (0, 1].
        """
        seeds = -float(stdtrit(self.seed_degrees, alpha / 2)) if self.seeds else 0.0
        examples = -float(stdtrit(self.example_degrees, alpha / 2)) if self.examples else 0.0
        return (self.seeds * seeds + self.examples * examples) / self.total

    def p_value(self, statistic: float) -> float:
        """Return the two-sided p-value of a difference in standard errors: where the critical value is just as far."""
        degrees = [self.seed_degrees] * bool(self.seeds) + [self.example_degrees] * bool(self.examples)
        bounds = [float(2 * stdtr(each, -abs(statistic))) for each in degrees]
        low, high = math.log(max(min(bounds), _TINY)), math.log(max([*bounds, _TINY]))
        while high - low > _PRECISION:
            middle = (low + high) / 2
            low, high = (low, middle) if self.critical_value(math.exp(middle)) < abs(statistic) else (middle, high)
        return math.exp(high)


def paired_variance(treatment: Scores, control: Scores) -> Variance:
    """Return the parts from the mean squares of the table of differences, seeds by examples.

    Args:
        treatment: of at least 2 seeds.
        control: of the same seeds, and the same examples in the same order, or both without examples.
    """
    num_seeds = treatment.num_seeds
    if treatment.examples is None:
        seeds = float(np.var(treatment.values - control.values, ddof=1)) / num_seeds
        return Variance(seeds, num_seeds - 1, seeds * num_seeds, 0.0, np.inf)
    table = treatment.examples - _examples(control)
    num_examples = table.shape[1]
    seeds = float(np.var(table.mean(axis=1), ddof=1)) / num_seeds
    residual = _residual_mean_square(table)
    examples = float(np.var(table.mean(axis=0), ddof=1)) - residual / num_seeds if num_examples > 1 else 0.0
    # Means of few seeds can agree by accident; they still vary as what is left of single scores makes them.
    seeds = seeds or residual / (num_seeds * num_examples)
    return Variance(
        seeds, num_seeds - 1, seeds * num_seeds, max(0.0, examples) / num_examples, max(1, num_examples - 1)
    )


def unpaired_variance(treatment: Scores, control: Scores) -> Variance:
    """Return the parts from both tables apart: each side's own spread over seeds, and of the examples' differences.

    Args:
        treatment: of at least 2 seeds.
        control: as well; of the same examples in the same order, or both without examples.
    """
    sides = (treatment, control)
    spreads = [float(np.var(each.values, ddof=1)) for each in sides]
    if treatment.examples is None:
        return _of_two_sides(sides, spreads, 0.0, np.inf)
    first, second = treatment.examples, _examples(control)
    num_examples = first.shape[1]
    left = [_residual_mean_square(table) for table in (first, second)]
    # Means of few seeds can agree by accident; they still vary as what is left of single scores makes them.
    spreads = [spread or residual / num_examples for spread, residual in zip(spreads, left, strict=True)]
    means = first.mean(axis=0) - second.mean(axis=0)
    noise = sum(residual / each.num_seeds for residual, each in zip(left, sides, strict=True))
    examples = float(np.var(means, ddof=1)) - noise if num_examples > 1 else 0.0
    return _of_two_sides(sides, spreads, max(0.0, examples) / num_examples, max(1, num_examples - 1))


def variance_over_examples(treatment: Scores, control: Scores) -> Variance:
    """Return the variance of a mean difference over examples, for models that are taken as they are.

    Args:
        treatment: of at least 2 examples.
        control: of the same examples in the same order.
    """
    differences = treatment.example_means - control.example_means
    count = differences.size
    return Variance(0.0, np.inf, 0.0, float(np.var(differences, ddof=1)) / count, count - 1)


def residuals(table: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what is left of single scores, shape (num_seeds, num_examples), beyond the means of both."""
    rows, columns = table.mean(axis=1, keepdims=True), table.mean(axis=0, keepdims=True)
    left: NDArray[np.float64] = table - rows - columns + table.mean()
    return left


def _examples(scores: Scores) -> NDArray[np.float64]:
    assert scores.examples is not None
    return scores.examples


def _of_two_sides(
    sides: tuple[Scores, Scores], spreads: list[float], examples: float, example_degrees: float
) -> Variance:
    parts = [spread / each.num_seeds for spread, each in zip(spreads, sides, strict=True)]
    seeds = sum(parts)
    return Variance(seeds, _degrees_of_two_sides(sides, parts), sum(spreads), examples, example_degrees)


def _degrees_of_two_sides(sides: tuple[Scores, Scores], parts: list[float]) -> float:
    """Return the degrees of freedom of Welch (1947), which are less timid than Satterthwaite's (1946) for few seeds."""
    squares = sum(part**2 / (each.num_seeds + 1) for part, each in zip(parts, sides, strict=True))
    return sum(parts) ** 2 / squares - 2 if squares else float(sum(each.num_seeds - 1 for each in sides))


def _residual_mean_square(table: NDArray[np.float64]) -> float:
    degrees = (table.shape[0] - 1) * (table.shape[1] - 1)
    return float(np.sum(residuals(table) ** 2)) / degrees if degrees else 0.0
