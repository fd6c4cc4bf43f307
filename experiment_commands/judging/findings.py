"""What tests say of each side beside the first one, corrected for how many there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, get_args

import numpy as np

from analysis.corrections import CORRECTIONS, Correction
from analysis.crossed import Comparison
from analysis.hypothesis_tests.methods import DEFAULT_METHOD, METHODS, run_method
from analysis.margins import usual_margin
from analysis.outcome import Alternative, Outcome, Pairing
from analysis.scores import Scores
from analysis.variant_scores import VariantScores, compare_variants, mismatch
from analysis.verdicts import Claim, Verdict, Word, judge
from errors import ConfigError
from experiment_commands.comparing.metrics import SubjectRuns
from experiment_commands.judging.measures import Measure, further_sets
from experiment_commands.judging.side_scores import scores_of_side
from registry import nearest
from tracking.reading.local_backend import LocalBackend

__all__ = ["EQUIVALENCE", "Evidence", "Finding", "Questions", "find_out"]

EQUIVALENCE = "tost"
"""The method whose small p-value speaks for equality; its interval has the level ``1 - 2 * (1 - level)``."""
_NOT_SIGNED = ("aso",)
"""Methods whose estimate says nothing of which side is ahead."""
_OF_MODELS = "these very models: other seeds may say otherwise"
_MEANS_DISAGREE = "though the means differ the other way"
_OTHER_WAY = "the difference points the other way than --alternative asks"
_NO_VERDICT = Verdict("undecided", None, None, "")


@dataclass(frozen=True, kw_only=True)
class Questions:
    """What is asked, and how."""

    methods: tuple[str, ...] = (DEFAULT_METHOD,)
    correction: Correction = "holm"
    alternative: Alternative = "two-sided"
    pairing: Pairing = "auto"
    margin: float | None = None
    """Differences within -margin and margin do not matter; None takes half a point where scores have points."""
    level: float = 0.95
    """Of intervals; what is left of 1 is the level of the tests."""
    num_resamples: int = 10_000
    seed: int = 0
    """Of resamples."""

    def __post_init__(self) -> None:
        if not 0.5 < self.level < 1:
            raise ConfigError(f"--level {self.level}: expected a probability above 0.5 and below 1, such as 0.95")
        if self.margin is not None and not self.margin > 0:
            raise ConfigError(f"--margin {self.margin}: expected a number above 0, on the metric's scale")
        _check("--correction", self.correction, CORRECTIONS)
        _check("--alternative", self.alternative, get_args(Alternative))
        _check("--pairing", self.pairing, get_args(Pairing))
        for method in self.methods:
            _check("--method", method, list(METHODS))


def _check(option: str, value: str, known: Sequence[str]) -> None:
    if value not in known:
        raise ConfigError(f"{option} {value}: no such one{nearest(value, list(known))} (known: {', '.join(known)})")


class Evidence(NamedTuple):
    """What speaks for a verdict."""

    comparison: Comparison
    """Means, spread and difference, with the interval of the default method."""
    outcome: Outcome
    """Of the method that is asked for."""
    margin: float | None
    treatment: Scores
    control: Scores


@dataclass(frozen=True)
class Finding:
    """One test of one side against the first, by one metric."""

    side: int
    """Position of the treatment; the control is the first."""
    measure: Measure
    method: str
    evidence: Evidence | None
    """None where a side has no value of the metric."""
    verdict: Verdict
    notes: tuple[str, ...]

    def interval_level(self, questions: Questions) -> float:
        """Return the level of its interval: of equality, that of a pair of one-sided tests."""
        return 2 * questions.level - 1 if self.method == EQUIVALENCE else questions.level


def find_out(
    backend: LocalBackend, sides: Sequence[SubjectRuns], measures: Sequence[Measure], questions: Questions
) -> list[Finding]:
    """Test each side against the first by every metric with every method; p-values are corrected for all of them.

    Args:
        backend: where scores of examples are read.
        sides: the control, then at least one treatment.
        measures: at least one.
        questions: what is asked.

    Raises:
        ConfigError: pairs are asked for where no seed is shared.
    """
    rng = np.random.default_rng(questions.seed)
    found: list[Finding] = []
    left_out = further_sets(sides, measures)
    for measure in measures:
        scored = [scores_of_side(backend, side, measure, position) for position, side in enumerate(sides)]
        for position in range(1, len(sides)):
            found += _tests(position, measure, scored[position], scored[0], questions, rng)
    found = [replace(each, notes=(*each.notes, *_on_others(left_out.get(each.measure.name, ())))) for each in found]
    return _judged(found, questions)


def _on_others(left_out: Sequence[str]) -> list[str]:
    if not left_out:
        return []
    names = ", ".join(left_out)
    return [f"other evaluation sets are not tested here: {names}; with -m for each, p-values are corrected for all"]


def _tests(
    side: int, measure: Measure, treatment: VariantScores, control: VariantScores, questions: Questions,
    rng: np.random.Generator,
) -> list[Finding]:  # fmt: skip
    notes = tuple(dict.fromkeys((*control.notes, *treatment.notes)))
    first, second = treatment.scores, control.scores
    if first and second and questions.pairing == "paired" and not set(first.seeds) & set(second.seeds):
        raise ConfigError("--pairing paired: the sides share no seed; leave it out, or run both with the same seeds")
    comparison = compare_variants(
        treatment, control, pairing=questions.pairing, alternative=questions.alternative, level=questions.level
    )
    if comparison is None or first is None or second is None:
        verdict = Verdict("undecided", None, None, f"a side has no {measure.name}")
        return [Finding(side, measure, method, None, verdict, notes) for method in questions.methods]
    margin = questions.margin or usual_margin([first, second], measure.higher_is_better)
    problem = mismatch(treatment, control)
    found = []
    for method in questions.methods:
        refused = Outcome(method, None, None, problem=problem)
        outcome = refused if problem else _outcome(method, first, second, margin, questions, rng)
        evidence = Evidence(comparison, outcome, margin, first, second)
        found.append(Finding(side, measure, method, evidence, _NO_VERDICT, notes))
    return found


def _outcome(
    method: str, treatment: Scores, control: Scores, margin: float | None, questions: Questions,
    rng: np.random.Generator,
) -> Outcome:  # fmt: skip
    return run_method(
        method,
        treatment,
        control,
        rng=rng,
        alternative=questions.alternative,
        level=questions.level,
        pairing=questions.pairing,
        margin=margin,
        num_resamples=questions.num_resamples,
    )


def _judged(found: Sequence[Finding], questions: Questions) -> list[Finding]:
    """Return the findings with their verdicts: each method's p-value, and the default interval for equality."""
    claims = [_claim(each.evidence, each.measure) for each in found if each.evidence is not None]
    verdicts = iter(judge(claims, alpha=1 - questions.level, correction=questions.correction))
    return [
        each if each.evidence is None else replace(each, verdict=_turned(each, next(verdicts), questions))
        for each in found
    ]


