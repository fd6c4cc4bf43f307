"""What is imported once, in the process that workers are forked from."""

from __future__ import annotations

import logging
import os
import sys
from importlib import import_module
from pathlib import Path

from execution.work import WORK

__all__ = ["preload", "threads_that_mind"]

logger = logging.getLogger(__name__)

_HARMLESS = frozenset({"jemalloc_bg_thd"})
"""Threads of libraries that see to being forked; pyarrow's allocator has this one."""


def preload(work: str) -> None:
    """Import the module of a piece of work, and the modules that it names in its attribute ``PRELOAD``.

    Whatever goes wrong is left to the worker: there it is the outcome of the job that needs it.
    """
    try:
        module = sys.modules[WORK.get(work).__module__]
        for name in getattr(module, "PRELOAD", ()):
            import_module(name)
    except (Exception, SystemExit) as error:
        logger.warning("what the work %r needs cannot be imported beforehand: %s", work, error)


def threads_that_mind() -> list[str]:
    """Return the names of this process's threads, besides its own, that a fork would lose.

    A lock that such a thread holds would be held for ever in the child. Only to be called where this process has
    forked already: libraries that see to it have ended their threads then, as OpenBLAS does.
    """
    try:
        names = {task.name: (task / "comm").read_text().strip() for task in Path("/proc/self/task").iterdir()}
    except OSError:
        return []
    return [name for task, name in names.items() if task != str(os.getpid()) and name not in _HARMLESS]
