"""What is measured: a metric of the runs, or of a benchmark, and which way it is better."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from analysis.metric_directions import direction_of, is_about_the_training
from errors import ConfigError
from experiment_commands.comparing.directions import check_directions, higher_is_better
from experiment_commands.comparing.metrics import SubjectRuns, metric_matches, metrics_of, shown_metrics
from registry import nearest
from tracking.reading.metric_twins import known_as
from tracking.reading.records import ExperimentDetails

__all__ = ["Measure", "chosen_measures", "further_sets", "value_of"]

_NAMES_SHOWN = 30


class Measure(NamedTuple):
    """A metric, of the runs themselves or of one benchmark."""

    metric: str
    benchmark: str | None
    higher_is_better: bool

    @property
    def name(self) -> str:
        """As tables call it: ``eval_f1``, or ``gsm8k/accuracy``."""
        return self.metric if self.benchmark is None else f"{self.benchmark}/{self.metric}"


def chosen_measures(
    sides: Sequence[SubjectRuns],
    metrics: Sequence[str] = (),
    benchmark: str | None = None,
    lower: Sequence[str] = (),
    higher: Sequence[str] = (),
) -> list[Measure]:
    """Return the metrics that are asked for, or else the primary one.

    Args:
        sides: whose runs are compared.
        metrics: their names; none takes the primary one of most runs, or the only one there is.
        benchmark: whose evaluations are meant; None means the metrics of the runs.
        lower: metrics that are better when smaller, whatever their names say.
        higher: metrics that are better when larger.

    Raises:
        ConfigError: nobody has such a metric, neither way of it is better, or no metric is the primary one.
    """
    known = shown_metrics(sides) if benchmark is None else _metrics_of_benchmark(sides, benchmark)
    lower, higher = ([known_as(name, known) or name for name in names] for names in (lower, higher))
    check_directions(lower, higher, known)
    names = [_known(name, known) for name in metrics] or [_primary(sides, known)]
    return [_measure(name, benchmark, lower, higher) for name in dict.fromkeys(names)]


def further_sets(sides: Sequence[SubjectRuns], measures: Sequence[Measure]) -> dict[str, list[str]]:
    """Return for each metric the same on other evaluation sets: ``eval_demo_ood_f1`` of ``eval_f1``.

    Args:
        sides: whose runs were measured.
        measures: what is looked at, and so is not left out.
    """
    asked = {each.metric for each in measures}
    known = sorted(shown_metrics(sides) - asked)
    patterns = {
        each.name: re.compile(rf"eval_(?!(?:macro|micro|weighted|filtered)_)\w[^/]*_{re.escape(each.metric[5:])}")
        for each in measures
        if each.benchmark is None and each.metric.startswith("eval_")
    }
    found = {name: [other for other in known if pattern.fullmatch(other)] for name, pattern in patterns.items()}
    return {name: others for name, others in found.items() if others}


def _known(name: str, known: set[str]) -> str:
    found = known_as(name, known)
    if found is None:
        shown = ", ".join(sorted(known)[:_NAMES_SHOWN]) or "none"
        raise ConfigError(
            f"none of these runs has the metric {name!r}{nearest(name, sorted(known))} (metrics: {shown})"
        )
    return found


def _metrics_of_benchmark(sides: Sequence[SubjectRuns], benchmark: str) -> set[str]:
    evaluations = [each for side in sides for details in side.details for each in details.evaluations]
    known = sorted({each.benchmark for each in evaluations})
    if benchmark not in known:
        listing = ", ".join(known) or "none"
        raise ConfigError(
            f"none of these runs was evaluated on {benchmark!r}{nearest(benchmark, known)} (known: {listing})"
        )
    return {name for each in evaluations if each.benchmark == benchmark for name in each.metrics}


def _primary(sides: Sequence[SubjectRuns], known: set[str]) -> str:
    named = Counter(record.primary_metric for side in sides for record in side.records if record.primary_metric)
    for name, _ in named.most_common():
        found = [each for each in sorted(known, key=len, reverse=True) if metric_matches(name, each)]
        if found:
            return found[0]
    qualities = [name for name in sorted(known) if direction_of(name) and not is_about_the_training(name)]
    if len(qualities) == 1:
        return qualities[0]
    shown = ", ".join(qualities[:_NAMES_SHOWN]) or "none"
    raise ConfigError(f"no run says which of its metrics counts; name one with --metric (metrics: {shown})")


def _measure(name: str, benchmark: str | None, lower: Sequence[str], higher: Sequence[str]) -> Measure:
    return Measure(name, benchmark, higher_is_better(name, lower, higher))


def value_of(details: ExperimentDetails, measure: Measure) -> float | None:
    """Return what a run reached; None where it has no such metric, nan where it was not finite."""
    if measure.benchmark is None:
        return metrics_of(details).get(measure.metric)
    newest = (each for each in details.evaluations if each.benchmark == measure.benchmark)
    return next((each.metrics[measure.metric] for each in newest if measure.metric in each.metrics), None)
