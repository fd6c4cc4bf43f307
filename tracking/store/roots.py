"""Where experiments lie: kept beside an SQLite file, so that a new one can be made when it breaks.

Folders below that of the file stand there relative to it, so that a copy of all means its own.
"""

from __future__ import annotations

import os
from pathlib import Path

from tracking.store.places import home_of, relative_to_home

__all__ = ["read_roots", "remember_root", "roots_file"]


def roots_file(file: Path) -> Path:
    """Return the text file beside a database file that names a folder of experiments on each line."""
    return Path(f"{file}.roots")


def read_roots(file: Path) -> list[Path]:
    """Return the folders of experiments that the text file beside ``file`` names; none where there is no such file."""
    try:
        lines = os.fsdecode(roots_file(file).read_bytes()).split("\n")
    except OSError:
        return []
    return [home_of(file) / line for line in dict.fromkeys(lines) if line]


def remember_root(file: Path, root: Path) -> None:
    """Add a folder to the text file beside ``file``, unless it stands there or the file cannot be written."""
    if "\n" in str(root) or root in read_roots(file):
        return
    try:
        # One write: of two processes that add the same line, none tears the other's.
        with roots_file(file).open("ab", buffering=0) as opened:
            opened.write(os.fsencode(f"{relative_to_home(root, home_of(file))}\n"))
    except OSError:
        return
