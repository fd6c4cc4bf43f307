"""Every seed's score, mean and interval of each strategy, next to the baseline's: a panel a metric, data sets below."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from analysis.student_t import Interval
from plots.labels import fitted
from plots.palette import family_colours

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

__all__ = ["FEW", "Mark", "Panel", "Section", "axis_limits", "draw_comparison"]

FEW = 15
"""Up to so many strategies rows are high; above, panels have an axis at the top too."""
_MAX_LABEL = 46
_TITLE_INCHES = 0.105
"""Width of a character of a title."""


class Mark(NamedTuple):
    """One strategy in one panel."""

    label: str
    family: str
    seeds: tuple[int, ...]
    scores: tuple[float, ...]
    """Score of each seed; empty if no run has one."""
    mean: float | None
    interval: Interval | None
    """95 % over seeds; None from a single one."""
    reference: float | None
    """Mean of the baseline that this strategy is compared with."""
    reference_interval: Interval | None
    """The baseline's own interval; None from fewer than 3 seeds, where it would fill the panel and say little."""
    num_failed: int


class Panel(NamedTuple):
    """One metric of all strategies, the baseline first."""

    title: str
    marks: tuple[Mark, ...]


class Section(NamedTuple):
    """All panels of one data set and model, in rows: a kind of metric each, evaluation sets side by side."""

    title: str
    rows: tuple[tuple[Panel, ...], ...]


def axis_limits(panel: Panel) -> tuple[float, float]:
    """Return limits that show every score; intervals from 2 seeds, which may be huge, are cut off rather than shown."""
    values = [score for mark in panel.marks for score in mark.scores]
    if not values:
        return 0.0, 1.0
    spread = max(values) - min(values) or abs(values[0]) * 0.1 or 1.0
    wanted = [mark.interval for mark in panel.marks if mark.interval and len(mark.seeds) > 2]
    wanted += [mark.reference_interval for mark in panel.marks if mark.reference_interval]
    low = max(min([*values, *(each.low for each in wanted)]), min(values) - 2 * spread)
    high = min(max([*values, *(each.high for each in wanted)]), max(values) + 2 * spread)
    margin = 0.05 * (high - low or spread)
    return low - margin, high + margin


def draw_comparison(sections: Sequence[Section]) -> Figure:
    """Draw sections below each other; the height follows the number of strategies."""
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    heights = [_section_height(section) for section in sections]
    columns = max(len(row) for section in sections for row in section.rows)
    label_width = 0.075 * max(len(label) for section in sections for label in _labels(section))
    size = (1.0 + label_width + 3.0 * columns, sum(heights) + 0.45)
    figure = Figure(figsize=size, layout=ConstrainedLayoutEngine(wspace=0.04))
    subfigures = figure.subfigures(len(sections), 1, height_ratios=heights, squeeze=False)[:, 0]
    families = [mark.family for section in sections for mark in section.rows[0][0].marks]
    colours = family_colours(families)
    for section, subfigure in zip(sections, subfigures, strict=True):
        _draw_section(subfigure, section, colours, int(size[0] / _TITLE_INCHES))
    figure.supxlabel(_legend(sections, columns), fontsize=8, color="#444444")
    return figure


def _legend(sections: Sequence[Section], columns: int) -> str:
    """Return what the marks mean, in lines of two explanations a column of panels."""
    parts = ["dots: seeds", "diamond: mean", "bar: 95 % interval over seeds", "grey: mean and interval of the baseline"]
    marks = [mark for section in sections for mark in section.rows[0][0].marks]
    if any(len(mark.seeds) == 2 for mark in marks):
        parts.append("dashed: 2 seeds, which say little")
    if any(len(mark.seeds) == 1 for mark in marks):
        parts.append("no bar: one seed")
    lines = (parts[start : start + 2 * columns] for start in range(0, len(parts), 2 * columns))
    return "\n".join("    ".join(line) for line in lines)


def _labels(section: Section) -> list[str]:
    return fitted([mark.label for mark in section.rows[0][0].marks], _MAX_LABEL, 1)


def _row_height(num_marks: int) -> float:
    return 0.3 if num_marks <= FEW else 0.22


def _section_height(section: Section) -> float:
    num_marks = len(section.rows[0][0].marks)
    return 0.35 + len(section.rows) * (0.75 + _row_height(num_marks) * max(num_marks, 2))


