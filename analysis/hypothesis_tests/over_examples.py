"""Tests of two variants whose chance is that of evaluation examples: they hold for these very models."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from analysis.bootstrap.paired import paired_bootstrap
from analysis.conditions import example_mismatch, refusal
from analysis.hypothesis_tests.mcnemar import MCNEMAR, mcnemar_test
from analysis.hypothesis_tests.methods import Question
from analysis.hypothesis_tests.permutation import SIGN_FLIP, sign_flip_test
from analysis.outcome import Outcome
from analysis.scores import Scores

__all__ = ["bootstrap", "mcnemar", "mcnemar_mid_p", "permutation"]

_THESE_MODELS = "the models are taken as they are: nothing is said of other seeds"
_SCALES = (1.0, 100.0)
"""What a right answer may count; a wrong one counts 0."""


def bootstrap(treatment: Scores, control: Scores, question: Question) -> Outcome:
    """Return the paired bootstrap over examples."""
    return paired_bootstrap(
        treatment,
        control,
        alternative=question.alternative,
        level=question.level,
        num_resamples=question.num_resamples,
        rng=question.rng,
    )


def permutation(treatment: Scores, control: Scores, question: Question) -> Outcome:
    """Return the sign-flip test over examples, each averaged over its seeds."""
    problem = example_mismatch(treatment, control)
    if problem:
        return refusal(SIGN_FLIP, problem, question.alternative)
    found = sign_flip_test(
        treatment.example_means,
        control.aligned_to(treatment.example_ids).example_means,
        rng=question.rng,
        alternative=question.alternative,
        num_resamples=question.num_resamples,
    )
    return replace(found, assumptions=(_THESE_MODELS, *found.assumptions))


def mcnemar(treatment: Scores, control: Scores, question: Question) -> Outcome:
    """Return McNemar's exact test of two single models; the estimate is on the metric's scale."""
    return _mcnemar(treatment, control, question, mid_p=False)


def mcnemar_mid_p(treatment: Scores, control: Scores, question: Question) -> Outcome:
    """Return the same with the mid-p-value."""
    return _mcnemar(treatment, control, question, mid_p=True)


def _mcnemar(treatment: Scores, control: Scores, question: Question, *, mid_p: bool) -> Outcome:
    problem = example_mismatch(treatment, control) or _not_single(treatment, control)
    if problem:
        return refusal(MCNEMAR, problem, question.alternative)
    # Of a single seed the means are its scores.
    first, second = treatment.example_means, control.aligned_to(treatment.example_ids).example_means
    scale = next((each for each in _SCALES if np.isin(np.concatenate([first, second]), (0.0, each)).all()), None)
    if scale is None:
        return refusal(MCNEMAR, "scores of examples are not right or wrong alone", question.alternative)
    found = mcnemar_test(first == scale, second == scale, alternative=question.alternative, mid_p=mid_p)
    return replace(found, estimate=None if found.estimate is None else found.estimate * scale)


def _not_single(treatment: Scores, control: Scores) -> str:
    most = max(treatment.num_seeds, control.num_seeds)
    return "" if most == 1 else f"it compares one model with one, and there are {most} seeds: give two experiments"
