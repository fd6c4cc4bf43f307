"""The picture of a data map: first the numbers that are drawn, then the drawing.

Follows the published maps (Swayamdipta et al., 2020): variability across, confidence upwards, hue and marker by
correctness, the three regions named, and a column of three histograms.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from atomic_files import atomic_path

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["MAX_POINTS", "Histogram", "MapPicture", "RegionBox", "draw_map", "picture_data"]

MAX_POINTS = 55_000
"""Points drawn at most, as in the published maps; more only paint over each other."""
_BINS = 25
_MARKERS = ("X", "v", "s", "P", "^", "d", "p", "h", "D", "*", "o")
"""One per correctness from 0.0 to 1.0, so that the hue is never the only sign."""
_INK = "#222222"
_LOW, _MIDDLE, _HIGH = "#2c7fd1", "#33313b", "#e8641b"
"""Blue to dark to orange: told apart with every common colour-vision deficiency, and by lightness from the middle."""


class Histogram(NamedTuple):
    """Counts over all examples."""

    name: str
    edges: NDArray[np.float64]
    """(num_bins + 1,)"""
    heights: NDArray[np.int64]
    """(num_bins,) examples in each bin."""


class RegionBox(NamedTuple):
    """A region's name and size, and the box's centre in data coordinates."""

    name: str
    examples: int
    variability: float
    confidence: float


class MapPicture(NamedTuple):
    """Everything the picture shows. P points are drawn."""

    variability: NDArray[np.float64]
    """(P,)"""
    confidence: NDArray[np.float64]
    """(P,)"""
    tenths: NDArray[np.int64]
    """(P,) correctness as tenths of the epochs, 0 to 10."""
    boxes: tuple[RegionBox, ...]
    thresholds: tuple[float, float]
    """Confidence and variability where the categories part."""
    histograms: tuple[Histogram, ...]
    title: str
    subtitle: str
    caption: str


def picture_data(
    columns: Mapping[str, NDArray[Any]],
    provenance: Mapping[str, Any],
    max_points: int = MAX_POINTS,
    rng: np.random.Generator | None = None,
) -> MapPicture:
    """Return what the picture of a map shows.

    Args:
        columns: the map's columns, each (N,).
        provenance: what the map was made from; feeds the titles.
        max_points: points to draw at most; a random sample of more. Histograms always count all N.
        rng: draws the sample and the order of painting; the same picture each time if None.
    """
    generator = np.random.default_rng(0) if rng is None else rng
    total = len(columns["confidence"])
    # A random order of painting, so that no hue lies systematically on top of the others.
    chosen = generator.permutation(total)[:max_points]
    fraction = columns["correctness"] / np.maximum(columns["observed"], 1)
    limits = provenance["thresholds"]
    thresholds = (float(limits["confidence"]), float(limits["variability"]))
    return MapPicture(
        variability=columns["variability"][chosen],
        confidence=columns["confidence"][chosen],
        tenths=np.rint(fraction[chosen] * 10).astype(np.int64),
        boxes=_boxes(columns["category"], *thresholds),
        thresholds=thresholds,
        histograms=(
            _histogram("confidence", columns["confidence"], 1.0),
            _histogram("variability", columns["variability"], 0.5),
            _correctness_histogram(fraction),
        ),
        title=_title(provenance),
        subtitle=_subtitle(provenance, total),
        caption=_caption(len(chosen), total),
    )


def _boxes(category: NDArray[np.str_], confidence: float, variability: float) -> tuple[RegionBox, ...]:
    """Stand where the published boxes stand, moved only as far as the thresholds demand."""
    places = {
        "easy": (0.135, max(0.85, (1 + confidence) / 2)),
        "ambiguous": (0.43, min(0.5, confidence * 0.6)),
        "hard": (min(0.175, max(0.075, variability / 2)), min(0.25, confidence / 2)),
    }
    return tuple(
        RegionBox(name, int((category == name).sum()), across, float(np.clip(up, 0.06, 0.95)))
        for name, (across, up) in places.items()
    )


def _histogram(name: str, values: NDArray[np.float64], top: float) -> Histogram:
    counts, edges = np.histogram(values, bins=_BINS, range=(0.0, top))
    return Histogram(name, edges, counts)


def _correctness_histogram(fraction: NDArray[np.float64]) -> Histogram:
    # Bins centred on the tenths: the values are few and would otherwise fall on edges.
    counts, edges = np.histogram(fraction, bins=11, range=(-0.05, 1.05))
    return Histogram("correctness", edges, counts)


def _title(provenance: Mapping[str, Any]) -> str:
    data, split = _name(provenance.get("dataset")), provenance.get("split")
    return f"Data map of {data}" + (f" ({split})" if split else "")


def _subtitle(provenance: Mapping[str, Any], total: int) -> str:
    seeds = provenance.get("seeds") or [provenance.get("seed")]
    parts = [f"model {_name(provenance.get('model'))}"] if provenance.get("model") else []
    if seeds != [None]:
        parts.append(("seed " if len(seeds) == 1 else "mean of seeds ") + ", ".join(str(seed) for seed in seeds))
    if "epochs" in provenance:
        parts.append(f"{provenance['epochs']} epochs, burn-in {provenance.get('burn_in', 0)}")
    if provenance.get("source"):
        parts.append(f"{provenance['source']} logits")
    return " · ".join([*parts, f"{total:,} examples"])


def _name(value: Any) -> str:
    """A path's last part, cut to a length that fits a title."""
    text = PurePath(str(value)).name or str(value)
    return text if len(text) <= 40 else f"{text[:24]}…{text[-15:]}"


