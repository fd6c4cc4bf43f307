"""Tests of two variants whose chance is that of seeds alone: they hold for this evaluation set."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.conditions import NOTHING_SHARED, refusal
from analysis.hypothesis_tests.equivalence import EQUIVALENCE, paired_equivalence_test, welch_equivalence_test
from analysis.hypothesis_tests.methods import Question
from analysis.hypothesis_tests.permutation import SIGN_FLIP, permutation_test, sign_flip_test
from analysis.hypothesis_tests.rank_tests import WILCOXON, mann_whitney_test, wilcoxon_test
from analysis.hypothesis_tests.stochastic_order import stochastic_order as order_of_samples
from analysis.hypothesis_tests.t_tests import PAIRED_T, paired_t_test, welch_t_test
from analysis.outcome import Outcome
from analysis.scores import Scores
from analysis.student_t import Interval

__all__ = ["mann_whitney", "paired_t", "permutation", "stochastic_order", "tost", "welch_t", "wilcoxon"]

_STOCHASTIC_ORDER = "almost stochastic order"


class _Pairs(NamedTuple):
    scores: NDArray[np.float64]
    reference: NDArray[np.float64]
    left_out: tuple[str, ...]
    """A clause on seeds without a partner, if there are some."""


def paired_t(treatment: Scores, control: Scores, question: Question) -> Outcome:
    """Return the paired t-test over shared seeds."""
    pairs = _pairs(treatment, control)
    if pairs is None:
        return _nothing_shared(PAIRED_T, question)
    found = paired_t_test(pairs.scores, pairs.reference, alternative=question.alternative, level=question.level)
    return _with_left_out(found, pairs)


def welch_t(treatment: Scores, control: Scores, question: Question) -> Outcome:
    """Return Welch's t-test over the seeds of each side."""
    return welch_t_test(treatment.values, control.values, alternative=question.alternative, level=question.level)


def wilcoxon(treatment: Scores, control: Scores, question: Question) -> Outcome:
    """Return Wilcoxon's signed-rank test over shared seeds."""
    pairs = _pairs(treatment, control)
    if pairs is None:
        return _nothing_shared(WILCOXON, question)
    found = wilcoxon_test(pairs.scores, pairs.reference, alternative=question.alternative, level=question.level)
    return _with_left_out(found, pairs)


def mann_whitney(treatment: Scores, control: Scores, question: Question) -> Outcome:
    """Return the Mann-Whitney U test over the seeds of each side."""
    return mann_whitney_test(treatment.values, control.values, alternative=question.alternative, level=question.level)


def permutation(treatment: Scores, control: Scores, question: Question) -> Outcome:
    """Return the sign-flip test over shared seeds where the comparison is paired, else the one of two samples."""
    rng, alternative, num_resamples = question.rng, question.alternative, question.num_resamples
    if not _paired(treatment, control, question):
        return permutation_test(
            treatment.values, control.values, rng=rng, alternative=alternative, num_resamples=num_resamples
        )
    pairs = _pairs(treatment, control)
    if pairs is None:
        return _nothing_shared(SIGN_FLIP, question)
    found = sign_flip_test(pairs.scores, pairs.reference, rng=rng, alternative=alternative, num_resamples=num_resamples)
    return _with_left_out(found, pairs)


def tost(treatment: Scores, control: Scores, question: Question) -> Outcome:
    """Return the test of equivalence within the margin: of shared seeds where the comparison is paired, else Welch's.

    Its alternative is one of its own, that the difference is smaller than the margin, so that it takes no other.
    """
    if question.margin is None or question.level <= 0.5:
        missing = "a margin" if question.margin is None else "a level above 0.5"
        return refusal(EQUIVALENCE, f"equivalence needs {missing}")
    if not _paired(treatment, control, question):
        return welch_equivalence_test(treatment.values, control.values, question.margin, level=question.level)
    pairs = _pairs(treatment, control)
    if pairs is None:
        return _nothing_shared(EQUIVALENCE, question)
    found = paired_equivalence_test(pairs.scores, pairs.reference, question.margin, level=question.level)
    return _with_left_out(found, pairs)


def stochastic_order(treatment: Scores, control: Scores, question: Question) -> Outcome:
    """Return the violation ratio of almost stochastic order, with the bound epsilon_min as its statistic.

    It asks whether the treatment scores more, whatever the alternative, and has no p-value on purpose: see
    :mod:`analysis.hypothesis_tests.stochastic_order`.
    """
    if min(treatment.num_seeds, control.num_seeds) < 2:
        return refusal(_STOCHASTIC_ORDER, "one seed: it takes two on each side to know a distribution")
    first, second = np.sort(treatment.values), np.sort(control.values)
    if first.size == second.size and np.array_equal(first, second):
        return refusal(_STOCHASTIC_ORDER, "both sides have the same scores, so that neither lies above the other")
    found = order_of_samples(
        first, second, rng=question.rng, level=question.level, num_resamples=question.num_resamples
    )
    return Outcome(
        _STOCHASTIC_ORDER,
        found.epsilon_min,
        None,
        "greater",
        estimate=found.violation_ratio,
        interval=Interval(0.0, found.epsilon_min),
        assumptions=("scores are independent, within and between the sides", "both distributions differ"),
        problem="it bounds the violation ratio and gives no p-value: below 0.5, better 0.2, the treatment is larger",
    )


def _paired(treatment: Scores, control: Scores, question: Question) -> bool:
    return question.pairing == "paired" or (question.pairing == "auto" and treatment.seeds == control.seeds)


def _pairs(treatment: Scores, control: Scores) -> _Pairs | None:
    shared = treatment.shared_seeds(control)
    if not shared:
        return None
    single = sorted(set(treatment.seeds) ^ set(control.seeds))
    clause = f"seeds of one side alone are left out: {', '.join(map(str, single))}"
    return _Pairs(treatment.of(shared).values, control.of(shared).values, (clause,) if single else ())


def _nothing_shared(test: str, question: Question) -> Outcome:
    return refusal(test, NOTHING_SHARED, question.alternative)


def _with_left_out(found: Outcome, pairs: _Pairs) -> Outcome:
    return replace(found, assumptions=(*found.assumptions, *pairs.left_out))
