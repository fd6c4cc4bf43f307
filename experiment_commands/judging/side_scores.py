"""What one side scored: by example under every seed where each of its runs kept that, else by seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import inf, isfinite
from typing import NamedTuple

import numpy as np

from analysis.scores import Scores
from experiment_commands.comparing.metrics import SubjectRuns
from experiment_commands.comparing.sample_scores import SampleScores, scores_of_metric, scores_per_evaluation
from experiment_commands.judging.measures import Measure, value_of
from tracking.reading.local_backend import LocalBackend
from tracking.reading.records import ExperimentDetails

__all__ = ["SideScores", "scores_of_side"]


_NUMBERS_FROM, _MOST_RUNS = -(2**40), 2**30
"""Below what any seed is, and for each side numbers of its own."""


class SideScores(NamedTuple):
    """The scores of a side, and what is to be said of them."""

    scores: Scores | None
    """None where no run has the metric."""
    notes: tuple[str, ...]
    """Runs that do not count, and why examples are missing."""
    order: tuple[int, ...] = ()
    """The seeds, or the numbers that stand for them, in the order in which their runs ended."""


def scores_of_side(backend: LocalBackend, side: SubjectRuns, measure: Measure, position: int) -> SideScores:
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
            state = "is not finite" if value is not None else "is missing"
            notes.append(f"{details.record.name} does not count, as its {measure.name} {state}")
        else:
            counted.append((details, value))
    if not counted:
        return SideScores(None, tuple(notes))
    counted.sort(key=lambda each: each[0].record.finished_at or inf)
    runs, values = [each for each, _ in counted], [value for _, value in counted]
    seeds, problem = _seeds(runs, position)
    notes += [problem] if problem else []
    by_example = [_by_example(backend, details, measure, value) for details, value in counted]
    if any(each is not None for each in by_example):
        table, problem = _table(runs, by_example)
        if table is not None:
            ids = list(table[0].scores)
            examples = [[each.scale * each.scores[name] for name in ids] for each in table]
            return SideScores(Scores.of_examples(seeds, np.array(examples), ids), tuple(notes), tuple(seeds))
        notes.append(problem)
    return SideScores(Scores.of_seeds(dict(zip(seeds, values, strict=True))), tuple(notes), tuple(seeds))


def _seeds(runs: Sequence[ExperimentDetails], position: int) -> tuple[list[int], str]:
    seeds = [details.record.seed for details in runs]
    known = [seed for seed in seeds if seed is not None]
    if len(set(known)) == len(runs):
        return known, ""
    why = "some have no seed" if len(known) < len(runs) else "some have the same seed"
    first = _NUMBERS_FROM - position * _MOST_RUNS
    return [first - number for number in range(len(runs))], f"its runs are not paired by seed, as {why}"


def _by_example(
    backend: LocalBackend, details: ExperimentDetails, measure: Measure, value: float
) -> SampleScores | None:
    if measure.benchmark is None:
        return next(iter(scores_per_evaluation(backend, details.record, measure.metric).values()), None)
    for result in backend.get_evaluation_results(details.record.id, measure.benchmark):
        return scores_of_metric(result.samples, measure.metric, value)
    return None


def _table(
    runs: Sequence[ExperimentDetails], by_example: Sequence[SampleScores | None]
) -> tuple[list[SampleScores] | None, str]:
    """Return the scores where all runs have those of the same examples, or why there are none."""
    found = [each for each in by_example if each is not None]
    if len(found) < len(runs):
        without = next(details.record.name for details, each in zip(runs, by_example, strict=True) if each is None)
        return None, f"{without} has no score of each example, so that seeds alone are compared"
    ids: Mapping[str, float] = found[0].scores
    for details, each in zip(runs, found, strict=True):
        if each.scores.keys() != ids.keys():
            name = details.record.name
            return None, f"{name} was evaluated on other examples than {runs[0].record.name}, so that seeds alone count"
    return found, ""
