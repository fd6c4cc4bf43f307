"""Draws panels of curves: readable labels, colours that everybody can tell apart, the legend below the lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from experiment_commands.drawing.curve_data import Course, Panel
from experiment_results.wording import shortened
from plots.palette import LINE_STYLES, LineStyle, family_colours

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

__all__ = ["draw_panels"]

_GRIDS = {1: (1, 1), 2: (1, 2), 3: (1, 3), 4: (2, 2), 5: (2, 3), 6: (2, 3)}
_PANEL_SIZES = {1: (7.4, 4.2), 2: (5.0, 3.6), 3: (4.2, 3.2)}
_NUM_COLOURS = 10
_MAX_BANDS = 6
"""Up to so many lines a band shows the seeds; more bands would hide each other."""
_MARKED_POINTS = 12
_LEGEND_WIDTH = 44
_WIDER, _WIDEST = 2.4, 12.0
"""Points by which each of several equal lines is wider than the one above it, and by which the last one is at most."""
_INK = "#333333"


class _Style(NamedTuple):
    colour: str
    line: LineStyle


def draw_panels(panels: Sequence[Panel], log: bool = False) -> Figure:
    """Draw panels beside each other and one legend for all of them.

    Args:
        panels: from :func:`experiment_commands.drawing.curve_data.panels`.
        log: use a logarithmic axis where all values are above zero.
    """
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    labels = list(dict.fromkeys(course.label for panel in panels for course in panel.courses))
    styles = _styles(labels)
    rows, columns = _GRIDS.get(len(panels), (-(-len(panels) // 3), 3))
    width, height = _PANEL_SIZES[columns]
    entries = dict(zip(labels, shortened(labels, _LEGEND_WIDTH), strict=True))
    per_row = _legend_columns(list(entries.values()), columns * width)
    legend_height = 0.25 + 0.2 * -(-len(labels) // per_row)
    figure = Figure(
        figsize=(columns * width, rows * height + legend_height),
        layout=ConstrainedLayoutEngine(w_pad=0.08, h_pad=0.08, wspace=0.02, hspace=0.02),
    )
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    steps = [float(step) for panel in panels for course in panel.courses for step in course.curve.steps[[0, -1]]]
    # A single step stands in the middle.
    margin = 0.02 * (max(steps) - min(steps)) or 1.0
    for ax, panel in zip(axes, panels, strict=False):
        ax.set_xlim(min(steps) - margin, max(steps) + margin)
        _draw_panel(ax, panel, styles, log and panel.all_positive, len(labels) <= _MAX_BANDS)
    for ax in axes[len(panels) :]:
        ax.set_visible(False)
    legend = figure.legend(
        handles=[_handle(text, styles[label]) for label, text in entries.items()],
        title=_meaning(panels, len(labels)),
        loc="outside lower center",
        ncols=per_row,
        fontsize=9,
        title_fontsize=8.5,
        labelcolor=_INK,
        frameon=False,
    )
    legend.get_title().set_color(_INK)
    return figure


def _styles(labels: Sequence[str]) -> dict[str, _Style]:
    """Return a colour each; after ten, the colours come again with another kind of line."""
    colours = family_colours(labels)
    others = [label for label in labels if label != "baseline"]
    lines = {label: LINE_STYLES[place // _NUM_COLOURS % len(LINE_STYLES)] for place, label in enumerate(others)}
    return {label: _Style(colours[label], lines.get(label, "-")) for label in labels}


def _legend_columns(entries: Sequence[str], width: float) -> int:
    longest = max(len(text) for text in entries)
    return max(1, min(len(entries), 5, int(width / (0.075 * longest + 0.6))))


def _handle(text: str, style: _Style) -> Line2D:
    from matplotlib.lines import Line2D

    return Line2D([], [], color=style.colour, linestyle=style.line, linewidth=2.0, label=text.replace("$", r"\$"))


def _meaning(panels: Sequence[Panel], num_labels: int) -> str | None:
    """Return what line and band stand for, where that is not plain."""
    courses = [course for panel in panels for course in panel.courses]
    parts = []
    counts = {course.num_runs for course in courses}
    if max(counts) > 1:
        number = str(max(counts)) if len(counts) == 1 else f"{min(counts)} to {max(counts)}"
        parts.append(f"line: mean over {number} seeds")
        if num_labels <= _MAX_BANDS:
            parts.append("band: lowest to highest seed")
    if any(course.unsmoothed is not None for course in courses):
        parts.append("smoothed; pale: as logged" if num_labels <= _MAX_BANDS else "smoothed")
    return ", ".join(parts) or None


def _draw_panel(ax: Axes, panel: Panel, styles: dict[str, _Style], log: bool, few: bool) -> None:
    ax.set_title(panel.metric.replace("$", r"\$"), fontsize=11, loc="left", color=_INK, fontweight="bold")
    ax.set_xlabel("step", fontsize=9, color=_INK)
    ax.tick_params(labelsize=9, color="#999999", labelcolor=_INK)
    ax.grid(color="#e8e8e8", linewidth=0.7)
    ax.set_axisbelow(True)
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set_color("#999999")
    if log:
        ax.set_yscale("log")
    # The first named is drawn last, above the others; lines that it would hide are drawn wider.
    widenings = _widenings(panel.courses)
    for course in reversed(panel.courses):
        _draw_course(ax, course, styles[course.label], few, widenings[course.label])
    _format_axes(ax, log)


def _widenings(courses: Sequence[Course]) -> dict[str, float]:
    """Return by how many points to widen each line, so that equal ones are all to be seen."""
    above: dict[bytes, int] = {}
    places = {}
    for course in courses:
        content = course.curve.steps.tobytes() + course.curve.mean.tobytes()
        places[course.label] = above.get(content, 0)
        above[content] = places[course.label] + 1
    step = min(_WIDER, _WIDEST / max(above.values(), default=1))
    return {label: step * place for label, place in places.items()}


def _draw_course(ax: Axes, course: Course, style: _Style, few: bool, widening: float) -> None:
    steps, mean, low, high = course.curve
    if few and course.num_runs > 1:
        if steps.size == 1:
            ax.vlines(steps, low, high, color=style.colour, alpha=0.35, linewidth=2.5 + widening)
        else:
            ax.fill_between(steps, low, high, color=style.colour, alpha=0.14, linewidth=0)
    if few and course.unsmoothed is not None:
        ax.plot(steps, course.unsmoothed, color=style.colour, linewidth=0.7, alpha=0.25)
    marker = "o" if steps.size <= _MARKED_POINTS else None
    marker_size = 6.0 if steps.size == 1 else 3.5
    width = (1.7 if few else 1.3) + widening
    ax.plot(
        steps,
        mean,
        color=style.colour,
        linestyle=style.line,
        linewidth=width,
        marker=marker,
        markersize=marker_size + 1.5 * widening,
        solid_capstyle="round",
    )


def _format_axes(ax: Axes, log: bool) -> None:
    from matplotlib.ticker import EngFormatter, MaxNLocator

    ax.xaxis.set_major_locator(MaxNLocator(6, integer=True, steps=[1, 2, 2.5, 5, 10], min_n_ticks=1))
    if ax.get_xlim()[1] >= 10_000:
        ax.xaxis.set_major_formatter(EngFormatter(sep=""))
    if log:
        _format_log_axis(ax)
    else:
        ax.yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 2.5, 5, 10]))


def _format_log_axis(ax: Axes) -> None:
    """Write plain numbers, and enough of them: a metric often stays within one power of ten."""
    from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

    low, high = ax.get_ylim()
    if high < 10 * low:
        ax.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
    elif high < 1000 * low:
        ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    ax.yaxis.set_minor_locator(NullLocator())
