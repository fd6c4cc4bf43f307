"""Critical-difference diagram (Demsar 2006): mean ranks over tasks, and which of them do not differ."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.wording import p_text
from plots.labels import fitted, number
from plots.style import FONT, GRID, INK, QUIET, beside_row, caption, column_figure, name_rows

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "MIN_STRATEGIES",
    "MIN_TASKS",
    "CriticalDifferenceData",
    "critical_difference_data",
    "draw_critical_difference",
]

MIN_STRATEGIES = 3
"""With two the Nemenyi test finds too many differences."""
MIN_TASKS = 3
"""With fewer tasks no two mean ranks can differ by as much as the critical difference."""
_LABEL_WIDTH = 20
_ROW_INCHES = 0.17
_RANK_POINTS = 29


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
    note: str


def critical_difference_data(
    labels: Sequence[str],
    scores: ArrayLike,
    *,
    rng: np.random.Generator,
    higher_is_better: bool = True,
    alpha: float = 0.05,
    note: str = "",
) -> CriticalDifferenceData:
    """Return what the diagram shows.

    Args:
        labels: one a strategy, at least three.
        scores: shape (num_tasks, num_strategies), such as means over seeds. Tasks must be independent: evaluation sets
            of the same models share the luck of their seeds, and are one task.
        rng: of Friedman's test, which may need it where it is not exact.
        higher_is_better: False for losses.
        alpha: level, in (0, 1).
        note: added to the caption.

    Raises:
        ValueError: another shape, or impossible level.
    """
    from analysis.hypothesis_tests.friedman import critical_difference, friedman_test, mean_ranks, not_separated

    table = np.asarray(scores, dtype=np.float64)
    if table.ndim != 2 or table.shape[1] != len(labels) or len(labels) < MIN_STRATEGIES:
        raise ValueError(f"expected scores of shape (num_tasks, {len(labels)}) of three strategies or more")
    ranks = mean_ranks(table, higher_is_better)
    order = np.argsort(ranks, kind="stable")
    distance = critical_difference(len(labels), table.shape[0], alpha)
    place = {int(strategy): position for position, strategy in enumerate(order)}
    groups = [sorted(place[each] for each in group) for group in not_separated(ranks, distance)]
    return CriticalDifferenceData(
        labels=tuple(labels[each] for each in order),
        mean_ranks=ranks[order],
        critical_difference=distance,
        together=tuple((group[0], group[-1]) for group in groups),
        p_value=friedman_test(table, rng=rng, higher_is_better=higher_is_better).p_value,
        num_tasks=table.shape[0],
        alpha=alpha,
        note=note,
    )


def draw_critical_difference(data: CriticalDifferenceData) -> Figure:
    """Draw the diagram one print column wide, turned so that names have room.

    A row is a strategy, its point the mean rank; upright bars at the right join rows that do not differ.
    """
    count = len(data.labels)
    figure, ((ax,),) = column_figure([0.5 + _ROW_INCHES * count])
    name_rows(ax, fitted(data.labels, _LABEL_WIDTH, 1))
    ax.set(xlim=(count + 0.2, 0.8), ylim=(count - 0.5, -1.4))
    ax.set_xticks(range(1, count + 1, -(-count // 8)))
    ax.grid(axis="x", color=GRID, linewidth=0.5)
    ax.spines["left"].set_visible(False)
    ax.hlines(range(count), count + 0.2, data.mean_ranks, color=GRID, linewidth=0.8, zorder=1)
    ax.scatter(data.mean_ranks, range(count), s=16, color=INK, zorder=3)
    ax.set_xlabel("mean rank, 1 is best", fontsize=FONT, color=INK, labelpad=1)
    _draw_scale(ax, data)
    for position, rank in enumerate(data.mean_ranks):
        beside_row(ax, position, number(float(rank), 2), QUIET)
    _draw_groups(ax, data, figure)
    caption(figure, _caption(data))
    return figure


def _draw_groups(ax: Axes, data: CriticalDifferenceData, figure: Figure) -> None:
    """Draw an upright bar a group beside the ranks, which take the same room whatever the axes' width."""
    from matplotlib.transforms import ScaledTranslation

    for level, (first, last) in enumerate(data.together):
        beside = ScaledTranslation((_RANK_POINTS + 5 * level) / 72, 0, figure.dpi_scale_trans)
        ax.plot(
            [1, 1],
            [first - 0.25, last + 0.25],
            color=INK,
            linewidth=2.4,
            solid_capstyle="butt",
            transform=ax.get_yaxis_transform() + beside,
            clip_on=False,
        )


def _draw_scale(ax: Axes, data: CriticalDifferenceData) -> None:
    """Show above the rows how far two ranks must lie apart, from the best rank on; cut off where it is wider."""
    end, limit = 1 + data.critical_difference, len(data.labels) + 0.2
    ax.hlines(-0.85, min(end, limit), 1, color=QUIET, linewidth=1.2)
    ax.vlines([1, end] if end <= limit else [1], -1.05, -0.65, color=QUIET, linewidth=1.2)
    if end > limit:
        ax.scatter([limit], [-0.85], s=14, marker="<", color=QUIET, clip_on=False, zorder=4)
    text = f"critical difference {number(data.critical_difference, 2)}"
    ax.set_title(text, fontsize=FONT, color=QUIET, loc="right", pad=0)


def _caption(data: CriticalDifferenceData) -> str:
    friedman = "" if data.p_value is None else f"; Friedman p = {p_text(data.p_value)}".replace("= <", "<")
    note = f"; {data.note}" if data.note else ""
    return (
        f"ranks over {data.num_tasks} data sets and models, taken to be independent; an upright bar joins strategies "
        f"not told apart (Nemenyi, level {data.alpha:g}){friedman}{note}"
    )
