"""The pictures of an analysis: which are drawn of a set of runs, and from what."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

import pandas as pd

from experiment_results.comparison_plot import comparison_sections
from experiment_results.comparisons import ComparisonTable
from experiment_results.evaluation_maps import evaluation_map_of
from experiment_results.forest_picture import forest_of
from experiment_results.metrics import MetricName, ordered_metrics
from experiment_results.picture_subjects import Subject, metric_title, picture_subjects
from experiment_results.sweeps import sweeps_of
from experiment_results.task_pictures import over_tasks
from experiment_results.training_curves import training_curves
from experiment_results.variants import VariantRuns
from experiment_results.wording import first_of
from plots.bars import bars_data, draw_bars
from plots.data_map_overlay import draw_overlay, overlay_data
from plots.example_boxes import draw_example_boxes, example_boxes_data
from plots.heat_map import draw_heat_map, heat_map_data
from plots.saving import is_picture_of_ours, save_picture
from plots.seed_panels import draw_comparison
from plots.training_curves import draw_curves

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["draw_pictures", "save_pictures"]

_FORMATS = (".png", ".svg")
_MAX_ROWS = 40
"""Strategies in one picture, and the title says so: the first ones, of the forest plot those with the smallest p."""
_MAX_OVERLAYS = 6
_MAX_NAMED = 3
_MAX_SUBJECTS = 6
"""Data sets that have pictures of their own, and the forest plot says so; the tables hold all."""
_NO_NAME = re.compile(r"[^\w+-]+")
"""What does not go into the name of a file."""
_OURS = re.compile(r"(forest|experiment_results|training_curves|profiles|ranks|(bars|examples|map_gains|sweep)(_.*)?)")
"""Names of pictures that an analysis writes."""


def save_pictures(pictures: Mapping[str, Figure], experiments_dir: Path) -> list[Path]:
    """Write pictures by their names as PNG and SVG, and return the paths.

    Pictures of an earlier analysis that are not among them are removed: they would show what is no longer so.

    Raises:
        ResourceError: the folder cannot be written or the disk is full.
    """
    written = []
    for name, figure in pictures.items():
        for suffix in _FORMATS:
            written.append(save_picture(figure, experiments_dir / f"{name}{suffix}"))
            # What was laid out once stays as it is: half of the time goes into the layout.
            figure.set_layout_engine("none")
    for path in sorted({path for suffix in _FORMATS for path in experiments_dir.glob(f"*{suffix}")} - set(written)):
        if _OURS.fullmatch(path.stem) and is_picture_of_ours(path):
            path.unlink(missing_ok=True)
    return written


def draw_pictures(frame: pd.DataFrame, comparisons: ComparisonTable, experiments_dir: Path) -> dict[str, Figure]:
    """Return the pictures by the names of their files, the forest plot first.

    ``forest``, ``experiment_results`` (every seed), ``training_curves``; over several tasks ``profiles`` and ``ranks``;
    for each data set and model ``bars``, ``examples`` (box plots of their scores), ``map_gains`` (where on a data map
    a strategy gains) and ``sweep_...`` (a heat map for each strategy with two swept settings). Where there are several
    data sets, the names of their pictures end in the data set's.
    """
    subjects = picture_subjects(frame, comparisons)
    scored = [subject for subject in subjects if subject.metrics]
    drawn = scored[:_MAX_SUBJECTS]
    rest = len(scored) - len(drawn)
    note = f"bars, examples, gains on the map and sweeps: of the first {len(drawn)} of {len(scored)} data sets"
    pictures: dict[str, Figure] = {}
    forest = forest_of(subjects, comparisons, note if rest else "")
    if forest is not None:
        pictures["forest"] = forest
    if ordered_metrics(frame):
        pictures["experiment_results"] = draw_comparison(comparison_sections(frame, comparisons.options.baseline))
    curves = training_curves(frame, experiments_dir, comparisons.options.baseline)
    if curves:
        pictures["training_curves"] = draw_curves(curves)
    pictures.update(over_tasks(subjects, comparisons))
    for subject, suffix in zip(drawn, _suffixes(drawn), strict=True):
        for name, figure in _of_one(subject, comparisons, experiments_dir):
            pictures[f"{name}{suffix}"] = figure
    return pictures


def _suffixes(subjects: Sequence[Subject]) -> list[str]:
    """Return what tells the files of several data sets apart: their names, with the model's where those are alike."""
    if len(subjects) < 2:
        return [""] * len(subjects)
    _, models, datasets, splits = zip(*(subject.data for subject in subjects), strict=True)
    names = [PurePath(name).name for name in datasets]
    for further in (models, splits):
        if len(set(names)) < len(names):
            names = [f"{name}_{PurePath(part).name}" for name, part in zip(names, further, strict=True)]
    plain = [_NO_NAME.sub("_", name) for name in names]
    seen: Counter[str] = Counter()
    suffixes = []
    for name in plain:
        seen[name] += 1
        suffixes.append(f"_{name}" if seen[name] == 1 else f"_{name}-{seen[name]}")
    return suffixes


