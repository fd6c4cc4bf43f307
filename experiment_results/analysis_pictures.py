"""The pictures of an analysis: which are drawn of a set of runs, and from what."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from experiment_results.comparison_plot import comparison_sections, draw_comparison
from experiment_results.comparisons import ComparisonTable
from experiment_results.evaluation_maps import evaluation_map_of
from experiment_results.metrics import MetricName, ordered_metrics
from experiment_results.picture_subjects import Subject, picture_subjects
from experiment_results.sweeps import sweeps_of
from experiment_results.training_curves import draw_curves, training_curves
from experiment_results.wording import first_of
from plots.bars import bars_data, draw_bars
from plots.critical_difference import MIN_STRATEGIES, MIN_TASKS, critical_difference_data, draw_critical_difference
from plots.data_map_overlay import draw_overlay, overlay_data
from plots.example_boxes import draw_example_boxes, example_boxes_data
from plots.forest import ForestPanel, draw_forest, forest_panel
from plots.heat_map import draw_heat_map, heat_map_data
from plots.palette import family_colours
from plots.performance_profile import MAX_OF_ONE_COLOUR, draw_profiles, profiles_data
from plots.saving import save_picture

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["draw_pictures", "write_pictures"]

_FORMATS = (".png", ".svg")
_MAX_ROWS = 40
"""Strategies in one picture, and the title says so: the first ones, of the forest plot those with the smallest p."""
_MAX_PROFILES = 8
_MAX_OVERLAYS = 6
_MAX_SUBJECTS = 6
"""Data sets that have pictures of their own; the forest plot and the tables hold all."""
_NO_NAME = re.compile(r"[^\w+-]+")
"""What does not go into the name of a file."""
_SEED = 0
"""Of what pictures draw at random: the same runs give the same picture."""


def write_pictures(frame: pd.DataFrame, comparisons: ComparisonTable, experiments_dir: Path) -> list[Path]:
    """Write every picture that the runs have enough for, as PNG and SVG, and return the paths.

    Args:
        frame: from :func:`experiment_results.frame.build_frame`.
        comparisons: of the same runs.
        experiments_dir: where the runs' folders are, and where the pictures go.

    Raises:
        ResourceError: the folder cannot be written or the disk is full.
    """
    written = []
    for name, figure in draw_pictures(frame, comparisons, experiments_dir).items():
        for suffix in _FORMATS:
            written.append(save_picture(figure, experiments_dir / f"{name}{suffix}"))
            # What was laid out once stays as it is: half of the time goes into the layout.
            figure.set_layout_engine("none")
    return written


def draw_pictures(frame: pd.DataFrame, comparisons: ComparisonTable, experiments_dir: Path) -> dict[str, Figure]:
    """Return the pictures by the names of their files, the forest plot first.

    ``forest``, ``experiment_results`` (every seed), ``training_curves``; over several tasks ``profiles`` and ``ranks``;
    for each data set and model ``bars``, ``examples`` (box plots of their scores), ``map_gains`` (where on a data map
    a strategy gains) and ``sweep_...`` (a heat map for each strategy with two swept settings).
    """
    subjects = picture_subjects(frame, comparisons)
    pictures: dict[str, Figure] = {}
    panels = [panel for subject in subjects for panel in _forest_panels(subject, comparisons)]
    if panels:
        shown = _first_rows(panels)
        left_out = len(panels) - len(shown)
        pictures["forest"] = draw_forest(shown, _forest_note(comparisons, left_out))
    if ordered_metrics(frame):
        pictures["experiment_results"] = draw_comparison(comparison_sections(frame, comparisons.options.baseline))
    curves = training_curves(frame, experiments_dir, comparisons.options.baseline)
    if curves:
        pictures["training_curves"] = draw_curves(curves)
    pictures.update(_over_tasks(subjects, comparisons))
    scored = [subject for subject in subjects if subject.metrics][:_MAX_SUBJECTS]
    for position, subject in enumerate(scored, start=1):
        suffix = f"_{position}" if len(scored) > 1 else ""
        for name, figure in _of_one(subject, comparisons, experiments_dir):
            pictures[f"{name}{suffix}"] = figure
    return pictures


def _metric_title(metric: MetricName) -> str:
    return f"{metric.kind.replace('_', ' ')} ({metric.eval_set})"


def _forest_panels(subject: Subject, comparisons: ComparisonTable) -> Iterator[ForestPanel]:
    table = comparisons.table
    own = table[table["group"].isin([variant.group for variant in subject.variants])]
    for metric in subject.metrics:
        rows = own[(own["metric"] == metric.name) & (own["family"] == "shown")]
        if rows.empty:
            continue
        margins, total = rows["margin"].dropna(), len(rows)
        if total > _MAX_ROWS:
            # What is decided must not be hidden behind what came first.
            rows = rows.sort_values("p", kind="stable").head(_MAX_ROWS).sort_index()
        chosen = f", the {_MAX_ROWS} smallest p of {total} strategies" if total > _MAX_ROWS else ""
        yield forest_panel(
            subject.titled(_metric_title(metric)) + chosen,
            rows["strategy"].tolist(),
            rows["difference"].tolist(),
            list(zip(rows["ci_low"], rows["ci_high"], strict=True)),
            rows["verdict"].tolist(),
            None if margins.empty else float(margins.iloc[0]),
            metric.higher_is_better,
        )


def _first_rows(panels: list[ForestPanel]) -> list[ForestPanel]:
    """Keep the panels that fit."""
    kept: list[ForestPanel] = []
    room = _MAX_ROWS
    for panel in panels:
        if len(panel.labels) <= room:
            kept.append(panel)
            room -= len(panel.labels)
    return kept


def _forest_note(comparisons: ComparisonTable, left_out: int) -> str:
    options = comparisons.options
    tests = int((comparisons.table["family"].eq("shown") & comparisons.table["p"].notna()).sum())
    corrected = f"verdicts corrected for {tests} comparisons ({options.correction})" if tests > 1 else ""
    rest = f"{left_out} further evaluation set{'s' if left_out > 1 else ''} in comparisons.csv" if left_out else ""
    parts = [f"bars: {options.level:.0%} intervals".replace("%", " %"), corrected, rest]
    return "; ".join(part for part in parts if part)


class _Task(NamedTuple):
    """One data set and model with one evaluation set."""

    metric: MetricName
    scores: dict[str, NDArray[np.float64]]
    """Of each seed, by strategy."""


def _over_tasks(subjects: list[Subject], comparisons: ComparisonTable) -> Iterator[tuple[str, Figure]]:
    """Draw what speaks of the primary metric on all data sets and evaluation sets together."""
    tasks = [
        _Task(metric, {variant.label: scores.values for variant, scores in subject.scores(comparisons, metric)})
        for subject in subjects
        for metric in subject.metrics
    ]
    # Thresholds are those of one metric; ranks need no common scale.
    alike = [task for task in tasks if task.metric.kind == tasks[0].metric.kind]
    labels = _in_all(alike)
    if len(labels) > 1:
        yield "profiles", _profiles(alike, labels, subjects)
    labels = _in_all(tasks)
    if len(tasks) >= MIN_TASKS and len(labels) >= MIN_STRATEGIES:
        shown = labels[:_MAX_ROWS]
        signs = [1.0 if task.metric.higher_is_better else -1.0 for task in tasks]
        means = [
            [sign * float(task.scores[each].mean()) for each in shown] for sign, task in zip(signs, tasks, strict=True)
        ]
        rng = np.random.default_rng(_SEED)
        yield (
            "ranks",
            draw_critical_difference(critical_difference_data(shown, means, rng=rng, alpha=comparisons.options.alpha)),
        )


def _in_all(tasks: Sequence[_Task]) -> list[str]:
    first = tasks[0].scores if tasks else {}
    return [label for label in first if all(label in task.scores for task in tasks)]


def _profiles(tasks: Sequence[_Task], labels: Sequence[str], subjects: Sequence[Subject]) -> Figure:
    shown, metric = labels[:_MAX_PROFILES], tasks[0].metric
    colours = {label: subject.colours[label] for subject in subjects for label in shown if label in subject.colours}
    if max(Counter(colours.values()).values()) > MAX_OF_ONE_COLOUR:
        colours = family_colours(shown)
    profiles = profiles_data(
        metric.kind.replace("_", " ") + first_of(len(shown), len(labels)),
        {label: [task.scores[label] for task in tasks] for label in shown},
        rng=np.random.default_rng(_SEED),
        higher_is_better=metric.higher_is_better,
    )
    return draw_profiles(profiles, colours)


def _of_one(subject: Subject, comparisons: ComparisonTable, experiments_dir: Path) -> Iterator[tuple[str, Figure]]:
    """Draw what shows one data set and model, by its primary metric."""
    metric = subject.metrics[0]
    variants = subject.variants[:_MAX_ROWS]
    title = subject.titled(_metric_title(metric)) + first_of(len(variants), len(subject.variants))
    scores = [(variant.label, variant.scores(metric.name)) for variant in variants]
    yield "bars", draw_bars(bars_data(title, scores, subject.colours))
    yield from _of_examples(subject, comparisons, metric, title, experiments_dir)
    for sweep in sweeps_of(subject.variants):
        note = f"mean over {', '.join(sweep.others)}" if sweep.others else ""
        points = [(row, column, list(each.scores(metric.name).values())) for row, column, each in sweep.points]
        name = subject.titled(f"{sweep.method}, {_metric_title(metric)}")
        if any(scores for *_, scores in points):
            yield (
                f"sweep_{_NO_NAME.sub('_', sweep.method)}",
                draw_heat_map(heat_map_data(name, sweep.names, points, note)),
            )


def _of_examples(
    subject: Subject, comparisons: ComparisonTable, metric: MetricName, title: str, experiments_dir: Path
) -> Iterator[tuple[str, Figure]]:
    scored = [pair for pair in subject.scores(comparisons, metric) if pair[1].examples is not None]
    known = [(variant.label, subject.colours[variant.label], scores) for variant, scores in scored[:_MAX_ROWS]]
    baseline = next((scores for variant, scores in scored if variant is subject.baseline), None)
    if known:
        yield "examples", draw_example_boxes(example_boxes_data(title, known, baseline))
    if baseline is None:
        return
    ids = set(baseline.example_ids)
    alike = [(variant, scores) for variant, scores in scored if set(scores.example_ids) == ids]
    others = [(variant.label, scores) for variant, scores in alike if scores is not baseline]
    if others:
        evaluation_map = evaluation_map_of(subject, [scores for _, scores in alike], experiments_dir)
        name = subject.titled(_metric_title(metric)) + first_of(min(len(others), _MAX_OVERLAYS), len(others))
        gains = overlay_data(name, others[:_MAX_OVERLAYS], baseline, evaluation_map, metric.higher_is_better)
        yield "map_gains", draw_overlay(gains)
