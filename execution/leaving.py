"""Ending well when SIGTERM comes before anybody works: while libraries are loaded, which takes seconds and more."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from tracking.processes import exit_status

__all__ = ["leave", "leaving_when_terminated"]


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
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
