"""What all statistical pictures share: one print column wide, no text under 7 points, quiet axes, marks of verdicts."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "BAND",
    "COLUMN_INCHES",
    "FONT",
    "GRID",
    "INK",
    "QUIET",
    "Sign",
    "beside_row",
    "caption",
    "column_figure",
    "heading",
    "legend",
    "name_rows",
    "sign_of",
]

COLUMN_INCHES = 3.3
"""Width of a column of a two-column page."""
FONT = 7.0
"""Points; the least that is read in print."""
INK, QUIET, GRID, BAND = "#222222", "#5c5c5c", "#e4e4e4", "#e9e9e9"
_DPI = 240
_CAPTION_WIDTH = 62
_HEADING_WIDTH = 46


class Sign(NamedTuple):
    """How a verdict is drawn: by colour and by shape, so that neither is needed."""

    colour: str
    marker: str
    filled: bool


_SIGNS = {
    "better": Sign("#0072B2", "^", True),
    "worse": Sign("#D55E00", "v", True),
    "equivalent": Sign("#009E73", "s", True),
}
_UNDECIDED = Sign("#4a4a4a", "o", False)


def sign_of(verdict: str) -> Sign:
    """Return how a verdict is drawn; any other word is taken for undecided."""
    return _SIGNS.get(verdict, _UNDECIDED)


def column_figure(heights: Sequence[float], columns: int = 1, **subplots: Any) -> tuple[Figure, list[list[Axes]]]:
    """Return a figure one column wide and its axes, row by row.

    Args:
        heights: of each row of axes with its title and labels, in inches.
        columns: axes in a row.
        subplots: further arguments of ``Figure.subplots``.
    """
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    engine = ConstrainedLayoutEngine(w_pad=0.02, h_pad=0.03, wspace=0.02, hspace=0.02)
    figure = Figure(figsize=(COLUMN_INCHES, sum(heights)), dpi=_DPI, layout=engine)
    axes = figure.subplots(len(heights), columns, height_ratios=list(heights), squeeze=False, **subplots)
    for ax in axes.ravel():
        quiet_axes(ax)
    return figure, [list(row) for row in axes]


def quiet_axes(ax: Axes) -> None:
    """Take away what carries no number, and set the size of the ticks' labels."""
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set_color("#9a9a9a")
    ax.tick_params(labelsize=FONT, color="#9a9a9a", length=2, pad=2)
    ax.set_axisbelow(True)


def heading(ax: Axes, text: str) -> None:
    """Title axes from the figure's left edge on, so that a long title has all the width, in as many lines as it takes.

    Names come from users: a dollar sign is a dollar sign, not mathematics.
    """
    lines = textwrap.wrap(text, _HEADING_WIDTH)
    # Keeps the room; the layout would take a text that begins beside the axes for a label.
    ax.set_title("\n".join(" " for _ in lines), fontsize=FONT + 0.5, pad=6)
    title = ax.annotate(
        "\n".join(lines),
        (0, 1),
        (2, 3),
        xycoords=("figure fraction", "axes fraction"),
        textcoords="offset points",
        fontsize=FONT + 0.5,
        fontweight="bold",
        color=INK,
        va="bottom",
        annotation_clip=False,
        parse_math=False,
    )
    title.set_in_layout(False)


def caption(figure: Figure, text: str) -> None:
    """Write what the marks mean under the axes, in as many lines as it takes, and make room for it."""
    lines = textwrap.wrap(text, _CAPTION_WIDTH)
    figure.set_figheight(figure.get_figheight() + 0.12 * len(lines) + 0.05)
    figure.supxlabel("\n".join(lines), fontsize=FONT, color=QUIET, x=0.01, ha="left", parse_math=False)


def legend(figure: Figure, handles: Sequence[Artist], names: Sequence[str], text: str) -> None:
    """Write a caption and under it what the lines are, two in a row, and make room for both."""
    lines = textwrap.wrap(text, _CAPTION_WIDTH)
    figure.set_figheight(figure.get_figheight() + 0.12 * len(lines) + 0.13 * -(-len(names) // 2) + 0.1)
    box = figure.legend(
        list(handles),
        list(names),
        title="\n".join(lines),
        loc="outside lower left",
        ncols=2,
        fontsize=FONT,
        title_fontsize=FONT,
        frameon=False,
        alignment="left",
        borderpad=0,
        labelspacing=0.2,
    )
    box.get_title().set_color(QUIET)
    for each in (box.get_title(), *box.get_texts()):
        each.set_parse_math(False)


def name_rows(ax: Axes, labels: Sequence[str]) -> None:
    """Write names at the left of rows 0, 1 and so on, the first on top."""
    ax.set_yticks(range(len(labels)), list(labels), color=INK, parse_math=False, linespacing=0.95)
    ax.tick_params(axis="y", length=0)


def beside_row(
    ax: Axes,
    position: int,
    text: str,
    colour: str,
    side: Literal["top", "bottom", "center"] = "center",
    weight: Literal["normal", "bold"] = "normal",
) -> None:
    """Write at the right of a row; ``side`` is the side of the text that the row's middle touches."""
    ax.annotate(
        text,
        (1.03, position),
        xycoords=("axes fraction", "data"),
        fontsize=FONT,
        color=colour,
        va=side,
        fontweight=weight,
        annotation_clip=False,
        parse_math=False,
    )
