"""Being asked to stop from outside: Ctrl-C, and SIGTERM, which schedulers send before they kill."""

from __future__ import annotations

import signal
import threading
from types import FrameType
from typing import Self

__all__ = ["TERMINATED", "Interruption"]

TERMINATED = 128 + signal.SIGTERM
"""Exit status of what was sent SIGTERM."""


class Interruption:
    """Stops the block that it guards, at once or at its next :meth:`check`.

    A signal's handler raises wherever the program happens to be, and in a callback of the garbage collector Python
    prints the exception and goes on. So the signal is remembered, and raised again by whoever checks. Somebody else's
    handlers are left alone; in a thread other than the main one nothing is guarded.
    """

    def __init__(self) -> None:
        self._received: int | None = None
        self._replaced: dict[int, signal.Handlers] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._guard(signal.SIGINT, signal.default_int_handler)
            self._guard(signal.SIGTERM, signal.SIG_DFL)
        return self

    def __exit__(self, *error: object) -> None:
        for number, handler in self._replaced.items():
            signal.signal(number, handler)
        self._replaced.clear()

    def check(self) -> None:
        """Raise if a signal came and its exception was lost.

        Raises:
            KeyboardInterrupt: for Ctrl-C.
            SystemExit: for SIGTERM, with :data:`TERMINATED`.
        """
        if self._received == signal.SIGINT:
            raise KeyboardInterrupt
        if self._received == signal.SIGTERM:
            raise SystemExit(TERMINATED)

    def _guard(self, number: signal.Signals, usual: object) -> None:
        handler = signal.getsignal(number)
        if handler == usual:
            self._replaced[number] = handler  # type: ignore[assignment]  # any handler may be put back
            signal.signal(number, self._handle)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        self._received = number
        self.check()
