"""Bars: each strategy's mean with its interval, and every seed's score as a point beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from analysis.crossed import MIN_SEEDS
from analysis.intervals import t_interval
from analysis.student_t import Interval
from plots.labels import decimals_of, fitted, number
from plots.style import GRID, INK, QUIET, beside_row, caption, column_figure, heading, name_rows

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["Bar", "BarsData", "bars_data", "draw_bars"]

_LABEL_WIDTH = 20


class Bar(NamedTuple):
    """One strategy."""

    label: str
    colour: str
    scores: tuple[float, ...]
    """Of each seed; empty where no run has one."""
    mean: float
    """nan without a score."""
    interval: Interval | None
    """95 % over seeds; None from fewer than 3, where it says little and fills the picture."""


class BarsData(NamedTuple):
    """One metric on one evaluation set."""

    title: str
    bars: tuple[Bar, ...]
    limits: tuple[float, float]
    """Of the axis; 0 is always shown, so that lengths can be compared."""


def bars_data(
    title: str, scores: Sequence[tuple[str, Mapping[int, float]]], colours: Mapping[str, str] | None = None
) -> BarsData:
    """Return what the bars show.

    Args:
        title: such as the metric and the evaluation set.
        scores: label of each strategy with the score of each seed.
        colours: of the labels; dark grey where there is none.
    """
    known = colours or {}
    bars = tuple(_bar(label, known.get(label, QUIET), list(values.values())) for label, values in scores)
    shown = [0.0, *(score for bar in bars for score in bar.scores)]
    span = max(shown) - min(shown) or 1.0
    ends = [end for bar in bars if bar.interval for end in bar.interval]
    low = max(min([*shown, *ends]), min(shown) - 0.3 * span)
    high = min(max([*shown, *ends]), max(shown) + 0.3 * span)
    return BarsData(title, bars, (low - 0.02 * span if low < 0 else 0.0, high + 0.02 * span if high > 0 else 0.0))


def _bar(label: str, colour: str, values: list[float]) -> Bar:
    finite = [value for value in values if np.isfinite(value)]
    if not finite:
        return Bar(label, colour, (), float("nan"), None)
    interval = t_interval(finite) if len(finite) >= MIN_SEEDS else None
    return Bar(label, colour, tuple(finite), float(np.mean(finite)), interval)


def draw_bars(data: BarsData) -> Figure:
    """Draw lying bars, one print column wide."""
    figure, ((ax,),) = column_figure([0.42 + 0.2 * len(data.bars)])
    heading(ax, data.title)
    ax.set(xlim=data.limits, ylim=(len(data.bars) - 0.5, -0.5))
    ax.locator_params(axis="x", nbins=5)
    ax.ticklabel_format(axis="x", useOffset=False)
    ax.grid(axis="x", color=GRID, linewidth=0.5)
    name_rows(ax, fitted([bar.label for bar in data.bars], _LABEL_WIDTH, 1))
    decimals = decimals_of(float(np.ptp(bar.scores)) for bar in data.bars if len(bar.scores) > 1)
    for position, bar in enumerate(data.bars):
        _draw_bar(ax, bar, position)
        seeds = f" ({len(bar.scores)})" if len({len(each.scores) for each in data.bars}) > 1 else ""
        text = f"{number(bar.mean, decimals)}{seeds}" if bar.scores else "no value"
        beside_row(ax, position, text, INK if bar.scores else QUIET)
    caption(figure, _caption(data))
    return figure


def _draw_bar(ax: Axes, bar: Bar, position: int) -> None:
    if not bar.scores:
        return
    ax.barh(position, bar.mean, 0.66, color=bar.colour, alpha=0.35, linewidth=0, zorder=2)
    ax.vlines(bar.mean, position - 0.33, position + 0.33, color=bar.colour, linewidth=1.4, zorder=3)
    if bar.interval:
        ax.hlines(position, *bar.interval, color=INK, linewidth=0.9, zorder=3)
    count = len(bar.scores)
    heights = position + 0.36 * (np.arange(count) / max(count - 1, 1) - 0.5 * (count > 1))
    ax.scatter(bar.scores, heights, s=9, c=bar.colour, ec="white", lw=0.4, zorder=4)


def _caption(data: BarsData) -> str:
    counts = sorted({len(bar.scores) for bar in data.bars})
    parts = ["bar: mean", "points: seeds" + (" (how many: in brackets)" if len(counts) > 1 else "")]
    if any(bar.interval for bar in data.bars):
        parts.append("line: 95 % interval over seeds")
    return "; ".join(parts)
