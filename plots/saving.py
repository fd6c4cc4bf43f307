"""Save pictures as small files, atomically, and show them where there is a display."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from atomic_files import atomic_path
from errors import ConfigError
from plots.legible import make_legible

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["save_picture", "show_pictures", "why_no_window"]

_DPI = 120
_FORMATS = ("png", "svg", "pdf")
_LARGE_BYTES = 200_000
_FILE_BACKENDS = frozenset({"agg", "cairo", "pdf", "pgf", "ps", "svg", "template"})


def save_picture(figure: Figure, path: Path) -> Path:
    """Write ``figure`` as PNG, SVG or PDF, as the suffix says, and return ``path``.

    A large PNG is reduced to 256 colours. Characters that no font has are written as their codes.

    Raises:
        ConfigError: another suffix.
        ResourceError: the folder cannot be written or the disk is full.
    """
    format = path.suffix.lower().removeprefix(".")
    if format not in _FORMATS:
        raise ConfigError(f"{path}: pictures are written as .png, .svg or .pdf")
    make_legible(figure)
    content = _png(figure) if format == "png" else _vector_graphic(figure, format)
    with atomic_path(path) as temporary:
        temporary.write_bytes(content)
    return path


def _png(figure: Figure) -> bytes:
    from PIL import Image

    buffer = BytesIO()
    figure.savefig(buffer, format="png", dpi=max(_DPI, figure.dpi))
    if buffer.tell() > _LARGE_BYTES:
        with Image.open(buffer) as image:
            reduced = image.convert("RGB").quantize(256, kmeans=1, dither=Image.Dither.NONE)
        buffer = BytesIO()
        reduced.save(buffer, format="png", optimize=True)
    return buffer.getvalue()


def _vector_graphic(figure: Figure, format: str) -> bytes:
    from matplotlib import rc_context

    buffer = BytesIO()
    # Without a date and with names that are no random numbers, the same figure gives the same file.
    with rc_context({"svg.hashsalt": "assay"}):
        figure.savefig(buffer, format=format, metadata={"Date" if format == "svg" else "CreationDate": None})
    return buffer.getvalue()


def why_no_window() -> str | None:
    """Return why no window can be opened here, or None if one can."""
    if sys.platform.startswith("linux") and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return "no display (neither DISPLAY nor WAYLAND_DISPLAY is set)"
    from matplotlib import pyplot

    backend = pyplot.get_backend().lower()
    if backend in _FILE_BACKENDS:
        return f"matplotlib has no window toolkit here (backend {backend}); install one, such as PyQt6"
    return None


def show_pictures(figures: Sequence[Figure]) -> None:
    """Open a window for each figure and wait until all are closed."""
    from matplotlib import pyplot

    for figure in figures:
        pyplot.figure(figure)
    pyplot.show()
