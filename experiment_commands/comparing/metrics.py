"""Metrics of several subjects side by side: values, spread over seeds, and who has the best."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from math import isfinite
from typing import NamedTuple

from analysis.metric_directions import Direction, direction_of, is_about_the_training
from errors import ConfigError
from experiment_commands.subjects import Subject
from registry import nearest
from tracking.reading.metric_twins import curves_of_results
from tracking.reading.records import ExperimentDetails, ExperimentRecord

__all__ = ["MetricRow", "SubjectRuns", "metric_matches", "metric_rows", "metrics_of", "primary_metric", "shown_metrics"]


class SubjectRuns(NamedTuple):
    """A subject with everything about its experiments."""

    subject: Subject
    details: tuple[ExperimentDetails, ...]

    def values(self, metric: str) -> list[float]:
        """Return the metric of each experiment that has it."""
        found = (metrics_of(each).get(metric) for each in self.details)
        return [value for value in found if value is not None]

    def by_seed(self, metric: str) -> dict[int, float]:
        """Return the metric of each seed, where it is finite."""
        pairs = ((each.record.seed, metrics_of(each).get(metric)) for each in self.details)
        return {seed: value for seed, value in pairs if seed is not None and value is not None and isfinite(value)}

    @property
    def records(self) -> list[ExperimentRecord]:
        """The experiments' records."""
        return [each.record for each in self.details]


class MetricRow(NamedTuple):
    """One metric of all subjects; None where a subject lacks it."""

    name: str
    direction: Direction | None
    values: tuple[float | None, ...]
    """Means over seeds, where subjects are groups; nan where one of them is not finite."""
    stds: tuple[float | None, ...]
    """Sample standard deviations over seeds; None from a single run."""
    best: frozenset[int]
    """Positions of the best; empty where no way is better, or all are equal."""
    is_quality: bool
    """Whether it says something of how good a model is, and which way."""


def metric_matches(metric: str, name: str) -> bool:
    """Return whether ``name`` is the metric or its end: ``f1`` is, of ``eval_f1`` and of ``squad/f1``."""
    return metric == name or (metric.endswith(name) and metric[-len(name) - 1] in "_/.")


def metrics_of(details: ExperimentDetails) -> dict[str, float]:
    """Return final metrics, and those of evaluations as ``<benchmark>/<metric>`` that are not among them."""
    final = {name: each.value for name, each in details.metrics.items()}
    evaluated = {
        f"{evaluation.benchmark}/{name}": value
        for evaluation in details.evaluations
        for name, value in evaluation.metrics.items()
        if not any(metric_matches(each, name) and final[each] == value for each in final)
    }
    return {**evaluated, **final}


def shown_metrics(compared: Sequence[SubjectRuns]) -> set[str]:
    """Return the metrics that any of the compared has; a result and its curve are one, by the result's name."""
    names = {name for runs in compared for each in runs.details for name in metrics_of(each)}
    return names - set(curves_of_results(names).values())


def metric_rows(
    compared: Sequence[SubjectRuns], lower: Sequence[str] = (), higher: Sequence[str] = ()
) -> list[MetricRow]:
    """Return a row for each metric that any of the compared has: qualities first, then what is none.

    Nobody is the best in what is about the training alone, such as its runtime, unless the user says which way.

    Args:
        compared: at least one.
        lower: metrics that are better when smaller, whatever their names say.
        higher: metrics that are better when larger.
    """
    asked = {*lower, *higher}
    rows = [
        _row(compared, name, direction_of(name, lower, higher), name in asked or not is_about_the_training(name))
        for name in sorted(shown_metrics(compared))
    ]
    return sorted(rows, key=lambda row: (not row.is_quality, row.direction is None))


def _row(compared: Sequence[SubjectRuns], name: str, direction: Direction | None, is_quality: bool) -> MetricRow:
    columns = [runs.values(name) for runs in compared]
    values = tuple(statistics.fmean(column) if column else None for column in columns)
    stds = tuple(_std(column) for column in columns)
    best = _best(values, direction) if is_quality else frozenset()
    return MetricRow(name, direction, values, stds, best, is_quality and direction is not None)


def _std(values: Sequence[float]) -> float | None:
    return statistics.stdev(values) if len(values) > 1 and all(map(isfinite, values)) else None


def _best(values: Sequence[float | None], direction: Direction | None) -> frozenset[int]:
    known = [value for value in values if value is not None and isfinite(value)]
    if direction is None or len(set(known)) < 2:
        return frozenset()
    best = max(known) if direction == "higher" else min(known)
    return frozenset(position for position, value in enumerate(values) if value == best)


def primary_metric(compared: Sequence[SubjectRuns], rows: Sequence[MetricRow], wanted: str | None) -> MetricRow | None:
    """Return the metric that decides: the wanted one, else the one most experiments call their primary one.

    Without either, the only quality that all have; None where that is not plain.

    Raises:
        ConfigError: nobody has the wanted metric, or it has no direction.
    """
    known: Mapping[str, MetricRow] = {row.name: row for row in rows}
    if wanted is not None:
        if wanted not in known:
            raise ConfigError(
                f"none of these has the metric {wanted!r}{nearest(wanted, list(known))} "
                f"(metrics: {', '.join(list(known)[:30]) or 'none'})"
            )
        if known[wanted].direction is None:
            raise ConfigError(f"{wanted}: neither way is better; say so with --lower {wanted} or --higher {wanted}")
        return known[wanted]
    named = Counter(record.primary_metric for runs in compared for record in runs.records if record.primary_metric)
    for name, _ in named.most_common():
        if name in known and known[name].direction is not None:
            return known[name]
    shared = [row for row in rows if row.is_quality and None not in row.values]
    return shared[0] if len(shared) == 1 else None
