"""Lays out a table: how wide each column is, what is shortened or folded, and which columns find no room."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import zip_longest
from typing import NamedTuple

from rich.cells import cell_len
from rich.console import Console
from rich.style import Style
from rich.text import Text

from terminal.text import printable

__all__ = ["Cell", "TableLayout", "lay_out", "shortened"]

Cell = str | Text
"""A text, or one in a style; markup in it means nothing."""

_GAP = "  "
_NARROW, _NARROWEST = 20, 8
"""Down to how many characters other columns are narrowed, as long as columns can be left out, and when none can."""


class TableLayout(NamedTuple):
    """A table as it is to be printed."""

    lines: list[Text]
    left_out: list[str]
    """Headings of columns that found no room."""
    width: int | None
    """That it was laid out for."""

    @property
    def remark(self) -> str:
        """What is said of the columns that found no room; empty where all did."""
        return f"left out, as {self.width} columns have no room: {', '.join(self.left_out)}" if self.left_out else ""


class _Content(NamedTuple):
    """What one cell says, and how it looks."""

    text: str
    style: str | Style


class _Column(NamedTuple):
    """A column before it is known how wide it may be."""

    place: int
    heading: str
    natural: int
    """How wide its widest line is."""
    whole: bool

    def least(self, narrow: int) -> int:
        """Return down to what it is narrowed where columns give way to ``narrow`` characters."""
        return self.natural if self.whole else min(self.natural, max(_width(self.heading), narrow))


def lay_out(
    columns: Sequence[str],
    rows: Sequence[Sequence[Cell]],
    right: Collection[str] = (),
    width: int | None = None,
    one_line: bool = False,
    spare: Sequence[str] = (),
    whole: Collection[str] = (),
) -> TableLayout:
    """Lay out a table.

    Args:
        columns: headings; none for a table without, whose cells may have several lines.
        rows: one cell a column.
        right: headings of the columns that are aligned to the right.
        width: of the terminal, in characters; None means that any width will do.
        one_line: shorten texts that are too long in the middle, so that a row is a line; else they are folded.
        spare: headings of columns that may be left out where there is no room, the first first.
        whole: headings of columns that stay as wide as they are.
    """
    cells = [[_content(cell, one_line or bool(columns)) for cell in row] for row in rows]
    headings = [*columns, *[""] * (max(map(len, rows), default=0) - len(columns))]
    texts = _texts_by_column(cells, len(headings))
    kept = [
        _Column(place, heading, max(map(_width, (heading, *lines))), heading in whole)
        for place, (heading, lines) in enumerate(zip(headings, texts, strict=True))
    ]
    left_out = []
    for name in spare:
        if name in headings and width is not None and _total([column.least(_NARROW) for column in kept]) > width:
            kept = [column for column in kept if column.heading != name]
            left_out.append(name)
    widths = _narrowed(kept, width)
    alignments = [column.heading in right for column in kept]
    heading_row = [[_Content(name, "bold") for name in headings]] if columns else []
    lines = [
        line
        for row in [*heading_row, *cells]
        for line in _lines(
            [row[column.place] for column in kept if column.place < len(row)], widths, alignments, one_line
        )
    ]
    return TableLayout(lines, left_out, width)


def shortened(text: str, width: int) -> str:
    """Return a text that fills at most ``width`` columns: its begin and its end, which tell names apart."""
    if _width(text) <= width:
        return text
    end = (width - 1) // 2
    return f"{_begin(text, width - 1 - end)}…{_begin(text[::-1], end)[::-1]}"


def _content(cell: Cell, one_line: bool) -> _Content:
    text, style = (cell.plain, cell.style) if isinstance(cell, Text) else (cell, "")
    text = printable(text, one_line)
    return _Content(text if one_line else text.expandtabs(), style)


def _texts_by_column(cells: Sequence[Sequence[_Content]], count: int) -> Iterator[list[str]]:
    for place in range(count):
        contents = (row[place].text for row in cells if place < len(row))
        yield [line for text in contents for line in (text.split("\n") if "\n" in text else (text,))]


def _width(text: str) -> int:
    """Return how many columns of a terminal a text fills."""
    return len(text) if text.isascii() else cell_len(text)


def _begin(text: str, width: int) -> str:
    for place, character in enumerate(text):
        width -= cell_len(character)
        if width < 0:
            return text[:place]
    return text


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + len(_GAP) * (len(widths) - 1)


def _narrowed(columns: Sequence[_Column], width: int | None) -> list[int]:
    """Return how wide columns are: the widest give way first."""
    if width is None:
        return [column.natural for column in columns]
    widths = [min(column.natural, width) for column in columns]
    for narrow in (_NARROW, _NARROWEST):
        while _total(widths) > width:
            wide = [place for place, column in enumerate(columns) if widths[place] > column.least(narrow)]
            if not wide:
                break
            widths[max(wide, key=widths.__getitem__)] -= 1
    return widths


def _lines(
    contents: Sequence[_Content], widths: Sequence[int], alignments: Sequence[bool], one_line: bool
) -> Iterator[Text]:
    """Yield the lines of one row; none ends in blanks."""
    pieces = [
        [shortened(content.text, width)] if one_line else _folded(content.text, width)
        for content, width in zip(contents, widths, strict=False)
    ]
    for texts in zip_longest(*pieces, fillvalue=""):
        line, styles = "", []
        for place, text in enumerate(texts):
            padding = " " * (widths[place] - _width(text))
            start = len(line) + (len(padding) if alignments[place] else 0)
            line += (f"{padding}{text}" if alignments[place] else f"{text}{padding}") + _GAP
            if contents[place].style:
                styles.append((start, start + len(text), contents[place].style))
        found = Text(line.rstrip(" "))
        for start, end, style in styles:
            found.stylize(style, start, end)
        yield found


def _folded(text: str, width: int) -> list[str]:
    lines = text.split("\n") if "\n" in text else [text]
    if all(_width(line) <= width for line in lines):
        return lines
    wrapped = Text(text).wrap(Console(width=width), width, overflow="fold")
    return [line.plain.rstrip(" ") for line in wrapped]
