"""What the picture of training shows: recorded metrics over steps, averaged over the seeds of each strategy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.curves import Series, mean_curve
from experiment_results.comparison_plot import MAX_SECTIONS, MAX_STRATEGIES
from experiment_results.metrics import ordered_metrics
from experiment_results.reading import read_training_metrics
from experiment_results.variants import BASELINE, VariantRuns, parts_by_data
from experiment_results.wording import data_title, first_of
from plots.training_curves import Curve, CurvePanel, CurveSection

__all__ = ["training_curves"]

TRAIN_LOSS = "train/loss"

_MAX_PANELS = 6
_MAX_POINTS = 60
"""A longer series is averaged in so many bins: the noise of single batches hides the course."""


def training_curves(frame: pd.DataFrame, experiments_dir: Path, baseline: str = BASELINE) -> tuple[CurveSection, ...]:
    """Read the metrics that successful runs recorded, and average them over seeds.

    Args:
        frame: from :func:`experiment_results.frame.build_frame`.
        experiments_dir: where the runs' folders are.
        baseline: label or strategy name that comes first.
    """
    parts = parts_by_data(frame, baseline)
    sections: list[CurveSection] = []
    for part, pairs in parts[:MAX_SECTIONS]:
        members = [variant for variant, _ in pairs[:MAX_STRATEGIES]]
        recorded = {variant.group: _recorded(variant, experiments_dir) for variant in members}
        panels = [CurvePanel(name, _curves(members, recorded, name)) for name in _panel_names(part, recorded)]
        labels = tuple((variant.label, variant.family) for variant in members)
        if panels:
            title = data_title(members[0].data) + first_of(MAX_STRATEGIES, len(pairs))
            sections.append(CurveSection(title, labels, tuple(panels)))
    if sections and len(parts) > MAX_SECTIONS:
        first = sections[0]
        sections[0] = first._replace(title=f"First {MAX_SECTIONS} of {len(parts)} data sets: {first.title}")
    return tuple(sections)


def _recorded(variant: VariantRuns, experiments_dir: Path) -> list[Mapping[str, tuple[list[int], list[float]]]]:
    folders = [experiments_dir / run["folder"] for run in variant.runs if run["success"]]
    return [read_training_metrics(folder) for folder in folders]


def _panel_names(
    frame: pd.DataFrame, recorded: Mapping[str, Sequence[Mapping[str, tuple[list[int], list[float]]]]]
) -> list[str]:
    """Return the training loss, then evaluation metrics, primary first; of those with one point a run, none."""
    present = {name for runs in recorded.values() for run in runs for name, (steps, _) in run.items() if len(steps) > 1}
    known = [f"eval/{metric.name.removeprefix('eval_')}" for metric in ordered_metrics(frame)]
    return [name for name in (TRAIN_LOSS, *known) if name in present][:_MAX_PANELS]


def _curves(
    members: Sequence[VariantRuns],
    recorded: Mapping[str, Sequence[Mapping[str, tuple[list[int], list[float]]]]],
    name: str,
) -> tuple[Curve, ...]:
    curves = []
    for variant in members:
        series = [_thinned(*run[name]) for run in recorded[variant.group] if name in run]
        if series:
            curves.append(Curve(variant.label, variant.family, len(series), *mean_curve(series)))
    return tuple(curves)


def _thinned(steps: Sequence[int], values: Sequence[float]) -> Series:
    x, y = np.asarray(steps, dtype=np.float64), np.asarray(values, dtype=np.float64)
    if x.size <= _MAX_POINTS:
        return x, y
    bins = np.arange(x.size) * _MAX_POINTS // x.size
    counts = np.bincount(bins)
    return np.bincount(bins, x) / counts, np.bincount(bins, y) / counts
