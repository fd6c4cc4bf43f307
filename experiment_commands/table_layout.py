"""Lays out a table: how wide each column is, what is shortened or folded, and which columns find no room."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import zip_longest
from typing import NamedTuple

from rich.cells import cell_len
from rich.console import Console
from rich.style import Style
from rich.text import Text

from experiment_results.wording import printable

__all__ = ["Cell", "TableLayout", "lay_out", "shortened"]

Cell = str | Text
"""A text, or one in a style; markup in it means nothing."""

_GAP = "  "
_WHOLE = frozenset({"#", "id", "status", "created", "duration"})
"""Headings of columns that stay as they are: they are short, or copied."""
_NARROW, _NARROWEST = 20, 8
"""Down to how many characters other columns are narrowed, as long as columns can be left out, and when none can."""


class TableLayout(NamedTuple):
    """A table as it is to be printed."""

    lines: list[Text]
    left_out: list[str]
    """Headings of columns that found no room."""


class _Content(NamedTuple):
    """What one cell says, and how it looks."""

    text: str
    style: str | Style


def lay_out(
    columns: Sequence[str],
    rows: Sequence[Sequence[Cell]],
    right: Collection[str] = (),
    width: int | None = None,
    one_line: bool = False,
    spare: Sequence[str] = (),
) -> TableLayout:
    """Lay out a table.

    Args:
        columns: headings; none for a table without, whose cells may have several lines.
        rows: one cell a column.
        right: headings of the columns that are aligned to the right.
        width: of the terminal, in characters; None means that any width will do.
        one_line: shorten texts that are too long in the middle, so that a row is a line; else they are folded.
        spare: headings of columns that may be left out where there is no room, the first first.
    """
    cells = [[_content(cell, one_line or bool(columns)) for cell in row] for row in rows]
    headings = [*columns, *[""] * (max(map(len, rows), default=0) - len(columns))]
    natural = [
        max(map(_width, (heading, *texts)))
        for heading, texts in zip(headings, _texts_by_column(cells, len(headings)), strict=True)
    ]
    kept, left_out = list(range(len(headings))), []
    for name in spare:
        least = _total([_least(headings[place], natural[place]) for place in kept])
        if name in headings and width is not None and least > width:
            kept = [place for place in kept if headings[place] != name]
            left_out.append(name)
    widths = _narrowed([headings[place] for place in kept], [natural[place] for place in kept], width)
    alignments = [headings[place] in right for place in kept]
    heading_row = [[_Content(name, "bold") for name in headings]] if columns else []
    lines = [
        line
        for row in [*heading_row, *cells]
        for line in _lines([row[place] for place in kept if place < len(row)], widths, alignments, one_line)
    ]
    return TableLayout(lines, left_out)


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


def _least(heading: str, natural: int, narrow: int = _NARROW) -> int:
    return natural if heading in _WHOLE else min(natural, max(_width(heading), narrow))


def _narrowed(headings: Sequence[str], natural: Sequence[int], width: int | None) -> list[int]:
    """Return how wide columns are: the widest give way first."""
    if width is None:
        return list(natural)
    widths = [min(each, width) for each in natural]
    for narrow in (_NARROW, _NARROWEST):
        least = [_least(heading, each, narrow) for heading, each in zip(headings, natural, strict=True)]
        while _total(widths) > width:
            wide = [place for place in range(len(widths)) if widths[place] > least[place]]
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