def _draw_section(figure: SubFigure, section: Section, colours: dict[str, str], title_width: int) -> None:
    figure.suptitle(
        "\n".join(textwrap.wrap(section.title, title_width)), fontsize=11, fontweight="bold", parse_math=False
    )
    columns = max(len(row) for row in section.rows)
    axes = figure.subplots(len(section.rows), columns, sharey=True, squeeze=False)
    labels = _labels(section)
    for row, cells in zip(section.rows, axes, strict=True):
        for panel, ax in zip(row, cells, strict=False):
            _draw_panel(ax, panel, colours)
        for ax in cells[len(row) :]:
            ax.set_visible(False)
        cells[0].set_yticks(range(len(labels)), labels, fontsize=8, parse_math=False)
        cells[0].set_ylim(len(labels) - 0.5, -0.5)


def _draw_panel(ax: Axes, panel: Panel, colours: dict[str, str]) -> None:
    low, high = axis_limits(panel)
    ax.set_xlim(low, high)
    ax.set_title(panel.title, fontsize=9, loc="left", parse_math=False)
    ax.tick_params(axis="x", labelsize=8, top=len(panel.marks) > FEW, labeltop=len(panel.marks) > FEW)
    ax.tick_params(axis="y", length=0)
    ax.locator_params(axis="x", nbins=5)
    ax.ticklabel_format(axis="x", useOffset=False)
    ax.grid(axis="x", color="#e4e4e4", linewidth=0.6)
    ax.hlines(
        [i + 0.5 for i in range(len(panel.marks) - 1)], 0, 1, "#ececec", lw=0.6, transform=ax.get_yaxis_transform()
    )
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.set_axisbelow(True)
    _draw_references(ax, panel.marks)
    _draw_scores(ax, panel.marks, colours)
    _draw_means(ax, panel.marks, colours)


def _draw_references(ax: Axes, marks: Sequence[Mark]) -> None:
    """Draw each row's own baseline; where all rows share it, a line and a band result."""
    lines = [(mark.reference, position) for position, mark in enumerate(marks) if mark.reference is not None]
    ax.vlines(
        [x for x, _ in lines], [y - 0.5 for _, y in lines], [y + 0.5 for _, y in lines], "#666666", lw=0.9, zorder=2
    )
    for position, mark in enumerate(marks):
        if mark.reference_interval:
            low, high = mark.reference_interval
            ax.barh(position, high - low, 1.0, low, color="#222222", alpha=0.08, linewidth=0, zorder=1)


def _draw_scores(ax: Axes, marks: Sequence[Mark], colours: dict[str, str]) -> None:
    """Draw every seed above its interval, spread a little so that equal scores stay apart."""
    points = [
        (score, position - 0.2 + 0.2 * (order / max(len(mark.scores) - 1, 1) - 0.5), colours[mark.family])
        for position, mark in enumerate(marks)
        for order, score in enumerate(mark.scores)
    ]
    x, y, colour = zip(*points, strict=True) if points else ((), (), ())
    ax.scatter(x, y, s=14, c=list(colour), alpha=0.65, linewidths=0, zorder=4)


def _draw_means(ax: Axes, marks: Sequence[Mark], colours: dict[str, str]) -> None:
    low, high = ax.get_xlim()
    for position, mark in enumerate(marks):
        colour, level = colours[mark.family], position + 0.15
        if mark.mean is None:
            text = "failed" if mark.num_failed else "no value"
            ax.text(0.01, position, text, transform=ax.get_yaxis_transform(), fontsize=8, color="#a00000", va="center")
            continue
        if mark.interval:
            few = len(mark.seeds) < 3
            ax.hlines(level, *mark.interval, color=colour, lw=1.6, linestyles="dashed" if few else "solid", zorder=3)
            _draw_cut_ends(ax, level, mark.interval, colour)
        if low <= mark.mean <= high:
            ax.scatter([mark.mean], [level], s=30, marker="D", color=colour, edgecolors="white", lw=0.8, zorder=5)


def _draw_cut_ends(ax: Axes, level: float, interval: Interval, colour: str) -> None:
    """Mark where an interval goes on beyond the panel."""
    low, high = ax.get_xlim()
    inset = 0.008 * (high - low)
    for beyond, edge, marker in ((interval.low < low, low + inset, "<"), (interval.high > high, high - inset, ">")):
        if beyond:
            ax.scatter([edge], [level], s=18, marker=marker, color=colour, zorder=6)
