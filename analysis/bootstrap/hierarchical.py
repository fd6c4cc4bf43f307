"""Bootstrap over seeds and evaluation examples at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analysis.bootstrap.differences import outcome_of_resamples
from analysis.bootstrap.means import resampled_means
from analysis.bootstrap.paired import example_problem
from analysis.conditions import refusal, varies
from analysis.outcome import Alternative, Outcome
from analysis.scores import Scores

__all__ = ["MIN_RESAMPLED_SEEDS", "hierarchical_bootstrap"]

MIN_RESAMPLED_SEEDS = 5
"""Resamples of fewer seeds hold too little of the spread: with three, up to 14 % of equal variants seem to differ."""

_TEST = "hierarchical bootstrap over seeds and examples"
_ASSUMPTIONS = (
    "seeds and evaluation examples are independent draws",
    "seeds are eight or more: with five, up to 9 % of equal variants seem to differ at a level of 5 %",
)


def hierarchical_bootstrap(
    treatment: Scores,
    control: Scores,
    *,
    alternative: Alternative = "two-sided",
    level: float = 0.95,
    num_resamples: int = 10_000,
    rng: np.random.Generator,
) -> Outcome:
    """Test the difference of two variants over seeds and examples, both of them resampled (Owen 2007).

    Each resample draws examples, the same for both sides, and crosses them with seeds that are drawn for each side
    apart: runs of one seed are not taken to share their luck. Of k seeds k - 1 are drawn, which gives their mean its
    right variance (Rao and Wu 1988); k draws would give it (k - 1) / k of that.

    Args:
        treatment: of the variant that is tried.
        control: of what it is compared with, on the same examples.
        alternative: what the p-value counts as evidence.
        level: of the percentile interval, in (0, 1).
        num_resamples: at least 1.
        rng: source of the resamples.

    Raises:
        ValueError: impossible level or number of resamples.
    """
    difference = float(treatment.values.mean() - control.values.mean())
    problem = _problem(treatment, control)
    if problem:
        return refusal(_TEST, problem, alternative, estimate=difference, assumptions=_ASSUMPTIONS)
    control = control.aligned_to(treatment.example_ids)
    assert treatment.examples is not None and control.examples is not None
    means = resampled_means(np.concatenate([treatment.examples, control.examples]), num_resamples, rng)
    sides = np.split(means, [treatment.num_seeds])
    resamples = _over_drawn_seeds(sides[0], rng) - _over_drawn_seeds(sides[1], rng)
    if not varies(resamples, means):
        problem = "scores do not vary: every difference is the same, so that no test applies"
        return refusal(_TEST, problem, alternative, estimate=difference, assumptions=_ASSUMPTIONS)
    return outcome_of_resamples(_TEST, resamples, difference, alternative, level, assumptions=_ASSUMPTIONS)


def _problem(treatment: Scores, control: Scores) -> str:
    if problem := example_problem(treatment, control):
        return problem
    fewest = min(treatment.num_seeds, control.num_seeds)
    if fewest < MIN_RESAMPLED_SEEDS:
        return (
            f"{fewest} seed{'s' if fewest > 1 else ''}: too few to resample, at least {MIN_RESAMPLED_SEEDS} are needed"
        )
    return ""


def _over_drawn_seeds(means: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    """Return means over all seeds but one, drawn with replacement, of shape (num_seeds, num_resamples)."""
    num_seeds, num_resamples = means.shape
    drawn = rng.integers(0, num_seeds, size=(num_seeds - 1, num_resamples))
    averages: NDArray[np.float64] = np.take_along_axis(means, drawn, axis=0).mean(axis=0)
    return averages
