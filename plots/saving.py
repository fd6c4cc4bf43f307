"""Save pictures as small files, atomically, and show them where there is a display."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from atomic_files import atomic_path
from errors import ConfigError
from plots.legible import make_legible

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["is_picture_of_ours", "save_picture", "show_pictures", "why_no_window"]

_DPI = 120
_FORMATS = ("png", "svg", "pdf")
_CREATOR = "Assay"
_HEAD_BYTES = 2000
"""The creator's name stands in the beginning of a file."""
_FILE_BACKENDS = frozenset({"agg", "cairo", "pdf", "pgf", "ps", "svg", "template"})


def save_picture(figure: Figure, path: Path) -> Path:
    """Write ``figure`` as PNG, SVG or PDF, as the suffix says, and return ``path``.

    A PNG has 256 colours at most. Characters that no font has are written as their codes.

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
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    # Figure.savefig draws twice and writes all colours first: most of the time of a picture.
    canvas, dpi = figure.canvas, figure.dpi
    try:
        figure.set_dpi(max(_DPI, dpi))
        drawn: Any = FigureCanvasAgg(figure)
        drawn.draw()
        size = drawn.get_width_height()
        image = Image.frombuffer("RGBA", size, bytes(drawn.buffer_rgba()), "raw", "RGBA", 0, 1).convert("RGB")
    finally:
        figure.set_dpi(dpi)
        figure.set_canvas(canvas)
    buffer, about = BytesIO(), PngInfo()
    about.add_text("Software", _CREATOR)
    image.quantize(256, kmeans=1, dither=Image.Dither.NONE).save(buffer, format="png", pnginfo=about)
    return buffer.getvalue()


def _vector_graphic(figure: Figure, format: str) -> bytes:
    from matplotlib import rc_context
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    buffer, canvas = BytesIO(), figure.canvas
    # Without a date and with names that are no random numbers, the same figure gives the same file.
    with rc_context({"svg.hashsalt": "assay"}):
        if format == "pdf":
            figure.savefig(buffer, format=format, metadata={"CreationDate": None})
            return buffer.getvalue()
        try:
            svg: Any = FigureCanvasSVG(figure)
            svg.print_svg(buffer, metadata={"Date": None, "Creator": _CREATOR})
        finally:
            figure.set_canvas(canvas)
    return buffer.getvalue()


def is_picture_of_ours(path: Path) -> bool:
    """Return whether :func:`save_picture` wrote a PNG or SVG."""
    try:
        with path.open("rb") as file:
            return _CREATOR.encode() in file.read(_HEAD_BYTES)
    except OSError:
        return False


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
