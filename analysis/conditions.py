"""Conditions that tests share, and what is returned where they fail."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.estimates import checked_scores
from analysis.floors import smallest_exact_p
from analysis.outcome import Alternative, Outcome
from analysis.scores import Scores

__all__ = [
    "NOTHING_SHARED",
    "checked_pairs",
    "exact_floor",
    "example_mismatch",
    "refusal",
    "rounded_to_zero",
    "varies",
]

NOTHING_SHARED = "no seed is shared, so that nothing can be paired"
_ROUNDING = 1e-12
"""Relative size of differences that are nothing but rounding."""


def refusal(
    test: str,
    problem: str,
    alternative: Alternative = "two-sided",
    *,
    estimate: float | None = None,
    assumptions: tuple[str, ...] = (),
) -> Outcome:
    """Return the outcome of a test whose conditions fail, as ``problem`` says."""
    return Outcome(test, None, None, alternative, estimate=estimate, assumptions=assumptions, problem=problem)


def example_mismatch(treatment: Scores, control: Scores) -> str:
    """Return why two variants cannot be compared example by example; empty where they can."""
    if treatment.examples is None or control.examples is None:
        return "needs the score of every example"
    mine, theirs = set(treatment.example_ids), set(control.example_ids)
    if mine == theirs:
        return ""
    return (
        f"evaluated on different examples: {len(mine & theirs)} shared, {len(mine - theirs)} only in the treatment, "
        f"{len(theirs - mine)} only in the control"
    )


def checked_pairs(scores: ArrayLike, reference: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return both sides as arrays of shape (num_pairs,).

    Raises:
        ValueError: impossible scores, or lengths that differ.
    """
    first, second = checked_scores(scores), checked_scores(reference)
    if first.shape != second.shape:
        raise ValueError(f"scores must come in equal numbers, in pairs: got {first.size} and {second.size}")
    return first, second


def exact_floor(alternative: Alternative, num_scores: int, num_reference_scores: int | None = None) -> float:
    """Return the smallest p-value of an exact test; with one count it is that of pairs."""
    floor = smallest_exact_p(num_scores, num_reference_scores)
    return floor if alternative == "two-sided" else floor / 2


def varies(values: NDArray[np.float64], *scales: NDArray[np.float64]) -> bool:
    """Return whether values differ by more than rounding, beside the largest of ``scales`` (or of themselves).

    Their differences must have squares that are numbers: no variance is known of those around 1e-170 or 1e170.
    """
    spread = float(np.ptp(values))
    return spread > _tolerance(values, *scales) and 0 < spread * spread < np.inf


def rounded_to_zero(values: NDArray[np.float64], *scales: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the values, with 0 where there is nothing but rounding beside the largest of ``scales``."""
    return np.where(np.abs(values) > _tolerance(values, *scales), values, 0.0)


def _tolerance(*scales: NDArray[np.float64]) -> float:
    return _ROUNDING * max(float(np.abs(each).max(initial=0.0)) for each in scales)
