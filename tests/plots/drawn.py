"""What is asked of every picture: texts one can read in a print column, and inside the picture."""

from __future__ import annotations

from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from plots.style import COLUMN_INCHES, FONT

__all__ = ["assert_legible_in_print", "texts_of"]


def _shown(figure: Figure) -> list[Text]:
    found = [text for text in figure.findobj(Text) if isinstance(text, Text)]
    return [text for text in found if text.get_visible() and text.get_text().strip()]


def texts_of(figure: Figure) -> str:
    """Return all texts of a figure, a line each."""
    return "\n".join(text.get_text() for text in _shown(figure))


def assert_legible_in_print(figure: Figure) -> None:
    """Assert that a figure is a column wide, and that no text is too small or leaves it."""
    canvas: Any = FigureCanvasAgg(figure)
    canvas.draw()
    assert figure.get_figwidth() == COLUMN_INCHES
    assert all(float(text.get_fontsize()) >= FONT for text in _shown(figure))
    box = figure.get_tightbbox(canvas.get_renderer())
    assert box.x0 >= -0.02 and box.x1 <= COLUMN_INCHES + 0.02, box
    assert box.y0 >= -0.02 and box.y1 <= figure.get_figheight() + 0.02, box
    for text in _shown(figure):
        if not text.get_in_layout():
            extent = text.get_window_extent(canvas.get_renderer())
            assert extent.x1 <= figure.bbox.width and extent.y1 <= figure.bbox.height, text
