"""What tests say as plain values for programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from experiment_commands.comparing.differences import Missing
from experiment_commands.comparing.metrics import SubjectRuns
from experiment_commands.comparing.report import label_of
from experiment_commands.judging.findings import Evidence, Finding, Questions
from experiment_commands.judging.sides import Confounder, remarks_on_sides

__all__ = ["findings_json"]


def findings_json(
    sides: Sequence[SubjectRuns], confounders: Sequence[Confounder], findings: Sequence[Finding], questions: Questions
) -> dict[str, Any]:
    """Return sides, what sets them apart, and the tests; differences are of a side minus the control."""
    return {
        "control": _side_json(0, sides[0]),
        "treatments": [_side_json(position, side) for position, side in enumerate(sides) if position],
        "differ_in": [_confounder_json(each) for each in confounders],
        "remarks": remarks_on_sides(sides),
        "questions": asdict(questions),
        "findings": [_finding_json(each, questions) for each in findings],
    }


def _side_json(position: int, side: SubjectRuns) -> dict[str, Any]:
    return {
        "label": label_of(position),
        "title": side.subject.title,
        "num_left_out": side.subject.num_left_out,
        "experiments": [{"id": each.id, "name": each.name, "seed": each.seed} for each in side.subject.members],
    }


def _confounder_json(confounder: Confounder) -> dict[str, Any]:
    values = {
        label_of(side): value
        for side, value in enumerate(confounder.difference.values)
        if not isinstance(value, Missing)
    }
    return {
        "name": confounder.difference.name,
        "values": values,
        "varies_within": [label_of(side) for side in confounder.within],
    }


def _finding_json(finding: Finding, questions: Questions) -> dict[str, Any]:
    need = finding.verdict.need
    return {
        "treatment": label_of(finding.side),
        "metric": finding.measure.name,
        "better": "higher" if finding.measure.higher_is_better else "lower",
        "method": finding.method,
        "verdict": finding.verdict.word,
        "reason": finding.verdict.reason,
        "p_corrected": finding.verdict.p_corrected,
        "need": None if need is None else need._asdict(),
        "notes": list(finding.notes),
        **({} if finding.evidence is None else _evidence_json(finding.evidence, questions.level)),
        "interval_level": finding.interval_level(questions),
    }


def _evidence_json(evidence: Evidence, level: float) -> dict[str, Any]:
    # On use: its intervals need scipy's optimisation, which takes a while to load.
    from analysis.effects.table import effect_sizes

    comparison, outcome = evidence.comparison, evidence.outcome
    floor = outcome.smallest_p if outcome.smallest_p is not None else comparison.smallest_p
    return {
        "num_seeds": comparison.num_seeds,
        "num_control_seeds": comparison.num_control_seeds,
        "num_shared_seeds": comparison.num_shared_seeds,
        "num_examples": comparison.num_examples,
        "mean": comparison.mean,
        "std": comparison.std,
        "control_mean": comparison.control_mean,
        "control_std": comparison.control_std,
        "difference": comparison.difference,
        "paired": comparison.paired,
        "basis": comparison.basis,
        "standard_error": comparison.standard_error,
        "effect_sizes": [each._asdict() for each in effect_sizes(evidence.treatment, evidence.control, level)],
        "margin": evidence.margin,
        "test": outcome.test,
        "statistic": outcome.statistic,
        "degrees": list(outcome.degrees),
        "p": outcome.p_value,
        "smallest_p": floor,
        "estimate": outcome.estimate,
        "interval": outcome.interval,
        "assumptions": list(outcome.assumptions),
        "problem": outcome.problem,
    }