def _claim(evidence: Evidence, measure: Measure) -> Claim:
    outcome = evidence.outcome
    tested = replace(evidence.comparison, p_value=outcome.p_value, problem=outcome.problem)
    return Claim(tested, evidence.margin, measure.higher_is_better)


def _turned(finding: Finding, verdict: Verdict, questions: Questions) -> Verdict:
    """Return the verdict as its method means it.

    The sign is that of what the method estimates, which need not be the mean's. Some methods speak of single models,
    and of one a small p-value speaks for equality.
    """
    evidence = finding.evidence
    if evidence is None or verdict.p_corrected is None:
        return verdict
    if finding.method == EQUIVALENCE:
        return _of_equality(evidence, verdict.p_corrected, 1 - questions.level)
    difference = evidence.comparison.difference
    found = difference if finding.method in _NOT_SIGNED else evidence.outcome.estimate or difference
    if verdict.word not in ("better", "worse"):
        asked = {"greater": 1, "less": -1}.get(questions.alternative, 0)
        return verdict._replace(need=None, reason=_OTHER_WAY) if asked * found < 0 else verdict
    word: Word = "better" if (found > 0) == finding.measure.higher_is_better else "worse"
    of_models = METHODS[finding.method].basis == "examples"
    reasons = [_OF_MODELS if of_models else "", _MEANS_DISAGREE if found * difference < 0 else "", verdict.reason]
    return verdict._replace(word=word, reason="; ".join(filter(None, reasons)))


def _of_equality(evidence: Evidence, p_corrected: float, alpha: float) -> Verdict:
    if p_corrected < alpha:
        return Verdict("equivalent", p_corrected, None, f"any difference is smaller than {evidence.margin:g}")
    return Verdict("undecided", p_corrected, None, f"a difference of {evidence.margin:g} is not ruled out")
