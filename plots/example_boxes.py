"""Box plots of scores of single examples, and how many examples score higher or lower than under the baseline."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.scores import Scores
from plots.labels import fitted
from plots.style import FONT, GRID, INK, QUIET, beside_row, caption, column_figure, heading, name_rows

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["ExampleBox", "ExampleBoxesData", "draw_example_boxes", "example_boxes_data"]

_LABEL_WIDTH = 20


class ExampleBox(NamedTuple):
    """Scores of the examples under one strategy, each the mean over its seeds."""

    label: str
    colour: str
    quantiles: tuple[float, float, float, float, float]
    """Of 5, 25, 50, 75 and 95 %."""
    mean: float
    num_examples: int
    higher: float | None
    """Share of the examples that score higher than under the baseline; None for itself, and on other examples."""
    lower: float | None
    other_examples: bool
    """Whether the baseline was evaluated on others."""


class ExampleBoxesData(NamedTuple):
    """One metric on one evaluation set."""

    title: str
    boxes: tuple[ExampleBox, ...]
    note: str


def example_boxes_data(
    title: str, scores: Sequence[tuple[str, str, Scores]], baseline: Scores | None = None, note: str = ""
) -> ExampleBoxesData:
    """Return what the box plots show.

    Args:
        title: such as the metric and the evaluation set.
        scores: label, colour and scores of each strategy; those without scores of examples are left out.
        baseline: what the examples are compared with.
        note: added to the caption.
    """
    known = [(label, colour, each) for label, colour, each in scores if each.examples is not None]
    return ExampleBoxesData(title, tuple(_box(label, colour, each, baseline) for label, colour, each in known), note)


def _box(label: str, colour: str, scores: Scores, baseline: Scores | None) -> ExampleBox:
    means = _example_means(scores)
    low, first, middle, third, high = (float(each) for each in np.quantile(means, (0.05, 0.25, 0.5, 0.75, 0.95)))
    higher = lower = None
    others = baseline is not None and set(baseline.example_ids) != set(scores.example_ids)
    if baseline is not None and baseline is not scores and not others:
        difference = means - _example_means(baseline.aligned_to(scores.example_ids))
        rounding = 1e-9 * float(np.abs(means).max(initial=1.0))
        higher, lower = float(np.mean(difference > rounding)), float(np.mean(difference < -rounding))
    quantiles = (low, first, middle, third, high)
    return ExampleBox(label, colour, quantiles, float(means.mean()), means.size, higher, lower, others)


def _example_means(scores: Scores) -> NDArray[np.float64]:
    assert scores.examples is not None
    means: NDArray[np.float64] = scores.examples.mean(axis=0)
    return means


def draw_example_boxes(data: ExampleBoxesData) -> Figure:
    """Draw a lying box for each strategy, one print column wide."""
    figure, ((ax,),) = column_figure([0.55 + 0.24 * len(data.boxes)])
    heading(ax, data.title)
    ax.grid(axis="x", color=GRID, linewidth=0.5)
    ax.set_ylim(len(data.boxes) - 0.5, -0.5)
    name_rows(ax, fitted([box.label for box in data.boxes], _LABEL_WIDTH, 1))
    for position, box in enumerate(data.boxes):
        _draw_box(ax, box, position)
        if box.higher is not None and box.lower is not None:
            beside_row(ax, position, f"{_percent(box.higher)} higher\n{_percent(box.lower)} lower", QUIET)
        elif box.other_examples:
            beside_row(ax, position, "on other\nexamples", QUIET)
    low, high = (min(box.quantiles[0] for box in data.boxes), max(box.quantiles[4] for box in data.boxes))
    room = 0.03 * (high - low) or 0.05 * abs(high) or 1.0
    ax.set_xlim(low - room, high + room)
    ax.locator_params(axis="x", nbins=5)
    ax.set_xlabel("score of an example, mean over seeds", fontsize=FONT, color=INK, labelpad=1)
    caption(figure, _caption(data))
    return figure


def _percent(share: float) -> str:
    return f"{100 * share:.{0 if share in (0, 1) or 0.095 <= share <= 0.905 else 1}f} %"


def _caption(data: ExampleBoxesData) -> str:
    counts = [box.num_examples for box in data.boxes]
    number = f"{min(counts):,} to {max(counts):,}" if min(counts) < max(counts) else f"{counts[0]:,}"
    parts = [f"{number} examples", "box: quartiles with median", "line: 5 to 95 %", "diamond: mean"]
    if any(box.higher is not None for box in data.boxes):
        parts.append("right: examples that score other than under the baseline")
    return "; ".join(filter(None, [*parts, data.note]))


def _draw_box(ax: Axes, box: ExampleBox, position: int) -> None:
    low, first, middle, third, high = box.quantiles
    ax.hlines(position, low, high, color=box.colour, linewidth=1.0, zorder=2)
    ax.barh(position, third - first, 0.5, first, color="white", ec=box.colour, linewidth=1.0, zorder=3)
    ax.barh(position, third - first, 0.5, first, color=box.colour, alpha=0.25, linewidth=0, zorder=3)
    ax.vlines(middle, position - 0.25, position + 0.25, color=box.colour, linewidth=2.0, zorder=4)
    ax.scatter([box.mean], [position], s=16, marker="D", c=box.colour, ec="white", lw=0.6, zorder=5)
