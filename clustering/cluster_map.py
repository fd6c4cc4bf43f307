"""The picture of a clustering: rows in two dimensions, coloured and marked by cluster."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from atomic_files import atomic_path
from clustering.assignments import NOISE
from errors import ConfigError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["MAP_FILE", "VIEWS", "ClusterMap", "choose_view", "cluster_map", "draw"]

MAP_FILE = "cluster_map.png"
VIEWS = ("auto", "umap", "pca")
_MOST_POINTS = 20_000
_FEWEST_A_CLUSTER = 50
_FEW_CLUSTERS = 16
_NOISE_COLOUR = "#9a9a9a"
# Okabe and Ito's colours that differ for all common kinds of colour blindness; with eleven marks 77 pairs.
_COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#56B4E9", "#F0E442")
_MARKS = ("o", "s", "^", "D", "v", "P", "X", "*", "<", "p", ">")


class ClusterMap(NamedTuple):
    """The numbers that are drawn. M points, of N rows."""

    rows: NDArray[np.int64]
    """(M,) rows drawn: all, or a sample in which every cluster can be seen."""
    points: NDArray[np.float64]
    """(M, 2) where they lie."""
    cluster: NDArray[np.int64]
    """(M,) their clusters."""
    sizes: Mapping[int, int]
    """Rows of each cluster, drawn or not, in the order of the legend; noise last."""
    centres: Mapping[int, tuple[float, float]]
    """Where each cluster's number stands: the point nearest to the median."""
    view: str
    """``umap`` or ``pca``."""


def choose_view(view: str) -> str:
    """Return ``umap`` or ``pca`` for what was asked.

    Raises:
        ConfigError: an unknown view, or UMAP is asked for but not installed.
    """
    if view not in VIEWS:
        raise ConfigError(f"view: expected one of {', '.join(VIEWS)}, got {view!r}")
    installed = find_spec("umap") is not None
    if view == "umap" and not installed:
        raise ConfigError("view 'umap' needs the package umap-learn: pip install umap-learn, or choose 'pca'")
    return ("umap" if installed else "pca") if view == "auto" else view


def cluster_map(points: NDArray[np.float64], cluster: NDArray[np.int64], view: str, seed: int) -> ClusterMap:
    """Return what is to be drawn.

    Args:
        points: (N, D) reduced embeddings.
        cluster: (N,) cluster numbers.
        view: ``umap``, or ``pca``: the two directions in which the clusters' centres differ most.
        seed: of the sample and of UMAP.
    """
    rows = _sample(cluster, np.random.default_rng(seed))
    shown = cluster[rows]
    flat = _umap(points[rows], seed) if view == "umap" and len(rows) > 15 else _between(points[rows], shown)
    numbers, counts = np.unique(cluster, return_counts=True)
    known = dict(zip(numbers.tolist(), counts.tolist(), strict=True))
    sizes = {number: known[number] for number in sorted(known, key=lambda number: (number == NOISE, number))}
    centres = {number: _middle(flat[shown == number]) for number in sizes if number != NOISE}
    return ClusterMap(rows, flat, shown, sizes, centres, view)


def _middle(points: NDArray[np.float64]) -> tuple[float, float]:
    """Return the point nearest to the median, which itself may lie between two parts of a cluster."""
    distance = np.linalg.norm(points - np.median(points, axis=0), axis=1)
    x, y = points[int(distance.argmin())]
    return float(x), float(y)


