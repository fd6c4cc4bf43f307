"""Paired bootstrap over evaluation examples: how another draw of examples would move a difference of these models."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from analysis.bootstrap.differences import outcome_of_resamples
from analysis.bootstrap.means import resampled_means
from analysis.conditions import example_mismatch, refusal, varies
from analysis.outcome import Alternative, Outcome
from analysis.scores import Scores

__all__ = ["MIN_EXAMPLES", "example_problem", "paired_bootstrap", "paired_bootstraps"]

MIN_EXAMPLES = 20
"""Resamples of fewer examples hold too little of the spread, and no p-value is given."""

_TEST = "paired bootstrap over examples"
_ASSUMPTIONS = (
    "the models are taken as they are: nothing is said of other seeds",
    "evaluation examples are independent draws",
)


def paired_bootstrap(
    treatment: Scores,
    control: Scores,
    *,
    alternative: Alternative = "two-sided",
    level: float = 0.95,
    num_resamples: int = 10_000,
    rng: np.random.Generator,
) -> Outcome:
    """Test the difference of two variants over evaluation examples, each averaged over its seeds.

    Args:
        treatment: of the variant that is tried.
        control: of what it is compared with, on the same examples.
        alternative: what the p-value counts as evidence.
        level: of the percentile interval, in (0, 1).
        num_resamples: at least 1.
        rng: source of the resamples.

    Returns:
        The outcome. Its p-value is the level at which the percentile interval begins to hold 0, see
        :func:`analysis.bootstrap.differences.outcome_of_resamples`.

    Raises:
        ValueError: impossible level or number of resamples.
    """
    (outcome,) = paired_bootstraps(
        [treatment], control, alternative=alternative, level=level, num_resamples=num_resamples, rng=rng
    )
    return outcome


def paired_bootstraps(
    treatments: Sequence[Scores],
    control: Scores,
    *,
    alternative: Alternative = "two-sided",
    level: float = 0.95,
    num_resamples: int = 10_000,
    rng: np.random.Generator,
) -> list[Outcome]:
    """Do what :func:`paired_bootstrap` does for several treatments at once; they share the resamples."""
    outcomes = [_refused(treatment, control, alternative) for treatment in treatments]
    rows = [
        _differences(treatment, control)
        for treatment, refused in zip(treatments, outcomes, strict=True)
        if refused is None
    ]
    resamples = iter(resampled_means(np.stack(rows), num_resamples, rng) if rows else ())
    estimates = (float(row.mean()) for row in rows)
    return [
        refused
        or outcome_of_resamples(_TEST, next(resamples), next(estimates), alternative, level, assumptions=_ASSUMPTIONS)
        for refused in outcomes
    ]


def example_problem(treatment: Scores, control: Scores) -> str:
    """Return why the examples of two variants cannot be resampled together; empty where they can."""
    if mismatch := example_mismatch(treatment, control):
        return mismatch
    if treatment.num_examples < MIN_EXAMPLES:
        return f"{treatment.num_examples} examples: too few to resample, at least {MIN_EXAMPLES} are needed"
    return ""


def _refused(treatment: Scores, control: Scores, alternative: Alternative) -> Outcome | None:
    problem = example_problem(treatment, control)
    if not problem and not varies(_differences(treatment, control), treatment.example_means, control.example_means):
        problem = "scores do not vary: every difference is the same, so that no test applies"
    if not problem:
        return None
    estimate = float(treatment.values.mean() - control.values.mean())
    return refusal(_TEST, problem, alternative, estimate=estimate, assumptions=_ASSUMPTIONS)


def _differences(treatment: Scores, control: Scores) -> NDArray[np.float64]:
    return treatment.example_means - control.aligned_to(treatment.example_ids).example_means
