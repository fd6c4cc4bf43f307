"""Data-map overlay: in which region of a map of the evaluation examples a strategy gains or loses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.crossed import compare_scores
from analysis.scores import Scores
from analysis.student_t import Interval
from plots.evaluation_map import REGIONS, EvaluationMap
from plots.labels import fitted
from plots.style import FONT, GRID, INK, caption, column_figure, heading, name_rows, sign_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure

__all__ = ["Overlay", "OverlayData", "RegionGain", "draw_overlay", "overlay_data"]

_BINS = 12
_EVEN = "#f0f0f0"


class RegionGain(NamedTuple):
    """What a strategy gains in one region."""

    region: str
    num_examples: int
    difference: float
    interval: Interval | None
    """95 % over other seeds, and other examples of the region; None where it is not known, as with one seed."""


class Overlay(NamedTuple):
    """One strategy; arrays of shape (num_cells,), of the map's cells that hold an example."""

    label: str
    variability: NDArray[np.float64]
    """Mean of the cell's examples."""
    confidence: NDArray[np.float64]
    num_examples: NDArray[np.int64]
    difference: NDArray[np.float64]
    """Strategy minus baseline, mean of the cell's examples."""
    regions: tuple[RegionGain, ...]


class OverlayData(NamedTuple):
    """All strategies on one map."""

    title: str
    overlays: tuple[Overlay, ...]
    axis_names: tuple[str, str]
    """Of variability and confidence."""
    higher_is_better: bool
    metric: str
    """What the difference is one of."""


def overlay_data(
    title: str,
    treatments: Sequence[tuple[str, Scores]],
    control: Scores,
    evaluation_map: EvaluationMap,
    higher_is_better: bool = True,
    metric: str = "score",
) -> OverlayData:
    """Return what the overlay shows. Examples that the map does not hold are left out.

    Args:
        title: such as the metric and the evaluation set.
        treatments: label and scores of each strategy, on the examples of ``control``.
        control: scores of the baseline, with those of examples.
        evaluation_map: where the examples stand.
        higher_is_better: False for losses.
        metric: what the difference is one of.

    Raises:
        ValueError: scores of other examples, or none.
    """
    place = {each: position for position, each in enumerate(evaluation_map.example_ids)}
    ids = [each for each in control.example_ids if each in place]
    rows = np.array([place[each] for each in ids], dtype=np.int64)
    known = evaluation_map._replace(
        example_ids=tuple(ids),
        confidence=evaluation_map.confidence[rows],
        variability=evaluation_map.variability[rows],
        region=evaluation_map.region[rows],
    )
    columns = np.array([each in place for each in control.example_ids])
    inside = _restricted(control, columns)
    overlays = tuple(
        _overlay(label, _restricted(scores.aligned_to(control.example_ids), columns), inside, known)
        for label, scores in treatments
    )
    return OverlayData(title, overlays, (known.variability_name, known.confidence_name), higher_is_better, metric)


def _restricted(scores: Scores, columns: NDArray[np.bool_]) -> Scores:
    if scores.examples is None or not columns.any():
        raise ValueError("an overlay needs scores of examples that the map holds")
    ids = [each for each, kept in zip(scores.example_ids, columns, strict=True) if kept]
    return Scores.of_examples(scores.seeds, scores.examples[:, columns], ids)


def _overlay(label: str, treatment: Scores, control: Scores, known: EvaluationMap) -> Overlay:
    difference = _means(treatment) - _means(control)
    cell = _binned(known.variability) * _BINS + _binned(known.confidence)
    _, cell = np.unique(cell, return_inverse=True)
    counts = np.bincount(cell)
    mean_of = [np.bincount(cell, values) / counts for values in (known.variability, known.confidence, difference)]
    regions = [_gain(name, treatment, control, known.region == name) for name in REGIONS]
    present = tuple(region for region in regions if region is not None)
    return Overlay(label, mean_of[0], mean_of[1], counts.astype(np.int64), mean_of[2], present)


def _means(scores: Scores) -> NDArray[np.float64]:
    assert scores.examples is not None
    means: NDArray[np.float64] = scores.examples.mean(axis=0)
    return means