def _sample(cluster: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
    if len(cluster) <= _MOST_POINTS:
        return np.arange(len(cluster))
    order = rng.permutation(len(cluster))
    chosen = [order[: _MOST_POINTS // 2]]
    for number in np.unique(cluster):
        chosen.append(order[cluster[order] == number][:_FEWEST_A_CLUSTER])
    least = np.unique(np.concatenate(chosen))
    rest = np.setdiff1d(order, least)
    return np.union1d(least, rng.permutation(rest)[: max(0, _MOST_POINTS - len(least))])


def _between(points: NDArray[np.float64], cluster: NDArray[np.int64]) -> NDArray[np.float64]:
    """Project on the principal components of the clusters' centres, and of the points where there are too few."""
    numbers = [number for number in np.unique(cluster) if number != NOISE]
    centres = np.array([points[cluster == number].mean(axis=0) for number in numbers]).reshape(-1, points.shape[1])
    axes = np.empty((0, points.shape[1]))
    for cloud in (centres, points):
        if len(cloud) < 2 or len(axes) >= 2:
            continue
        rest = cloud - cloud.mean(axis=0)
        rest = rest - rest @ axes.T @ axes
        _, spread, directions = np.linalg.svd(rest, full_matrices=False)
        axes = np.vstack([axes, directions[spread > 1e-9 * max(spread[0], 1e-300)]])[:2]
    axes = np.vstack([axes, np.zeros((2 - len(axes), points.shape[1]))])
    # The sign of a direction is arbitrary: its largest entry points upwards, on every machine.
    signs = np.sign(np.take_along_axis(axes, np.abs(axes).argmax(axis=1)[:, None], axis=1))
    return np.asarray(points @ (axes * np.where(signs == 0, 1, signs)).T)


def _umap(points: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    import warnings

    from umap import UMAP

    with warnings.catch_warnings():
        # It tells at every run that a seed means one thread.
        warnings.simplefilter("ignore", category=UserWarning)
        return np.asarray(UMAP(n_components=2, random_state=seed, n_jobs=1).fit_transform(points), dtype=np.float64)


def draw(shown: ClusterMap, path: Path, title: str, terms: Mapping[int, list[str]]) -> None:
    """Draw the map to ``path`` (PNG), atomically.

    Args:
        shown: the numbers.
        path: file to write.
        title: above the picture.
        terms: what each cluster is about; named in the legend while there are few clusters.
    """
    from matplotlib.figure import Figure

    many = len(shown.sizes) > _FEW_CLUSTERS
    figure = Figure(figsize=(11.5, 7), dpi=130, layout="constrained")
    axes = figure.add_subplot()
    size = float(np.clip(24_000 / max(len(shown.rows), 1), 5, 28))
    for number in sorted(shown.sizes):
        _draw_cluster(axes, shown, number, size, "" if many else ", ".join(terms.get(number, [])[:3]))
    _name_clusters(axes, shown, 7 if many else 10)
    names = {"umap": "UMAP", "pca": "principal component of the clusters' centres,"}
    axes.set(xlabel=f"{names[shown.view]} 1", ylabel=f"{names[shown.view]} 2", title=title)
    axes.spines[["top", "right"]].set_visible(False)
    _draw_legend(axes, shown, many)
    with atomic_path(path) as temporary:
        figure.savefig(temporary, format="png")


def _draw_cluster(axes: Axes, shown: ClusterMap, number: int, size: float, about: str) -> None:
    points = shown.points[shown.cluster == number]
    noise = number == NOISE
    name = "noise" if noise else str(number)
    style: dict[str, Any] = {"color": _NOISE_COLOUR, "marker": "o", "alpha": 0.35, "zorder": 1}
    if not noise:
        mark = _MARKS[number // len(_COLOURS) % len(_MARKS)]
        style = {"color": _COLOURS[number % len(_COLOURS)], "marker": mark, "alpha": 0.75, "zorder": 2}
    # Small clusters lie on top, where large ones would hide them.
    style["zorder"] += 0 if noise else number / 1000
    label = f"{name}: {shown.sizes[number]:,}" + (f"  {about}" if about else "")
    axes.scatter(
        points[:, 0],
        points[:, 1],
        s=size,
        linewidths=0.25,
        edgecolors="none" if noise else "#404040",
        label=label,
        **style,
    )


def _name_clusters(axes: Axes, shown: ClusterMap, size: int) -> None:
    for number, (x, y) in shown.centres.items():
        box = {"boxstyle": "round,pad=0.15", "facecolor": "white", "edgecolor": "#404040", "alpha": 0.85, "lw": 0.5}
        axes.text(x, y, str(number), fontsize=size, ha="center", va="center", bbox=box, zorder=4)


def _draw_legend(axes: Axes, shown: ClusterMap, many: bool) -> None:
    handles, labels = axes.get_legend_handles_labels()
    # Drawn first, noise is named last.
    if NOISE in shown.sizes:
        handles, labels = [*handles[1:], handles[0]], [*labels[1:], labels[0]]
    legend = axes.legend(
        handles,
        labels,
        title="cluster: rows" if many else "cluster: rows  terms",
        loc="upper left",
        bbox_to_anchor=(1.01, 1),
        ncols=1 + (len(labels) - 1) // 32,
        fontsize=8,
        frameon=False,
    )
    for handle in legend.legend_handles:
        if handle is not None:
            handle.set_alpha(1)
            handle.set_sizes([28])  # type: ignore[attr-defined]
