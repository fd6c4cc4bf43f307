"""What jobs print: sent to a file while they run, and the end of it read."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

__all__ = ["end_of_log", "output_to"]

_MOST_BYTES = 1 << 20


@contextmanager
def output_to(path: Path) -> Iterator[None]:
    """Send what this process writes, in Python or in C, to the end of a file.

    A full disk, or a folder that is gone, is said in the log: the work may do without.
    """
    kept = [os.dup(1), os.dup(2)]
    try:
        log = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o666)
    except OSError as error:
        logging.getLogger(__name__).warning("no log at %s: %s", path, error)
    else:
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.close(log)
    try:
        yield
    finally:
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):
                stream.flush()
        for descriptor, original in enumerate(kept, 1):
            os.dup2(original, descriptor)
            os.close(original)


def end_of_log(path: Path) -> str:
    """Return the last megabyte of a log; empty where there is none."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _MOST_BYTES))
            return file.read().decode("utf-8", "replace")
    except OSError:
        return ""