def _binned(values: ArrayLike) -> NDArray[np.int64]:
    array = np.asarray(values, dtype=np.float64)
    width = float(array.max() - array.min()) / _BINS or 1.0
    bins: NDArray[np.int64] = np.minimum(_BINS - 1, (array - array.min() + 1e-6 * width) // width).astype(np.int64)
    return bins


def _gain(region: str, treatment: Scores, control: Scores, columns: NDArray[np.bool_]) -> RegionGain | None:
    if not columns.any():
        return None
    found = compare_scores(_restricted(treatment, columns), _restricted(control, columns))
    # One of a single seed would speak of other examples alone: another seed may turn the sign.
    interval = None if found.basis == "examples" else found.interval
    return RegionGain(region, int(columns.sum()), found.difference, interval)


def draw_overlay(data: OverlayData) -> Figure:
    """Draw a row a strategy: the map at the left, what is gained in each region at the right."""
    from matplotlib.colors import LinearSegmentedColormap

    count = len(data.overlays)
    figure, rows = column_figure([1.15] * (count - 1) + [1.45], columns=2, width_ratios=(1.35, 1.0), sharex="col")
    low, high = ("worse", "better") if data.higher_is_better else ("better", "worse")
    hues = LinearSegmentedColormap.from_list("gain", (sign_of(low).colour, _EVEN, sign_of(high).colour))
    limit = _colour_limit(data)
    for overlay, (left, right) in zip(data.overlays, rows, strict=True):
        heading(left, fitted([overlay.label], 46, 1)[0])
        _draw_map(left, overlay, hues, limit)
        _draw_regions(right, overlay)
    variability, confidence = data.axis_names
    rows[-1][0].set_xlabel(variability, fontsize=FONT, color=INK, labelpad=1)
    rows[-1][1].set_xlabel(f"difference, {data.metric}", fontsize=FONT, color=INK, labelpad=1)
    for left, _ in rows:
        left.set_ylabel(confidence, fontsize=FONT, color=INK, labelpad=1)
    caption(figure, _caption(data, limit))
    return figure


def _caption(data: OverlayData, limit: float) -> str:
    regions = [region for overlay in data.overlays for region in overlay.regions]
    better = "" if data.higher_is_better else " (lower)"
    parts = [
        data.title,
        f"points: examples of like {data.axis_names[1]} and spread, larger for more",
        f"blue: better{better} than the baseline, orange: worse, full colour from {limit:.2g}",
        f"right: mean difference in each region, 95 % intervals not corrected for {len(regions)} regions: no verdicts",
    ]
    if any(region.interval is None for region in regions):
        parts.append("no line: no interval, as where scores vary over too few seeds or examples")
    return "; ".join(parts)


def _colour_limit(data: OverlayData) -> float:
    """Return the difference of full colour: what nine examples in ten stay under."""
    differences = np.concatenate([np.abs(overlay.difference) for overlay in data.overlays])
    weights = np.concatenate([overlay.num_examples for overlay in data.overlays])
    order = np.argsort(differences)
    covered = np.cumsum(weights[order]) / weights.sum()
    return float(differences[order][np.searchsorted(covered, 0.9)]) or float(differences.max()) or 1.0


def _draw_map(ax: Axes, overlay: Overlay, hues: Colormap, limit: float) -> None:
    sizes = 6 + 150 * np.sqrt(overlay.num_examples / overlay.num_examples.sum())
    order = np.argsort(-sizes)
    ax.scatter(
        overlay.variability[order],
        overlay.confidence[order],
        s=sizes[order],
        c=overlay.difference[order],
        cmap=hues,
        vmin=-limit,
        vmax=limit,
        edgecolors="#777777",
        linewidths=0.4,
        zorder=3,
    )
    ax.margins(0.16)
    ax.locator_params(nbins=4)
    ax.grid(color=GRID, linewidth=0.5)


def _draw_regions(ax: Axes, overlay: Overlay) -> None:
    """Draw all regions alike: blue and orange, and the marks of the forest plot, are for verdicts."""
    ax.axvline(0, color="#777777", linewidth=0.8)
    ax.grid(axis="x", color=GRID, linewidth=0.5)
    for position, region in enumerate(overlay.regions):
        if region.interval:
            ax.hlines(position, *region.interval, color=INK, linewidth=1.2, zorder=3)
        ax.scatter([region.difference], [position], s=16, c=INK if region.interval else "white", ec=INK, zorder=4)
    name_rows(ax, [f"{region.region}\n{region.num_examples:,}" for region in overlay.regions])
    ax.set_ylim(len(overlay.regions) - 0.5, -0.5)
    ax.locator_params(axis="x", nbins=3)
