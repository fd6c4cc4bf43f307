"""What a variant scored by one metric: by example under every seed where its files allow, else by seed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.scores import Scores
from experiment_results.metrics import MetricName
from experiment_results.score_columns import RunScores, read_run_scores
from experiment_results.variants import VariantRuns
from experiment_results.wording import seeds_text

__all__ = ["VariantScores", "scores_by_metric", "scores_of"]

_FIELDS = {"accuracy": "correct"}
"""Field of a prediction whose mean a metric is, where it is not called the same."""
_SCALES = (1.0, 100.0)


class VariantScores(NamedTuple):
    """The scores of a variant, and what is to be said of them."""

    scores: Scores | None
    """None where no run has a value of the metric."""
    notes: tuple[str, ...] = ()
    """Why only the metric of each seed is known, or how examples were told apart; a clause each."""
    problem: str = ""
    """Why the seeds cannot be taken together; empty where they can."""


class _Columns(NamedTuple):
    """What the runs of a variant say of single examples, by seed."""

    found: Mapping[int, RunScores]
    missing: Mapping[int, str]
    """Why a run says nothing."""


def scores_of(variant: VariantRuns, metric: MetricName, experiments_dir: Path) -> VariantScores:
    """Read what a variant scored by one metric.

    Args:
        variant: whose runs are read; of two runs of one seed the one that finished last counts.
        metric: on its evaluation set.
        experiments_dir: folder of the experiments. A file that is missing or broken is no error: a note says so.
    """
    return scores_by_metric(variant, [metric], experiments_dir)[metric.name]


def scores_by_metric(
    variant: VariantRuns, metrics: Sequence[MetricName], experiments_dir: Path
) -> dict[str, VariantScores]:
    """Read what a variant scored by several metrics on one evaluation set; its files are read once."""
    fields = {metric.name: _FIELDS.get(metric.kind, metric.kind) for metric in metrics if metric.higher_is_better}
    folders = {seed: folder for metric in metrics for seed, folder in variant.folders(metric.name).items()}
    columns = _read(folders, metrics[0].eval_set, set(fields.values()), experiments_dir)
    return {
        metric.name: _scores(variant.scores(metric.name), fields.get(metric.name), columns, metric.name)
        for metric in metrics
    }


def _read(folders: Mapping[int, str], eval_set: str, fields: set[str], root: Path) -> _Columns:
    if not fields:
        return _Columns({}, {})
    read = {seed: read_run_scores(root / folder, eval_set, fields) for seed, folder in sorted(folders.items())}
    found = {seed: each for seed, each in read.items() if not isinstance(each, str)}
    return _Columns(found, {seed: each for seed, each in read.items() if isinstance(each, str)})


def _scores(values: Mapping[int, float], field: str | None, columns: _Columns, metric: str) -> VariantScores:
    if not values:
        return VariantScores(None)
    by_seed = Scores.of_seeds(values)
    if field is None:
        return VariantScores(by_seed)
    if columns.found and not any(field in each.columns for each in columns.found.values()):
        return VariantScores(by_seed, (f"{metric} is no mean over examples: their chance is left out",))
    reasons: dict[str, list[int]] = {}
    for seed, value in sorted(values.items()):
        reason = columns.missing.get(seed) or _misfit(columns.found[seed], field, value, metric)
        reasons.setdefault(reason, []).append(seed)
    seeds = reasons.pop("", [])
    notes = [
        f"{'' if len(own) == len(values) else f'{seeds_text(own)}: '}{why}, so that the chance of examples is left out"
        for why, own in reasons.items()
    ]
    problem = _other_examples(seeds, columns.found)
    if notes or problem:
        return VariantScores(by_seed, tuple(notes), problem)
    return _by_example(seeds, field, columns.found, values)


def _misfit(columns: RunScores, field: str, value: float, metric: str) -> str:
    scores = columns.columns.get(field)
    if scores is None:
        return f"its predictions have no {field}"
    unknown = int((~np.isfinite(scores)).sum())
    if unknown:
        return f"the {field} of {unknown} of {scores.size} examples is no number"
    if _scale(scores, value) is None:
        return f"the {field} of its examples averages to {scores.mean():.6g}, not to {metric} {value:.6g}"
    return ""


def _scale(scores: NDArray[np.float64], value: float) -> float | None:
    mean = float(scores.mean())
    return next((scale for scale in _SCALES if math.isclose(mean * scale, value, rel_tol=1e-6, abs_tol=1e-9)), None)


def _other_examples(seeds: Sequence[int], found: Mapping[int, RunScores]) -> str:
    """Return which runs of a variant were evaluated on other examples than its first."""
    others = [seed for seed in seeds if not _same_examples(found[seed], found[seeds[0]])]
    if not others:
        return ""
    return f"evaluated on different examples: {seeds_text(others)} and seed {seeds[0]}"


def _same_examples(first: RunScores, second: RunScores) -> bool:
    return first.ids is second.ids or set(first.ids) == set(second.ids)


def _by_example(
    seeds: Sequence[int], field: str, found: Mapping[int, RunScores], values: Mapping[int, float]
) -> VariantScores:
    first = found[seeds[0]]
    table = np.empty((len(seeds), len(first.ids)))
    for row, seed in enumerate(seeds):
        scores = found[seed].columns[field]
        table[row] = _in_order(scores, found[seed].ids, first.ids) * (_scale(scores, values[seed]) or 1.0)
    notes = (f"{first.num_repeated} ids of examples come again: told apart by their order",)
    return VariantScores(Scores.of_examples(seeds, table, first.ids), notes if first.num_repeated else ())


def _in_order(scores: NDArray[np.float64], ids: tuple[str, ...], wanted: tuple[str, ...]) -> NDArray[np.float64]:
    if ids is wanted or ids == wanted:
        return scores
    place = {each: position for position, each in enumerate(ids)}
    return scores[[place[each] for each in wanted]]
