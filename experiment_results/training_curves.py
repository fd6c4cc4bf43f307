"""The picture of training: loss and evaluation metrics over steps, the mean over seeds of each strategy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.curves import Series, mean_curve
from experiment_results.comparison_plot import MAX_STRATEGIES
from experiment_results.metrics import ordered_metrics
from experiment_results.reading import read_training_metrics
from experiment_results.variants import BASELINE, VariantRuns, paired_variants
from experiment_results.wording import data_title, first_of, shortened
from plots.palette import family_colours

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure
    from matplotlib.lines import Line2D

__all__ = ["Curve", "CurvePanel", "CurveSection", "draw_curves", "training_curves"]

LineStyle = Literal["-", "--", ":", "-."]

TRAIN_LOSS = "train/loss"

_MAX_PANELS = 6
_MAX_POINTS = 60
"""A longer series is averaged in so many bins: the noise of single batches hides the course."""
_MAX_NAMED = 12
"""Up to so many strategies the legend names each; above, it names families."""
_MAX_BANDS = 6
"""Up to so many strategies bands show the seeds; more bands would hide each other."""
_LINE_STYLES: tuple[LineStyle, ...] = ("-", "--", ":", "-.")


class Curve(NamedTuple):
    """One strategy's course: arrays of shape (num_points,)."""

    label: str
    family: str
    num_seeds: int
    steps: NDArray[np.float64]
    mean: NDArray[np.float64]
    low: NDArray[np.float64]
    """Lowest seed at each step."""
    high: NDArray[np.float64]


class CurvePanel(NamedTuple):
    """One metric of all strategies that recorded it."""

    metric: str
    curves: tuple[Curve, ...]


class CurveSection(NamedTuple):
    """All panels of one data set and model."""

    title: str
    labels: tuple[tuple[str, str], ...]
    """Label and family of every strategy, the baseline first."""
    panels: tuple[CurvePanel, ...]


def training_curves(frame: pd.DataFrame, experiments_dir: Path, baseline: str = BASELINE) -> tuple[CurveSection, ...]:
    """Read the metrics that successful runs recorded, and average them over seeds.

    Args:
        frame: from :func:`experiment_results.frame.build_frame`.
        experiments_dir: where the runs' folders are.
        baseline: label or strategy name that comes first.
    """
    variants = [variant for variant, _ in paired_variants(frame, baseline)]
    sections = []
    for data in dict.fromkeys(variant.data for variant in variants):
        every = [variant for variant in variants if variant.data == data]
        members = every[:MAX_STRATEGIES]
        recorded = {variant.group: _recorded(variant, experiments_dir) for variant in members}
        names = _panel_names(frame[frame["group"].isin(list(recorded))], recorded)
        panels = [CurvePanel(name, _curves(members, recorded, name)) for name in names]
        labels = tuple((variant.label, _family(variant)) for variant in members)
        if panels:
            title = data_title(data) + first_of(MAX_STRATEGIES, len(every))
            sections.append(CurveSection(title, labels, tuple(panels)))
    return tuple(sections)


def _family(variant: VariantRuns) -> str:
    return variant.method.split("+")[0]


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
            curves.append(Curve(variant.label, _family(variant), len(series), *mean_curve(series)))
    return tuple(curves)


def _thinned(steps: Sequence[int], values: Sequence[float]) -> Series:
    x, y = np.asarray(steps, dtype=np.float64), np.asarray(values, dtype=np.float64)
    if x.size <= _MAX_POINTS:
        return x, y
    bins = np.arange(x.size) * _MAX_POINTS // x.size
    counts = np.bincount(bins)
    return np.bincount(bins, x) / counts, np.bincount(bins, y) / counts