def _of_one(subject: Subject, comparisons: ComparisonTable, experiments_dir: Path) -> Iterator[tuple[str, Figure]]:
    """Draw what shows one data set and model, by its primary metric."""
    metric = subject.metrics[0]
    variants = subject.variants[:_MAX_ROWS]
    title = subject.titled(metric_title(metric)) + first_of(len(variants), len(subject.variants))
    scores = [(variant.label, variant.scores(metric.name)) for variant in variants]
    yield "bars", draw_bars(bars_data(title, scores, subject.colours))
    yield from _of_examples(subject, comparisons, metric, title, experiments_dir)
    for sweep in sweeps_of(subject.variants):
        note = f"mean over {', '.join(sweep.others)}" if sweep.others else ""
        points = [
            (row, column, setting, list(each.scores(metric.name).values()))
            for row, column, setting, each in sweep.points
        ]
        name = subject.titled(f"{sweep.method}, {metric_title(metric)}")
        data = heat_map_data(name, sweep.names, points, note)
        if data.num_runs.any():
            yield f"sweep_{_NO_NAME.sub('_', sweep.method)}", draw_heat_map(data)


def _of_examples(
    subject: Subject, comparisons: ComparisonTable, metric: MetricName, title: str, experiments_dir: Path
) -> Iterator[tuple[str, Figure]]:
    every = [variant for variant, _ in subject.scores(comparisons, metric)]
    scored = [pair for pair in subject.scores(comparisons, metric) if pair[1].examples is not None]
    known = [(variant.label, subject.colours[variant.label], scores) for variant, scores in scored[:_MAX_ROWS]]
    baseline = next((scores for variant, scores in scored if variant is subject.baseline), None)
    if known:
        note = _left_out("no scores of examples", every, [variant for variant, _ in scored])
        yield "examples", draw_example_boxes(example_boxes_data(title, known, baseline, note))
    if baseline is None:
        return
    ids = set(baseline.example_ids)
    alike = [(variant, scores) for variant, scores in scored if set(scores.example_ids) == ids]
    others = [(variant.label, scores) for variant, scores in alike if scores is not baseline]
    if others:
        kind, higher = metric.kind.replace("_", " "), metric.higher_is_better
        known_map = evaluation_map_of(subject, [scores for _, scores in alike], experiments_dir, higher)
        name = subject.titled(metric_title(metric)) + first_of(min(len(others), _MAX_OVERLAYS), len(others))
        note = _left_out("no scores of these examples", every, [variant for variant, _ in alike])
        name = "; ".join(filter(None, [name, note]))
        yield "map_gains", draw_overlay(overlay_data(name, others[:_MAX_OVERLAYS], baseline, known_map, higher, kind))


def _left_out(reason: str, every: Sequence[VariantRuns], kept: Sequence[VariantRuns]) -> str:
    lost = [variant.label for variant in every if variant not in kept]
    more = f" and {len(lost) - _MAX_NAMED} more" if len(lost) > _MAX_NAMED else ""
    return f"left out, {reason}: {', '.join(lost[:_MAX_NAMED])}{more}" if lost else ""