def _caption(shown: int, total: int) -> str:
    drawn = "Every example is a point" if shown == total else f"{shown:,} of {total:,} examples drawn, chosen at random"
    return f"{drawn}; histograms count all. Dotted: where the categories part."


def draw_map(columns: Mapping[str, NDArray[Any]], provenance: Mapping[str, Any], path: Path) -> MapPicture:
    """Draw the map to ``path`` as PNG, atomically, and return what was drawn.

    Raises:
        ResourceError: the file cannot be written.
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    picture = picture_data(columns, provenance)
    with rc_context({"font.size": 9.5, "text.color": _INK, "axes.labelcolor": _INK, "axes.edgecolor": "#888888"}):
        figure = Figure(figsize=(10.4, 7.4), dpi=112)
        grid = figure.add_gridspec(
            3, 2, width_ratios=(3.1, 1), left=0.065, right=0.985, top=0.895, bottom=0.105, wspace=0.17, hspace=0.42
        )
        _draw_points(figure.add_subplot(grid[:, 0]), picture)
        for place, (histogram, colour) in enumerate(
            zip(picture.histograms, ("#7d5ba6", "#1f8a8c", "#4d8b31"), strict=True)
        ):
            _draw_histogram(figure.add_subplot(grid[place, 1]), histogram, colour)
        # Names come from users: a dollar sign is a dollar sign, not mathematics.
        figure.text(0.065, 0.955, picture.title, fontsize=14, weight="bold", parse_math=False)
        figure.text(0.065, 0.922, picture.subtitle, color="#555555", parse_math=False)
        figure.text(0.065, 0.022, picture.caption, fontsize=8.5, color="#555555")
        _save(figure, path)
    return picture


def _draw_points(axes: Axes, picture: MapPicture) -> None:
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.markers import MarkerStyle

    hues = LinearSegmentedColormap.from_list("correctness", (_LOW, _MIDDLE, _HIGH))(np.linspace(0, 1, len(_MARKERS)))
    shown = len(picture.tenths)
    size = float(np.clip(900 / np.sqrt(max(shown, 1)), 7, 42))
    alpha = float(np.clip(1.1 - 0.16 * np.log10(max(shown, 1)), 0.3, 0.9))
    points = axes.scatter(
        picture.variability, picture.confidence, s=size, c=hues[picture.tenths], alpha=alpha, linewidths=0
    )
    styles = [MarkerStyle(marker) for marker in _MARKERS]
    shapes = [style.get_path().transformed(style.get_transform()) for style in styles]
    points.set_paths([shapes[tenth] for tenth in picture.tenths])
    _draw_regions(axes, picture)
    for tenth in np.unique(picture.tenths):
        axes.scatter([], [], s=42, color=hues[tenth], marker=styles[tenth], label=f"{tenth / 10:.1f}", linewidths=0)
    legend = axes.legend(title="correctness", loc="upper right", fontsize=8.5, title_fontsize=8.5, framealpha=0.92)
    legend.set_zorder(6)
    axes.set(xlim=(-0.008, 0.508), ylim=(-0.015, 1.015), xlabel="variability", ylabel="confidence")
    axes.spines[["top", "right"]].set_visible(False)


def _draw_regions(axes: Axes, picture: MapPicture) -> None:
    confidence, variability = picture.thresholds
    line: dict[str, Any] = {"color": "#666666", "linestyle": ":", "linewidth": 1.0, "zorder": 4}
    axes.plot((0, 0.5), (confidence, confidence), **line)
    axes.plot((variability, variability), (0, confidence), **line)
    total = max(sum(box.examples for box in picture.boxes), 1)
    for box in picture.boxes:
        axes.text(
            box.variability,
            box.confidence,
            f"{box.name}\n{box.examples:,} ({100 * box.examples / total:.0f} %)",
            ha="center",
            va="center",
            zorder=5,
            bbox={"boxstyle": "round,pad=0.4", "facecolor": "white", "edgecolor": "#444444", "alpha": 0.92},
        )


def _draw_histogram(axes: Axes, histogram: Histogram, colour: str) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    gap = 0.8 if histogram.name == "correctness" else 1.0
    axes.bar(
        (histogram.edges[:-1] + histogram.edges[1:]) / 2,
        histogram.heights,
        width=gap * np.diff(histogram.edges),
        color=colour,
        edgecolor="white",
        linewidth=0.4,
    )
    axes.set(xlabel=histogram.name, ylabel="examples", xlim=(histogram.edges[0], histogram.edges[-1]))
    axes.set_xticks(np.linspace(0, 0.5 if histogram.name == "variability" else 1, 6))
    axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    axes.yaxis.set_major_formatter(FuncFormatter(_thousands))
    axes.spines[["top", "right"]].set_visible(False)


def _thousands(value: float, _: int) -> str:
    return f"{value / 1000:g}k" if value >= 10_000 else f"{value:,.0f}"


def _save(figure: Figure, path: Path) -> None:
    """Save with a palette of 256 colours: a third of the size, and no colour is off by more than 4 %."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from PIL import Image

    canvas: Any = FigureCanvasAgg(figure)
    canvas.draw()
    image = Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3].copy())
    with atomic_path(path) as temporary:
        palette = image.quantize(256, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
        palette.save(temporary, format="PNG", optimize=True)
