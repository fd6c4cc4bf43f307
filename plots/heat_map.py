"""Heat map of a metric over two swept parameters."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from plots.gaps import without_gaps
from plots.labels import decimals_of, fitted, number
from plots.style import FONT, INK, caption, column_figure, heading

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["HeatMapData", "Swept", "draw_heat_map", "heat_map_data"]

Swept = str | float | int | bool | None
"""Value of a parameter."""

_MAX_NUMBERED = 8
"""Up to so many columns cells say their numbers."""


class HeatMapData(NamedTuple):
    """Mean of a metric for every pair of values; arrays of shape (num_rows, num_columns)."""

    title: str
    row_name: str
    column_name: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    means: NDArray[np.float64]
    """nan where no run has these values, or not with all settings of what else was swept."""
    num_runs: NDArray[np.int64]
    note: str


def heat_map_data(
    title: str,
    names: tuple[str, str],
    points: Sequence[tuple[Swept, Swept, Hashable, Sequence[float]]],
    note: str = "",
) -> HeatMapData:
    """Return what the heat map shows; numbers ascend, other values keep their order.

    A cell is the mean over the settings of what else was swept, each counted alike whatever its runs. Settings that few
    cells have are left out; a cell that lacks one of the others stays empty, as it would show what that setting does.

    Args:
        title: such as the strategy and the metric.
        names: of the two parameters, the one of the rows first.
        points: values of both parameters, the setting of everything else, and the scores of runs that have them.
        note: added to the caption.
    """
    rows, columns = _ordered([row for row, *_ in points]), _ordered([column for _, column, *_ in points])
    cells: dict[tuple[int, int], dict[Hashable, list[float]]] = {}
    for row, column, setting, scores in points:
        finite = [score for score in scores if np.isfinite(score)]
        if finite:
            place = rows.index(row), columns.index(column)
            cells.setdefault(place, {}).setdefault(setting, []).extend(finite)
    complete, settings = without_gaps({place: cell.keys() for place, cell in cells.items()})
    means = np.full((len(rows), len(columns)), np.nan)
    counts = np.zeros(means.shape, dtype=np.int64)
    for place in complete:
        means[place] = np.mean([np.mean(cells[place][setting]) for setting in settings])
        counts[place] = sum(len(cells[place][setting]) for setting in settings)
    if sum(map(len, cells.values())) > len(complete) * len(settings):
        note = "; ".join(filter(None, [note, "runs without their like in other cells are left out"]))
    return HeatMapData(title, *names, tuple(map(_text, rows)), tuple(map(_text, columns)), means, counts, note)


def _ordered(values: Sequence[Swept]) -> list[Swept]:
    distinct = list(dict.fromkeys(values))
    numbers = sorted(value for value in distinct if isinstance(value, int | float) and not isinstance(value, bool))
    return [*numbers, *(value for value in distinct if value not in numbers)]


def _text(value: Swept) -> str:
    return f"{value:g}" if isinstance(value, float) else "none" if value is None else str(value)


def draw_heat_map(data: HeatMapData) -> Figure:
    """Draw the heat map one print column wide, the numbers in the cells where there is room."""
    figure, ((ax,),) = column_figure([0.75 + max(0.24 * len(data.rows), 0.9)])
    heading(ax, data.title)
    image = ax.imshow(np.ma.masked_invalid(data.means), cmap="cividis", aspect="auto")
    ax.spines[["left", "bottom"]].set_visible(False)
    ax.set_yticks(range(len(data.rows)), fitted(data.rows, 14, 1))
    ax.set_xticks(range(len(data.columns)), fitted(data.columns, max(5, 42 // len(data.columns)), 1))
    ax.set_ylabel(data.row_name, fontsize=FONT, color=INK, parse_math=False)
    ax.set_xlabel(data.column_name, fontsize=FONT, color=INK, labelpad=1, parse_math=False)
    if len(data.columns) <= _MAX_NUMBERED:
        _write_numbers(ax, data)
    bar = figure.colorbar(image, ax=ax, pad=0.02, fraction=0.06)
    bar.ax.tick_params(labelsize=FONT, length=2, color="#9a9a9a")
    bar.outline.set_visible(False)
    missing = "; empty: no run" if not data.num_runs.all() else ""
    fewest, most = int(data.num_runs[data.num_runs > 0].min()), int(data.num_runs.max())
    runs = f"{fewest}" if fewest == most else f"{fewest} to {most}"
    note = f"; {data.note}" if data.note else ""
    caption(figure, f"mean of {runs} run{'' if most == 1 else 's'} a cell{missing}{note}")
    return figure


def _write_numbers(ax: Axes, data: HeatMapData) -> None:
    known = data.means[np.isfinite(data.means)]
    decimals, middle = decimals_of([float(known.max() - known.min()) / 5]), (known.min() + known.max()) / 2
    for row, column in np.argwhere(np.isfinite(data.means)):
        value = float(data.means[row, column])
        # The lower half of the colours is dark.
        colour = "white" if value < middle else INK
        ax.text(column, row, number(value, decimals), fontsize=FONT, color=colour, ha="center", va="center")
