"""Learning curves: loss and evaluation metrics over steps, the mean over seeds of each strategy, bands of its seeds."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from plots.labels import fitted
from plots.palette import BASELINE_COLOUR, LINE_STYLES, LineStyle, family_colours

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure
    from matplotlib.lines import Line2D

__all__ = ["Curve", "CurvePanel", "CurveSection", "draw_curves"]


_MAX_NAMED = 12
"""Up to so many strategies the legend names each; above, it names families."""
_MAX_BANDS = 6
"""Up to so many strategies bands show the seeds; more bands would hide each other."""
_DIVERGED = 3.0
"""A loss above so many times the highest first one is cut off: it would press all others to the ground."""
_TITLE_INCHES, _NAME_INCHES, _LINE_INCHES = 0.105, 0.062, 0.55
"""Width of a character of a title, of one of a legend, and of a legend's line."""


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
        _draw_section(subfigure, section, colours, figure.get_figwidth())
    return figure


def _grid(section: CurveSection) -> tuple[int, int]:
    columns = min(len(section.panels), 3)
    return -(-len(section.panels) // columns), columns


def _section_height(section: CurveSection) -> float:
    return 0.8 + 2.5 * _grid(section)[0] + 0.2 * -(-len(_legend_entries(section)) // 2)


def _draw_section(figure: SubFigure, section: CurveSection, colours: Mapping[str, str], width: float) -> None:
    rows, columns = _grid(section)
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    with_bands = len(section.labels) <= _MAX_BANDS
    title = textwrap.wrap(section.title, int(width / _TITLE_INCHES))
    figure.suptitle("\n".join(title), fontsize=11, fontweight="bold", parse_math=False)
    styles = _styles(section, colours)
    for ax, panel in zip(axes, section.panels, strict=False):
        _draw_panel(ax, panel, styles, with_bands)
    for ax in axes[len(section.panels) :]:
        ax.set_visible(False)
    names = [text for text, _ in _legend_entries(section)]
    room = _LINE_INCHES + _NAME_INCHES * max(map(len, names))
    legend = figure.legend(
        handles=_legend_handles(section, styles),
        title="line: mean over seeds, "
        + ("band: lowest to highest" if with_bands else f"no bands with more than {_MAX_BANDS} strategies"),
        loc="outside lower center",
        ncols=max(1, min(len(names), 4, int(width / room))),
        fontsize=8,
        title_fontsize=8,
        frameon=False,
    )
    for text in legend.get_texts():
        text.set_parse_math(False)


def _styles(section: CurveSection, colours: Mapping[str, str]) -> dict[str, tuple[str, LineStyle]]:
    """Return colour and line style of each label: a colour a family, a style for each of its variants."""
    seen: dict[str, int] = {}
    styles: dict[str, tuple[str, LineStyle]] = {}
    for label, family in section.labels:
        position = seen.setdefault(family, 0)
        styles[label] = (colours[family], LINE_STYLES[position % len(LINE_STYLES)])
        seen[family] += 1
    return styles


def _draw_panel(ax: Axes, panel: CurvePanel, styles: Mapping[str, tuple[str, LineStyle]], with_bands: bool) -> None:
    limit = _limit(panel)
    cut = "" if limit is None else f", cut off at {limit:.2g}"
    ax.set_title(f"{panel.metric}{cut}", fontsize=9, loc="left", parse_math=False)
    ax.set_xlabel("optimiser step", fontsize=8)
    ax.tick_params(labelsize=8)
    ax.grid(color="#ececec", linewidth=0.6)
    ax.spines[["top", "right"]].set_visible(False)
    ax.set_axisbelow(True)
    for curve in reversed(panel.curves):
        colour, style = styles[curve.label]
        first = colour == BASELINE_COLOUR
        marker = "o" if curve.steps.size <= 12 else None
        width = 1.8 if first else 1.2 if len(panel.curves) <= _MAX_NAMED else 0.8
        ax.plot(curve.steps, curve.mean, color=colour, linestyle=style, linewidth=width, marker=marker, markersize=2.5)
        if with_bands and curve.num_seeds > 1:
            ax.fill_between(curve.steps, curve.low, curve.high, color=colour, alpha=0.12, linewidth=0)
    if limit is not None:
        ax.set_ylim(top=limit)


def _limit(panel: CurvePanel) -> float | None:
    """Return where a panel of losses ends because one of them diverged; None where none did."""
    if not panel.metric.endswith("loss"):
        return None
    limit = _DIVERGED * max((float(curve.mean[0]) for curve in panel.curves if np.isfinite(curve.mean[0])), default=0.0)
    highest = max((float(np.nanmax(curve.mean, initial=0.0)) for curve in panel.curves), default=0.0)
    return limit if 0 < limit < highest else None


def _legend_entries(section: CurveSection) -> list[tuple[str, str]]:
    """Return the text of each legend entry and the label whose line it shows."""
    if len(section.labels) <= _MAX_NAMED:
        names = [label for label, _ in section.labels]
        return list(zip(fitted(names, 40, 1), names, strict=True))
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
