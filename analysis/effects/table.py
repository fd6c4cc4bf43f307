"""Every effect size of two variants over their seeds, with its interval."""

from __future__ import annotations

from typing import NamedTuple

from analysis.effects.intervals import (
    cliffs_delta_interval,
    cohens_d_interval,
    paired_d_interval,
    probability_of_superiority_interval,
)
from analysis.effects.sizes import cliffs_delta, cohens_d, hedges_g, paired_d, probability_of_superiority
from analysis.scores import Scores
from analysis.student_t import Interval

__all__ = ["EffectSize", "effect_sizes"]


class EffectSize(NamedTuple):
    """How large a difference is on a scale without a unit."""

    name: str
    """Its usual name, such as "Hedges' g"."""
    value: float | None
    interval: Interval | None
    problem: str = ""
    """Why there is no value; empty where there is one."""


def effect_sizes(treatment: Scores, control: Scores, level: float = 0.95) -> list[EffectSize]:
    """Return the effect sizes of a treatment over a control, each seed counting as one observation.

    Args:
        treatment: of the variant that is tried.
        control: of what it is compared with.
        level: of the intervals, in (0, 1).

    Raises:
        ValueError: impossible level.
    """
    first, second = treatment.values, control.values
    problem = _problem(min(first.size, second.size), "on each side")
    interval = cohens_d_interval(first, second, level)
    return [
        _size("Cohen's d", cohens_d(first, second), interval, problem),
        _size("Hedges' g", hedges_g(first, second), interval, problem),
        _paired(treatment, control, level),
        EffectSize("Cliff's delta", cliffs_delta(first, second), cliffs_delta_interval(first, second, level)),
        EffectSize(
            "probability of superiority",
            probability_of_superiority(first, second),
            probability_of_superiority_interval(first, second, level),
        ),
    ]


def _paired(treatment: Scores, control: Scores, level: float) -> EffectSize:
    shared = treatment.shared_seeds(control)
    problem = _problem(len(shared), "in both")
    if len(shared) < 2:
        return EffectSize("paired d", None, None, problem)
    first, second = treatment.of(shared).values, control.of(shared).values
    return _size("paired d", paired_d(first, second), paired_d_interval(first, second, level), problem)


def _problem(num_seeds: int, where: str) -> str:
    return f"needs at least two seeds {where}" if num_seeds < 2 else "scores do not vary over seeds"


def _size(name: str, value: float | None, interval: Interval | None, problem: str) -> EffectSize:
    return EffectSize(name, value, interval, problem if value is None else "")
