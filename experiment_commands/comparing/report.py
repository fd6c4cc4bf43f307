"""A whole comparison as data: what differs, the metrics, and who is ahead."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from math import isfinite
from typing import Any, NamedTuple

from experiment_commands.comparing.differences import MISSING, Difference, Missing, differences
from experiment_commands.comparing.directions import check_directions
from experiment_commands.comparing.metrics import MetricRow, SubjectRuns, metric_rows, primary_metric, shown_metrics
from experiment_commands.comparing.surroundings import (
    code_of,
    configuration_of,
    configuration_without_seed,
    environment_of,
)
from experiment_commands.comparing.verdict import Verdict, find_verdict
from experiment_commands.subjects import Subject
from tracking.reading.local_backend import LocalBackend
from tracking.reading.metric_twins import known_as
from tracking.reading.records import ExperimentDetails

__all__ = ["Comparison", "Section", "compare_subjects", "comparison_json", "label_of"]


class Section(NamedTuple):
    """Differences of one kind."""

    title: str
    differences: tuple[Difference, ...]
    unknown: tuple[int, ...]
    """Positions of those of whom nothing is recorded."""
    mixed: tuple[int, ...]
    """Positions of groups whose own runs differ; their first run stands for them."""


@dataclass(frozen=True)
class Comparison:
    """Several subjects side by side."""

    compared: tuple[SubjectRuns, ...]
    sections: tuple[Section, ...]
    metrics: tuple[MetricRow, ...]
    verdict: Verdict | None
    """None where no metric decides."""


def label_of(position: int) -> str:
    """Return the letter by which tables call the subject at a position."""
    return chr(ord("A") + position)


def compare_subjects(
    backend: LocalBackend,
    subjects: Sequence[Subject],
    metric: str | None = None,
    lower: Sequence[str] = (),
    higher: Sequence[str] = (),
    level: float = 0.95,
) -> Comparison:
    """Compare subjects.

    Args:
        backend: the store.
        subjects: at least two.
        metric: which decides; None takes the primary one.
        lower: metrics that are better when smaller.
        higher: metrics that are better when larger.
        level: of the intervals, in (0, 1).

    Raises:
        ConfigError: a metric that nobody has.
        DatabaseUnavailable: the database cannot be reached.
    """
    details = iter(backend.get_experiments([member.id for subject in subjects for member in subject.members]))
    compared = tuple(SubjectRuns(subject, tuple(islice(details, len(subject.members)))) for subject in subjects)
    known = shown_metrics(compared)
    lower, higher = ([known_as(name, known) or name for name in names] for names in (lower, higher))
    check_directions(lower, higher, known)
    rows = metric_rows(compared, lower, higher)
    deciding = primary_metric(compared, rows, metric and (known_as(metric, known) or metric))
    sections = (
        _section("configuration", compared, configuration_without_seed if subjects[0].grouped else configuration_of),
        _section("environment", compared, environment_of),
        _section("code", compared, lambda details: code_of(details.code)),
    )
    has_value = deciding is not None and any(value is not None and isfinite(value) for value in deciding.values)
    verdict = find_verdict(backend, compared, deciding, level) if deciding is not None and has_value else None
    return Comparison(compared, sections, tuple(rows), verdict)


def _section(
    title: str, compared: Sequence[SubjectRuns], read: Callable[[ExperimentDetails], Mapping[str, Any]]
) -> Section:
    """Compare the first run of each; where nothing is recorded, everything would seem to differ."""
    contents = [[read(details) for details in runs.details] for runs in compared]
    unknown = tuple(position for position, own in enumerate(contents) if not own[0])
    known = [own[0] for own in contents if own[0]]
    found = [_spread(each, unknown, len(compared)) for each in differences(known)] if len(known) > 1 else []
    mixed = tuple(position for position, own in enumerate(contents) if differences(own))
    return Section(title, tuple(found), unknown, mixed)


def _spread(difference: Difference, unknown: Sequence[int], count: int) -> Difference:
    """Give those of whom nothing is known their place again."""
    values = iter(difference.values)
    return Difference(
        difference.path, tuple(MISSING if position in unknown else next(values) for position in range(count))
    )


def comparison_json(comparison: Comparison) -> dict[str, Any]:
    """Return a comparison as plain values for programs; what is missing is left out, so that it is not null."""
    labels = [label_of(position) for position in range(len(comparison.compared))]
    return {
        "compared": [_subject_json(label, runs) for label, runs in zip(labels, comparison.compared, strict=True)],
        "differences": {
            section.title: [_difference_json(each, labels) for each in section.differences]
            for section in comparison.sections
        },
        "metrics": [
            {
                "name": row.name,
                "better": row.direction,
                "values": _by_label(labels, row.values),
                "std": _by_label(labels, row.stds),
                "best": [labels[position] for position in sorted(row.best)],
            }
            for row in comparison.metrics
        ],
        "verdict": None if comparison.verdict is None else _verdict_json(comparison.verdict, labels),
    }


def _subject_json(label: str, runs: SubjectRuns) -> dict[str, Any]:
    subject = runs.subject
    return {
        "label": label,
        "title": subject.title,
        "grouped": subject.grouped,
        "group": subject.members[0].group,
        "num_left_out": subject.num_left_out,
        "experiments": [
            {"id": member.id, "name": member.name, "seed": member.seed, "status": member.status}
            for member in subject.members
        ],
    }


def _difference_json(difference: Difference, labels: Sequence[str]) -> dict[str, Any]:
    pairs = zip(labels, difference.values, strict=True)
    return {"name": difference.name, "values": {label: v for label, v in pairs if not isinstance(v, Missing)}}


def _by_label(labels: Sequence[str], values: Sequence[float | None]) -> dict[str, float]:
    return {label: value for label, value in zip(labels, values, strict=True) if value is not None}


def _verdict_json(verdict: Verdict, labels: Sequence[str]) -> dict[str, Any]:
    return {
        "metric": verdict.metric,
        "better": verdict.direction,
        "leader": None if verdict.leader is None else labels[verdict.leader],
        "level": verdict.level,
        "without": [labels[position] for position in verdict.without],
        "versus": [
            {
                "other": labels[each.other],
                "ahead_by": each.difference,
                "interval": each.interval,
                "over": each.basis,
                "paired": each.paired,
                "num_seeds": each.num_seeds,
                "num_examples": each.num_examples,
                "distinguishable": each.distinguishable,
                "problem": each.problem or None,
            }
            for each in verdict.versus
        ],
    }
