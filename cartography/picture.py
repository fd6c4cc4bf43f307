"""The picture of a data map."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from atomic_files import atomic_path

__all__ = ["draw_map"]


def draw_map(columns: Mapping[str, NDArray[Any]], provenance: Mapping[str, Any], path: Path) -> None:
    """Draw variability against confidence."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 6))
    axes = figure.add_subplot()
    axes.scatter(columns["variability"], columns["confidence"], s=4)
    axes.set_title(str(provenance.get("dataset")))
    with atomic_path(path) as temporary:
        figure.savefig(temporary, format="png")
