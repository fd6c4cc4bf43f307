"""How commands print: tables for people, JSON for programs, plain text where nobody looks."""

from __future__ import annotations

import errno
import io
import json
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from atomic_files import finite
from execution.nowhere import nowhere, write_nowhere
from terminal.table_layout import Cell, lay_out
from terminal.text import printable

__all__ = ["console", "print_json", "print_section", "print_table", "remark", "run_command", "warn"]

_PIPED_WIDTH = 200
_WHOLE = frozenset({"#", "id", "status", "created", "duration"})
"""Headings of columns that stay as they are: they are short, or copied."""
_UNWRITABLE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


def console() -> Console:
    """Return where tables go: as wide as the terminal; wide and without colour into a pipe or a file."""
    if sys.stdout.isatty():
        return Console()
    return Console(width=_table_width() or _PIPED_WIDTH, color_system=None, highlight=False)


def _table_width() -> int | None:
    """Return how wide a table may be: as the terminal, or as COLUMNS says; None for a pipe, which has room."""
    if sys.stdout.isatty():
        return Console().width
    wanted = os.environ.get("COLUMNS", "")
    return int(wanted) if wanted.isdecimal() and int(wanted) > 0 else None


def print_json(value: Any) -> None:
    """Print plain values as indented JSON; numbers that are not finite become null."""
    print(json.dumps(finite(value), indent=2, ensure_ascii=False, allow_nan=False, default=str))


def print_table(
    columns: Sequence[str],
    rows: Sequence[Sequence[Cell]],
    right: Sequence[str] = (),
    *,
    one_line: bool = False,
    spare: Sequence[str] = (),
) -> None:
    """Print a table; which columns a narrow terminal has no room for is remarked.

    Args:
        columns: headings; none for a table without.
        rows: one cell a column; text is shown as it is, markup in it means nothing.
        right: headings of the columns that are aligned to the right, such as numbers.
        one_line: shorten what is too long instead of folding it.
        spare: headings of columns that may be left out, the first first.
    """
    width = _table_width()
    layout = lay_out(columns, rows, right, width, one_line, spare, _WHOLE)
    if sys.stdout.isatty():
        Console().print(Text("\n").join(layout.lines), soft_wrap=True)
    else:
        # The table drawn by rich takes a second for a thousand rows.
        print("\n".join(line.plain for line in layout.lines))
    if layout.remark:
        remark(layout.remark)


def print_section(
    title: str, columns: Sequence[str], rows: Sequence[Sequence[Cell]], right: Sequence[str] = ()
) -> None:
    """Print a table below a heading; see :func:`print_table`."""
    if title:
        console().print()
        console().print(Text(title, style="bold underline"))
    print_table(columns, rows, right)


def remark(message: str) -> None:
    """Print what is no part of the output, such as how much is left out, beside it."""
    print(printable(message, one_line=False), file=sys.stderr)


def warn(message: str) -> None:
    """Print a warning beside the output."""
    remark(f"warning: {message}")


def run_command(command: Callable[[], int]) -> int:
    """Run ``command``; neither ``| head`` nor a closed output is an error, nor a terminal without Unicode."""
    # Python has no object for a stream that was closed (``>&-``).
    sys.stdout = sys.stdout or nowhere()
    sys.stderr = sys.stderr or nowhere()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        status = command()
        sys.stdout.flush()
    except BrokenPipeError:
        return _leave_unread(0)
    except SystemExit as stop:
        # So Typer and rich leave when the pipe is closed.
        if isinstance(stop.__context__, BrokenPipeError):
            return _leave_unread(0)
        raise
    except OSError as error:
        # Files that are written have a name, or are complained of as ResourceError.
        if error.filename is not None or error.errno not in _UNWRITABLE:
            raise
        print(f"error: standard output: {error.strerror}", file=sys.stderr)
        return _leave_unread(2)
    return status


def _leave_unread(status: int) -> int:
    # Python would complain once more when it flushes at exit.
    write_nowhere(sys.stdout.fileno())
    return status
