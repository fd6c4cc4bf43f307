"""Paired bootstrap over evaluation examples: how another draw of examples would move a difference of these models."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from analysis.bootstrap.differences import is_constant, outcome_of_resamples, without_p
from analysis.bootstrap.means import resampled_means
from analysis.outcome import Alternative, Outcome
from analysis.scores import Scores

__all__ = ["MIN_EXAMPLES", "paired_bootstrap", "paired_bootstraps"]

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


def _refused(treatment: Scores, control: Scores, alternative: Alternative) -> Outcome | None:
    problem = ""
    if treatment.examples is None or control.examples is None:
        problem = "needs the score of every example"
    elif set(treatment.example_ids) != set(control.example_ids):
        problem = "evaluated on different examples"
    elif treatment.num_examples < MIN_EXAMPLES:
        problem = f"{treatment.num_examples} examples: too few to resample, at least {MIN_EXAMPLES} are needed"
    elif is_constant(_differences(treatment, control), np.abs(treatment.examples).max()):
        problem = "scores do not vary: every difference is the same, so that no test applies"
    return without_p(_TEST, treatment, control, alternative, problem, _ASSUMPTIONS) if problem else None


def _differences(treatment: Scores, control: Scores) -> NDArray[np.float64]:
    aligned = control.aligned_to(treatment.example_ids)
    assert treatment.examples is not None and aligned.examples is not None
    differences: NDArray[np.float64] = treatment.examples.mean(axis=0) - aligned.examples.mean(axis=0)
    return differences
