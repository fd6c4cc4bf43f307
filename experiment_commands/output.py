"""How commands print: tables for people, JSON for programs, plain text where nobody looks."""

from __future__ import annotations

import io
import json
import os
import re
import sys
from collections.abc import Callable, Sequence
from typing import Any, Literal

from rich.console import Console
from rich.table import Table
from rich.text import Text

from atomic_files import finite

__all__ = ["console", "print_json", "print_section", "print_table", "remark", "run_command", "warn"]

_PIPED_WIDTH = 200
_WHOLE = frozenset({"#", "id", "status", "created", "duration"})
"""Headings of columns that a narrow terminal does not fold: they are short, or copied."""
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def console() -> Console:
    """Return where tables go: as wide as the terminal; wide and without colour into a pipe or a file."""
    if sys.stdout.isatty():
        return Console()
    return Console(width=int(os.environ.get("COLUMNS", _PIPED_WIDTH)), color_system=None, highlight=False)


def print_json(value: Any) -> None:
    """Print plain values as indented JSON; numbers that are not finite become null."""
    print(json.dumps(finite(value), indent=2, ensure_ascii=False, allow_nan=False, default=str))


def print_table(columns: Sequence[str], rows: Sequence[Sequence[str | Text]], right: Sequence[str] = ()) -> None:
    """Print a table.

    Args:
        columns: headings; none for a table without.
        rows: one cell a column; text is shown as it is, markup in it means nothing.
        right: headings of the columns that are aligned to the right, such as numbers.
    """
    table = Table(box=None, pad_edge=False, header_style="bold", show_header=bool(columns))
    for name in columns or [""] * max(map(len, rows), default=0):
        justify: Literal["left", "right"] = "right" if name in right else "left"
        table.add_column(Text(name), justify=justify, overflow="fold", no_wrap=name in _WHOLE, min_width=len(name))
    for row in rows:
        table.add_row(*(cell if isinstance(cell, Text) else Text(_printable(cell)) for cell in row))
    console().print(table)


def _printable(text: str) -> str:
    """Return text without what a terminal would obey instead of showing."""
    return _CONTROL.sub(lambda found: repr(found[0])[1:-1], text)


def print_section(
    title: str, columns: Sequence[str], rows: Sequence[Sequence[str | Text]], right: Sequence[str] = ()
) -> None:
    """Print a table below a heading; see :func:`print_table`."""
    if title:
        console().print()
        console().print(Text(title, style="bold underline"))
    print_table(columns, rows, right)


def remark(message: str) -> None:
    """Print what is no part of the output, such as how much is left out, beside it."""
    print(message, file=sys.stderr)


def warn(message: str) -> None:
    """Print a warning beside the output."""
    print(f"warning: {message}", file=sys.stderr)


def run_command(command: Callable[[], int]) -> int:
    """Run ``command``; neither ``| head`` nor a terminal without Unicode is an error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        status = command()
        sys.stdout.flush()
    except BrokenPipeError:
        return _read_no_further()
    except SystemExit as stop:
        # So Typer and rich leave when the pipe is closed.
        if isinstance(stop.__context__, BrokenPipeError):
            return _read_no_further()
        raise
    return status


def _read_no_further() -> int:
    # Python would complain once more when it flushes at exit.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0
