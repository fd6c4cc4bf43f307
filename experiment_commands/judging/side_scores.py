"""What one side scored by one metric, read from the store and the evaluations that its runs kept."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from math import inf, isfinite
from typing import Any

import numpy as np

from analysis.variant_scores import RunScores, VariantScores, is_behind, score_fields, scores_of_runs
from experiment_commands.comparing.metrics import SubjectRuns, metric_matches
from experiment_commands.judging.measures import Measure, value_of
from score_files import ScoreColumns
from tracking.folders.samples import Sample, read_samples
from tracking.reading.local_backend import LocalBackend
from tracking.reading.records import ExperimentDetails

__all__ = ["scores_of_side"]

_PREDICTIONS = "trainer_output/eval_predictions*.jsonl"
"""What runs leave that were made before evaluations were written down as such."""
_NUMBERS_FROM, _MOST_RUNS = -(2**40), 2**30
"""Below what any seed is, and for each side numbers of its own."""


def scores_of_side(backend: LocalBackend, side: SubjectRuns, measure: Measure, position: int) -> VariantScores:
    """Read the scores of a side's runs.

    Runs without a seed, and runs of several configurations that share one, are numbered: nothing pairs them with
    the runs of another side.

    Args:
        backend: where scores of examples are read.
        side: the runs.
        measure: the metric.
        position: of the side among all; numbers of no two sides are the same.
    """
    counted, notes = [], []
    for details in side.details:
        value = value_of(details, measure)
        if value is None or not isfinite(value):
            notes.append(f"{details.record.name} does not count, as {_why_not(details, measure, value)}")
        else:
            counted.append((details, value))
    counted.sort(key=lambda each: each[0].record.finished_at or inf)
    seeds, problem = _seeds([details for details, _ in counted], position)
    notes += [problem] if problem else []
    names = {seed: details.record.name for seed, (details, _) in zip(seeds, counted, strict=True)}
    runs = [
        RunScores(seed, value, _examples(backend, details, measure, value))
        for seed, (details, value) in zip(seeds, counted, strict=True)
    ]
    found = scores_of_runs(runs, measure.metric, lambda some: ", ".join(names[seed] for seed in some))
    return found._replace(notes=(*notes, *found.notes))


def _why_not(details: ExperimentDetails, measure: Measure, value: float | None) -> str:
    if value is not None:
        return f"its {measure.name} is not finite"
    evaluations = details.evaluations if measure.benchmark is None else ()
    benchmarks = [
        each.benchmark for each in evaluations if any(metric_matches(measure.metric, n) for n in each.metrics)
    ]
    return f"its {measure.name} is missing" + "".join(f"; --benchmark {name} has one" for name in benchmarks[:1])


def _seeds(runs: Sequence[ExperimentDetails], position: int) -> tuple[list[int], str]:
    seeds = [details.record.seed for details in runs]
    known = [seed for seed in seeds if seed is not None]
    if len(set(known)) == len(runs):
        return known, ""
    why = "some have no seed" if len(known) < len(runs) else "some have the same seed"
    first = _NUMBERS_FROM - position * _MOST_RUNS
    return [first - number for number in range(len(runs))], f"its runs are not paired by seed, as {why}"


def _examples(backend: LocalBackend, details: ExperimentDetails, measure: Measure, value: float) -> ScoreColumns | str:
    """Return the scores of the newest evaluation that is behind the metric, else of the newest that may be."""
    read = [_columns(samples, measure.metric) for samples in _evaluations(backend, details, measure, value) if samples]
    fitting = (each for each in read if is_behind(RunScores(0, value, each), measure.metric))
    return next(fitting, next(iter(read), "no score of any example was kept"))


def _evaluations(
    backend: LocalBackend, details: ExperimentDetails, measure: Measure, value: float
) -> Iterator[Sequence[Sample]]:
    """Yield the samples of each evaluation that may be behind the metric."""
    results = backend.get_evaluation_results(details.record.id, measure.benchmark)
    for result in results:
        metrics = result.evaluation.metrics
        own = [number for name, number in metrics.items() if metric_matches(measure.metric, name)]
        if value in own or not own:
            yield result.samples
    if not results and measure.benchmark is None:
        for path in sorted(details.record.folder.glob(_PREDICTIONS)):
            yield read_samples(path)


def _columns(samples: Sequence[Sample], metric: str) -> ScoreColumns:
    columns = {field: [_number(each.content.get(field)) for each in samples] for field in score_fields(metric)}
    known = {field: np.array(column) for field, column in columns.items() if not all(map(math.isnan, column))}
    return ScoreColumns(tuple(each.sample_id for each in samples), known)


def _number(value: Any) -> float:
    return float(value) if isinstance(value, bool | int | float) else math.nan
