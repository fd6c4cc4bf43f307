"""Tests of two variants whose chance is that of seeds alone: they hold for this evaluation set."""

from __future__ import annotations

from analysis.hypothesis_tests.conditions import refusal
from analysis.hypothesis_tests.methods import Question
from analysis.hypothesis_tests.t_tests import PAIRED_T, paired_t_test, welch_t_test
from analysis.outcome import Outcome
from analysis.scores import Scores

__all__ = ["paired_t", "welch_t"]


def paired_t(treatment: Scores, control: Scores, question: Question) -> Outcome:
    """Return the paired t-test over shared seeds."""
    shared = sorted(set(treatment.seeds) & set(control.seeds))
    if not shared:
        return refusal(PAIRED_T, "no seed is shared, so that nothing can be paired", question.alternative)
    return paired_t_test(
        treatment.of(shared).values,
        control.of(shared).values,
        alternative=question.alternative,
        level=question.level,
    )


def welch_t(treatment: Scores, control: Scores, question: Question) -> Outcome:
    """Return Welch's t-test over the seeds of each side."""
    return welch_t_test(treatment.values, control.values, alternative=question.alternative, level=question.level)