def draw_curves(sections: Sequence[CurveSection]) -> Figure:
    """Draw sections below each other, up to three panels in a row, the legend under them."""
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    heights = [_section_height(section) for section in sections]
    columns = max(min(len(section.panels), 3) for section in sections)
    figure = Figure(figsize=(max(4.0 * columns, 6.0), sum(heights)), layout=ConstrainedLayoutEngine(wspace=0.03))
    subfigures = figure.subfigures(len(sections), 1, height_ratios=heights, squeeze=False)[:, 0]
    colours = family_colours(family for section in sections for _, family in section.labels)
    for section, subfigure in zip(sections, subfigures, strict=True):
        _draw_section(subfigure, section, colours)
    return figure


def _grid(section: CurveSection) -> tuple[int, int]:
    columns = min(len(section.panels), 3)
    return -(-len(section.panels) // columns), columns


def _section_height(section: CurveSection) -> float:
    return 0.8 + 2.5 * _grid(section)[0] + 0.2 * -(-len(_legend_entries(section)) // 4)


def _draw_section(figure: SubFigure, section: CurveSection, colours: Mapping[str, str]) -> None:
    rows, columns = _grid(section)
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    with_bands = len(section.labels) <= _MAX_BANDS
    figure.suptitle(section.title, fontsize=11, fontweight="bold")
    styles = _styles(section, colours)
    for ax, panel in zip(axes, section.panels, strict=False):
        _draw_panel(ax, panel, styles, with_bands)
    for ax in axes[len(section.panels) :]:
        ax.set_visible(False)
    handles = _legend_handles(section, styles)
    meaning = "line: mean over seeds, band: lowest to highest" if with_bands else "line: mean over seeds"
    figure.legend(
        handles=handles,
        title=meaning,
        loc="outside lower center",
        ncols=min(len(handles), 4),
        fontsize=8,
        title_fontsize=8,
        frameon=False,
    )


def _styles(section: CurveSection, colours: Mapping[str, str]) -> dict[str, tuple[str, LineStyle]]:
    """Return colour and line style of each label: a colour a family, a style for each of its variants."""
    seen: dict[str, int] = {}
    styles: dict[str, tuple[str, LineStyle]] = {}
    for label, family in section.labels:
        position = seen.setdefault(family, 0)
        styles[label] = (colours[family], _LINE_STYLES[position % len(_LINE_STYLES)])
        seen[family] += 1
    return styles


def _draw_panel(ax: Axes, panel: CurvePanel, styles: Mapping[str, tuple[str, LineStyle]], with_bands: bool) -> None:
    ax.set_title(panel.metric, fontsize=9, loc="left")
    ax.set_xlabel("optimiser step", fontsize=8)
    ax.tick_params(labelsize=8)
    ax.grid(color="#ececec", linewidth=0.6)
    ax.spines[["top", "right"]].set_visible(False)
    ax.set_axisbelow(True)
    for curve in reversed(panel.curves):
        colour, style = styles[curve.label]
        first = curve.family == BASELINE
        marker = "o" if curve.steps.size <= 12 else None
        width = 1.8 if first else 1.2 if len(panel.curves) <= _MAX_NAMED else 0.8
        ax.plot(curve.steps, curve.mean, color=colour, linestyle=style, linewidth=width, marker=marker, markersize=2.5)
        if with_bands and curve.num_seeds > 1:
            ax.fill_between(curve.steps, curve.low, curve.high, color=colour, alpha=0.12, linewidth=0)


def _legend_entries(section: CurveSection) -> list[tuple[str, str]]:
    """Return the text of each legend entry and the label whose line it shows."""
    if len(section.labels) <= _MAX_NAMED:
        names = [label for label, _ in section.labels]
        return list(zip(shortened(names, 40), names, strict=True))
    families: dict[str, list[str]] = {}
    for label, family in section.labels:
        families.setdefault(family, []).append(label)
    return [
        (f"{family} ({len(labels)} variants)" if len(labels) > 1 else family, labels[0])
        for family, labels in families.items()
    ]


def _legend_handles(section: CurveSection, styles: Mapping[str, tuple[str, LineStyle]]) -> list[Line2D]:
    from matplotlib.lines import Line2D

    return [
        Line2D([], [], color=styles[label][0], linestyle=styles[label][1], linewidth=1.6, label=text)
        for text, label in _legend_entries(section)
    ]
