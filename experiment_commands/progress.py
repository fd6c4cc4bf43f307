"""A bar for work that takes long, where somebody looks."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["ReportProgress", "progress_bar"]

ReportProgress = Callable[[int, int | None], None]
"""Is told how much is done, and how much there is (None: nobody knows)."""

_SHORT_SECONDS = 0.5


@contextmanager
def progress_bar(what: str) -> Iterator[ReportProgress | None]:
    """Show a bar on the error output, unless that is no terminal or the work is soon done; it goes away at the end."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress

    bar = Progress(console=Console(stderr=True), transient=True)
    task = bar.add_task(what, total=None)
    begun = time.monotonic()

    def report(done: int, total: int | None) -> None:
        if time.monotonic() > begun + _SHORT_SECONDS:
            bar.start()
        bar.update(task, completed=done, total=total)

    try:
        yield report
    finally:
        bar.stop()
