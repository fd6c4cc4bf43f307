"""Critical-difference diagram (Demsar 2006): mean ranks over tasks, and which of them do not differ."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from plots.labels import fitted, number
from plots.style import FONT, INK, QUIET, caption, column_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["MIN_TASKS", "CriticalDifferenceData", "critical_difference_data", "draw_critical_difference"]

MIN_TASKS = 3
"""With fewer tasks no two mean ranks can differ by as much as the critical difference."""
_LABEL_WIDTH = 22
_STEP_INCHES = 0.15


class CriticalDifferenceData(NamedTuple):
    """Strategies from the best mean rank to the worst."""

    labels: tuple[str, ...]
    mean_ranks: NDArray[np.float64]
    """(num_strategies,), ascending; 1 is the best."""
    critical_difference: float
    """By how much two mean ranks must differ (Nemenyi)."""
    together: tuple[tuple[int, int], ...]
    """First and last position of each group of strategies that do not differ."""
    p_value: float | None
    """Of Friedman's test that no strategy ranks better than another; None where it has none."""
    num_tasks: int
    alpha: float


def critical_difference_data(
    labels: Sequence[str],
    scores: ArrayLike,
    *,
    rng: np.random.Generator,
    higher_is_better: bool = True,
    alpha: float = 0.05,
) -> CriticalDifferenceData:
    """Return what the diagram shows.

    Args:
        labels: one a strategy, at least two.
        scores: shape (num_tasks, num_strategies), such as means over seeds.
        rng: of Friedman's test, which may need it where it is not exact.
        higher_is_better: False for losses.
        alpha: level, in (0, 1).

    Raises:
        ValueError: another shape, or impossible level.
    """
    from analysis.hypothesis_tests.friedman import critical_difference, friedman_test, mean_ranks, not_separated

    table = np.asarray(scores, dtype=np.float64)
    if table.ndim != 2 or table.shape[1] != len(labels) or len(labels) < 2:
        raise ValueError(f"expected scores of shape (num_tasks, {len(labels)}) of two strategies or more")
    ranks = mean_ranks(table, higher_is_better)
    order = np.argsort(ranks, kind="stable")
    distance = critical_difference(len(labels), table.shape[0], alpha)
    place = {int(strategy): position for position, strategy in enumerate(order)}
    groups = [sorted(place[each] for each in group) for group in not_separated(ranks, distance)]
    return CriticalDifferenceData(
        labels=tuple(labels[each] for each in order),
        mean_ranks=ranks[order],
        critical_difference=distance,
        together=tuple((group[0], group[-1]) for group in groups if len(group) > 1),
        p_value=friedman_test(table, rng=rng, higher_is_better=higher_is_better).p_value,
        num_tasks=table.shape[0],
        alpha=alpha,
    )


def draw_critical_difference(data: CriticalDifferenceData) -> Figure:
    """Draw the diagram one print column wide: ranks on an axis above, names at both sides, bars over the groups."""
    count = len(data.labels)
    rows = -(-count // 2)
    depth = 0.12 * (len(data.together) + 1)
    figure, ((ax,),) = column_figure([0.55 + depth + _STEP_INCHES * rows])
    height = depth + _STEP_INCHES * rows + 0.1
    ax.set(xlim=(0.85, count + 0.15), ylim=(height, -0.25))
    ax.xaxis.tick_top()
    ax.set_xticks(range(1, count + 1, max(1, count // 8)))
    ax.spines[["left", "bottom"]].set_visible(False)
    ax.spines["top"].set_visible(True)
    ax.yaxis.set_visible(False)
    _draw_scale(ax, data)
    for level, (first, last) in enumerate(data.together):
        low, high = data.mean_ranks[first], data.mean_ranks[last]
        ax.hlines(0.1 + 0.12 * level, low - 0.03, high + 0.03, color=INK, linewidth=2.6, zorder=3)
    names = fitted(data.labels, _LABEL_WIDTH, 1)
    for position in range(count):
        _draw_name(ax, data, names[position], position, depth)
    caption(figure, _caption(data))
    return figure


def _draw_scale(ax: Axes, data: CriticalDifferenceData) -> None:
    """Show how far two ranks must lie apart, from the axis' left end."""
    end = 1 + data.critical_difference
    limit = len(data.labels) + 0.15
    ax.hlines(-0.13, 1, min(end, limit), color=QUIET, linewidth=1.2)
    ax.vlines([1, end] if end <= limit else [1], -0.18, -0.08, color=QUIET, linewidth=1.2)
    if end > limit:
        ax.scatter([limit], [-0.13], s=14, marker=">", color=QUIET, clip_on=False)
    text = f"critical difference {number(data.critical_difference, 2)}"
    ax.text(1.0, -0.2, text, fontsize=FONT, color=QUIET, va="bottom")


def _draw_name(ax: Axes, data: CriticalDifferenceData, name: str, position: int, depth: float) -> None:
    """Lead from the rank down, then to the nearer side: the better half to the left, the other to the right."""
    count, rank = len(data.labels), float(data.mean_ranks[position])
    left = position < -(-count // 2)
    level = depth + _STEP_INCHES * (position if left else count - 1 - position)
    side = 0.85 if left else count + 0.15
    ax.plot([rank, rank, side], [0, level, level], color="#8a8a8a", linewidth=0.7, zorder=2)
    ax.scatter([rank], [0], s=9, color=INK, zorder=4, clip_on=False)
    text = f"{name} {number(rank, 2)}" if left else f"{number(rank, 2)} {name}"
    side_of_text: Literal["left", "right"] = "right" if left else "left"
    ax.text(side, level, f" {text} ", fontsize=FONT, color=INK, parse_math=False, ha=side_of_text, va="center")


def _caption(data: CriticalDifferenceData) -> str:
    friedman = "" if data.p_value is None else f"; Friedman p = {data.p_value:.2g}"
    return (
        f"mean ranks over {data.num_tasks} tasks, 1 is best; a bar joins strategies that do not differ "
        f"(Nemenyi, level {data.alpha:g}){friedman}"
    )
