"""Ending well when SIGTERM comes before anybody works: while libraries are loaded, which takes seconds and more."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from tracking.processes import exit_status

__all__ = ["leave", "leaving_when_terminated"]

_AGAIN_SECONDS = 0.05


def leave(number: int, frame: FrameType | None) -> None:
    """Handle a signal: end as whatever is left of the program likes to end.

    Raises:
        SystemExit: always, with the status that shells give who is killed by this signal.
    """
    raise SystemExit(exit_status(number))


@contextmanager
def leaving_when_terminated() -> Iterator[None]:
    """Turn SIGTERM into SystemExit in a block of the main thread, so that what was started there is stopped too.

    :class:`execution.interruption.Interruption` takes over while there is something to save. A handler that somebody
    else has set is left alone.
    """
    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or signal.getsignal(signal.SIGTERM) != signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGTERM, leave)
    try:
        with _leaving_callbacks_too():
            yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


@contextmanager
def _leaving_callbacks_too() -> Iterator[None]:
    """Send SIGTERM once more where its exit was raised in a callback, such as that of a weak reference.

    Python reports what such callbacks raise and goes on; each import ends with one.
    """
    report = sys.unraisablehook

    def heed(unraisable: sys.UnraisableHookArgs) -> None:
        if isinstance(unraisable.exc_value, SystemExit):
            # From outside and later: what is raised in here is dropped as well.
            threading.Timer(_AGAIN_SECONDS, os.kill, (os.getpid(), signal.SIGTERM)).start()
        else:
            report(unraisable)

    sys.unraisablehook = heed
    try:
        yield
    finally:
        sys.unraisablehook = report
