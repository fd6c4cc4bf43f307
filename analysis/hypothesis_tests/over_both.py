"""Tests of two variants whose chance is that of seeds and of evaluation examples."""

from __future__ import annotations

from analysis.bootstrap.hierarchical import hierarchical_bootstrap
from analysis.conditions import NOTHING_SHARED, refusal
from analysis.crossed import compare_scores
from analysis.hypothesis_tests.methods import Question
from analysis.outcome import Outcome
from analysis.scores import Scores
from analysis.variances import Variance

__all__ = ["crossed", "hierarchical"]

_CROSSED = "crossed random effects"


def crossed(treatment: Scores, control: Scores, question: Question) -> Outcome:
    """Return the default comparison as an outcome."""
    if question.pairing == "paired" and not treatment.shared_seeds(control):
        return refusal(_CROSSED, NOTHING_SHARED, question.alternative)
    found = compare_scores(
        treatment, control, pairing=question.pairing, alternative=question.alternative, level=question.level
    )
    error = found.standard_error
    return Outcome(
        f"{_CROSSED}, {'paired by seed' if found.paired else 'unpaired'}",
        None if found.p_value is None or not error else found.difference / error,
        found.p_value,
        question.alternative,
        degrees=_degrees(found.variance),
        estimate=found.difference,
        interval=found.interval,
        assumptions=(
            "seeds and examples are random draws",
            "means over seeds are close to normally distributed",
        )
        if found.basis == "seeds and examples"
        else (f"chance is that of {found.basis} alone", "means are close to normally distributed"),
        problem=found.problem,
    )


def _degrees(variance: Variance | None) -> tuple[float, ...]:
    """Return those of the seeds' part and of the examples', each where there is one."""
    if variance is None:
        return ()
    parts = ((variance.seeds, variance.seed_degrees), (variance.examples, variance.example_degrees))
    return tuple(float(degrees) for part, degrees in parts if part)


def hierarchical(treatment: Scores, control: Scores, question: Question) -> Outcome:
    """Return the bootstrap over seeds and examples."""
    return hierarchical_bootstrap(
        treatment,
        control,
        alternative=question.alternative,
        level=question.level,
        num_resamples=question.num_resamples,
        rng=question.rng,
    )
