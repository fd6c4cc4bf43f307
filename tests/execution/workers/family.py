"""The processes of a runner's local workers, whoever their parent is by now."""

from __future__ import annotations

import os
from contextlib import suppress

import psutil

__all__ = ["family"]


def family(runner: int | None = None) -> list[psutil.Process]:
    """Return the living processes that were started for ``runner``, by default this process."""
    mark = f'"runner": {runner or os.getpid()}}}'  # in the settings, which are an argument; forks have the same
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if mark in " ".join(process.cmdline()) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found
