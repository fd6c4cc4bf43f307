"""Forest plot: each strategy's difference to its baseline, the interval of it, and the verdict."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from plots.labels import decimals_of, fitted, number
from plots.style import (
    BAND,
    FONT,
    GRID,
    INK,
    QUIET,
    beside_row,
    caption,
    column_figure,
    heading,
    name_rows,
    sign_of,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["ForestPanel", "draw_forest", "forest_panel", "panels_that_fit"]

_FRAME_INCHES, _ROW_INCHES, _LOW_ROW_INCHES = 0.42, 0.29, 0.155
_MANY = 12
"""Above so many strategies in all, rows have one line; verdicts are told by colour and mark."""
_LABEL_WIDTH = 19
_MAX_INCHES = 9.0
"""Of all panels together: a column of a page."""
_REACH = 1.5
"""Intervals are shown up to so many times what the differences and most intervals span; longer ones are cut off."""


class ForestPanel(NamedTuple):
    """One metric on one evaluation set; arrays of shape (num_strategies,)."""

    title: str
    labels: tuple[str, ...]
    differences: NDArray[np.float64]
    """Strategy minus baseline; nan where there is none."""
    low: NDArray[np.float64]
    """Ends of the interval; nan where there is none."""
    high: NDArray[np.float64]
    verdicts: tuple[str, ...]
    margin: float | None
    higher_is_better: bool
    limits: tuple[float, float]
    """Of the axis."""
    of_examples_alone: tuple[bool, ...]
    """Whether an interval speaks of other examples alone, as that of a single seed does."""


def forest_panel(
    title: str,
    labels: Sequence[str],
    differences: Sequence[float],
    intervals: Sequence[tuple[float, float]],
    verdicts: Sequence[str],
    margin: float | None = None,
    higher_is_better: bool = True,
    of_examples_alone: Sequence[bool] = (),
) -> ForestPanel:
    """Return what one panel shows.

    Args:
        title: of the panel, such as the metric and the evaluation set.
        labels: one a strategy.
        differences: strategy minus baseline; nan where there is none.
        intervals: (low, high) of each difference, in the order of size; nan where there is none.
        verdicts: better, worse, equivalent or undecided; any other word is drawn as undecided.
        margin: differences within -margin and margin do not matter; None where nobody said so.
        higher_is_better: False for losses.
        of_examples_alone: whether an interval speaks of other examples alone; drawn dotted. None given means no.

    Raises:
        ValueError: sequences of other lengths.
    """
    dotted = tuple(of_examples_alone) or (False,) * len(labels)
    if not len(labels) == len(differences) == len(intervals) == len(verdicts) == len(dotted):
        raise ValueError("labels, differences, intervals, verdicts and of_examples_alone must be of one length")
    difference = np.asarray(differences, dtype=np.float64)
    ends = np.asarray(intervals, dtype=np.float64).reshape(-1, 2)
    limits = _limits(difference, ends, margin)
    words = tuple(verdicts)
    return ForestPanel(
        title, tuple(labels), difference, ends[:, 0], ends[:, 1], words, margin, higher_is_better, limits, dotted
    )


def _limits(
    differences: NDArray[np.float64], intervals: NDArray[np.float64], margin: float | None
) -> tuple[float, float]:
    """Show 0, every difference and the margin; an interval that dwarfs all of them is cut off."""
    points = [0.0, *differences[np.isfinite(differences)]]
    span = max(points) - min(points)
    half_widths = (intervals[:, 1] - intervals[:, 0])[np.isfinite(intervals).all(axis=1)] / 2
    typical = float(np.median(half_widths)) if half_widths.size else 0.0
    reach = _REACH * max(span, typical, margin or 0.0) or 1.0
    ends = intervals[np.isfinite(intervals)]
    low = max(min([*points, *ends]), min(points) - reach)
    high = min(max([*points, *ends]), max(points) + reach)
    if margin is not None and (margin < high - low or span == typical == 0):
        low, high = min(low, -margin), max(high, margin)
    room = 0.06 * (high - low) or 1.0
    return low - room, high + room


def panels_that_fit(panels: Sequence[ForestPanel], importance: Sequence[float]) -> list[ForestPanel]:
    """Return the panels that fit into a column of a page, in order; at least one.

    Args:
        panels: at least one.
        importance: of each panel, such as its smallest p-value; those with the smallest numbers are kept.
    """
    kept: list[int] = []
    for position in sorted(range(len(panels)), key=lambda each: importance[each]):
        chosen = [panels[each] for each in (*kept, position)]
        if not kept or sum(_heights(chosen)) <= _MAX_INCHES:
            kept.append(position)
    return [panels[each] for each in sorted(kept)]


def _heights(panels: Sequence[ForestPanel]) -> list[float]:
    row = _LOW_ROW_INCHES if _is_many(panels) else _ROW_INCHES
    return [_FRAME_INCHES + row * len(panel.labels) for panel in panels]


def _is_many(panels: Sequence[ForestPanel]) -> bool:
    return sum(len(panel.labels) for panel in panels) > _MANY


def draw_forest(panels: Sequence[ForestPanel], note: str = "") -> Figure:
    """Draw panels below each other, one print column wide.

    Args:
        panels: at least one.
        note: added to the caption, such as how many comparisons the verdicts are corrected for.
    """
    many = _is_many(panels)
    figure, rows = column_figure(_heights(panels))
    for panel, (ax,) in zip(panels, rows, strict=True):
        _draw_panel(ax, panel, many)
    rows[-1][0].set_xlabel("difference to the baseline", fontsize=FONT, color=INK, labelpad=1)
    caption(figure, _caption(panels, many, note))
    return figure


def _caption(panels: Sequence[ForestPanel], many: bool, note: str) -> str:
    margin = any(panel.margin is not None for panel in panels)
    signs = "▲ better, ▼ worse, ■ equivalent, ○ undecided" if many else ""
    dotted = any(np.isfinite(panel.low[np.array(panel.of_examples_alone)]).any() for panel in panels)
    alone = "dotted: one seed, an interval over other examples for this very model" if dotted else ""
    return "; ".join(part for part in (signs, note, alone, "grey: margin" if margin else "") if part)


def _draw_panel(ax: Axes, panel: ForestPanel, many: bool) -> None:
    count = len(panel.labels)
    heading(ax, panel.title if panel.higher_is_better else f"{panel.title}, lower is better")
    ax.set(xlim=panel.limits, ylim=(count - 0.5, -0.5))
    ax.locator_params(axis="x", nbins=4)
    ax.ticklabel_format(axis="x", useOffset=False)
    ax.grid(axis="x", color=GRID, linewidth=0.5)
    ax.spines["left"].set_visible(False)
    name_rows(ax, fitted(panel.labels, _LABEL_WIDTH, 1 if many else 2))
    if panel.margin is not None:
        ax.axvspan(-panel.margin, panel.margin, color=BAND, linewidth=0, zorder=0)
    ax.axvline(0, color="#777777", linewidth=0.8, zorder=1)
    decimals = decimals_of((panel.high - panel.low) / 2)
    for position in range(count):
        _draw_row(ax, panel, position)
        _write_row(ax, panel, position, decimals, many)


def _draw_row(ax: Axes, panel: ForestPanel, position: int) -> None:
    sign = sign_of(panel.verdicts[position])
    difference, low, high = _row(panel, position)
    if np.isfinite(low) and np.isfinite(high):
        first, last = np.clip((low, high), *panel.limits)
        style: Literal["dotted", "solid"] = "dotted" if panel.of_examples_alone[position] else "solid"
        ax.hlines(position, first, last, color=sign.colour, linewidth=1.3, linestyles=style, zorder=3)
        _mark_cut_ends(ax, panel.limits, position, low, high, sign.colour)
    if np.isfinite(difference):
        face = sign.colour if sign.filled else "white"
        ax.scatter([difference], [position], s=20, marker=sign.marker, c=face, ec=sign.colour, lw=1.1, zorder=4)


def _row(panel: ForestPanel, position: int) -> tuple[float, float, float]:
    return float(panel.differences[position]), float(panel.low[position]), float(panel.high[position])


def _write_row(ax: Axes, panel: ForestPanel, position: int, decimals: int, many: bool) -> None:
    sign, word = sign_of(panel.verdicts[position]), panel.verdicts[position]
    numbers = _numbers(*_row(panel, position), decimals)
    if many:
        beside_row(ax, position, numbers, INK if sign.filled else QUIET)
        return
    beside_row(ax, position, word, INK, side="bottom", weight="bold" if sign.filled else "normal")
    beside_row(ax, position, numbers, QUIET, side="top")


def _mark_cut_ends(ax: Axes, limits: tuple[float, float], position: int, low: float, high: float, colour: str) -> None:
    for beyond, edge, marker in ((low < limits[0], limits[0], "<"), (high > limits[1], limits[1], ">")):
        if beyond:
            ax.scatter([edge], [position], s=14, marker=marker, color=colour, zorder=5, clip_on=False)


def _numbers(difference: float, low: float, high: float, decimals: int) -> str:
    if not np.isfinite(difference):
        return "–"
    text = number(difference, decimals, sign=True)
    if not np.isfinite(low):
        return f"{text}, no interval"
    return f"{text} [{number(low, decimals)}, {number(high, decimals)}]"
