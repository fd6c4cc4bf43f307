"""Being asked to stop from outside: Ctrl-C, and SIGTERM, which schedulers send before they kill."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Self

__all__ = ["TERMINATED", "Interruption"]

TERMINATED = 128 + signal.SIGTERM
"""Exit status of what was sent SIGTERM."""

_GRACE_SECONDS = 25
"""From SIGTERM to the end, whatever is still going on; schedulers kill 30 seconds later."""


class Interruption:
    """Turns signals into wishes that whoever works looks at between two steps.

    The first Ctrl-C asks that nothing new is begun. The second, and SIGTERM, ask that what runs is saved and stopped;
    a third Ctrl-C stops at once. Whoever does not stop within 25 seconds of SIGTERM is stopped where it is, and 3
    seconds later the process ends, whatever it hangs in. Somebody else's handlers are left alone; in a thread other
    than the main one nothing is guarded.

    Args:
        ask: told at the first Ctrl-C, in the middle of whatever happens.
    """

    def __init__(self, ask: Callable[[], None] = lambda: None) -> None:
        self._ask = ask
        self._interrupts = 0
        self._has_asked = False
        self._is_terminated = False
        self._replaced: dict[int, signal.Handlers] = {}
        self._end: threading.Timer | None = None

    @property
    def is_asked(self) -> bool:
        """Whether nothing new is to be begun."""
        return self._interrupts > 0 or self._is_terminated

    def stop_reason(self) -> str:
        """Return why what runs is to be saved and stopped; empty while it is to go on."""
        if self._interrupts and not self._has_asked:
            self._ask_once()
        if self._is_terminated:
            return "terminated (SIGTERM)"
        return "interrupted (Ctrl-C)" if self._interrupts > 1 else ""

    def raise_if_asked(self) -> None:
        """Say to the caller of everything that it was stopped.

        Raises:
            KeyboardInterrupt: after Ctrl-C.
            SystemExit: after SIGTERM, with :data:`TERMINATED`.
        """
        if self._is_terminated:
            raise SystemExit(TERMINATED)
        if self._interrupts:
            raise KeyboardInterrupt

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._guard(signal.SIGINT, signal.default_int_handler, self._interrupt)
            self._guard(signal.SIGTERM, signal.SIG_DFL, self._terminate)
        return self

    def __exit__(self, *error: object) -> None:
        if signal.SIGTERM in self._replaced:
            signal.alarm(0)
        if self._end is not None:
            self._end.cancel()
        for number, handler in self._replaced.items():
            signal.signal(number, handler)
        self._replaced.clear()

    def _guard(self, number: signal.Signals, usual: object, handle: Callable[[int, FrameType | None], None]) -> None:
        handler = signal.getsignal(number)
        if handler == usual:
            self._replaced[number] = handler  # type: ignore[assignment]  # any handler may be put back
            signal.signal(number, handle)

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        self._interrupts += 1
        if self._interrupts > 2:
            raise KeyboardInterrupt
        if self._interrupts == 1:
            self._ask_once()

    def _ask_once(self) -> None:
        try:
            self._ask()
        except RuntimeError:
            # The signal came in the middle of another line; whoever looks next asks.
            return
        self._has_asked = True

    def _terminate(self, number: int, frame: FrameType | None) -> None:
        if self._is_terminated:
            return
        self._is_terminated = True
        signal.signal(signal.SIGALRM, self._out_of_patience)
        signal.alarm(_GRACE_SECONDS)
        self._end = threading.Timer(_GRACE_SECONDS + 3, os._exit, [TERMINATED])
        self._end.daemon = True
        self._end.start()

    def _out_of_patience(self, number: int, frame: FrameType | None) -> None:
        raise SystemExit(TERMINATED)
