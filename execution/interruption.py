"""Being asked to stop from outside: Ctrl-C, SIGTERM, which schedulers send before they kill, and a lost terminal."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any, Self

from execution.endings import GRACE_SECONDS, KILLING_SECONDS
from execution.leaving import leave
from execution.nowhere import write_nowhere
from tracking.processes import exit_status

__all__ = ["Interruption"]

_GRACE_SECONDS = round(GRACE_SECONDS)
_PATIENCE_SECONDS = 35
"""The same from the second Ctrl-C, behind which nobody kills."""


class Interruption:
    """Turns signals into wishes that whoever works looks at between two steps.

    The first Ctrl-C asks that nothing new is begun. The second, SIGTERM, and SIGHUP of a terminal that is lost ask that
    what runs is saved and stopped; a third Ctrl-C stops at once. Whoever does not stop within 25 seconds of SIGTERM or
    SIGHUP, or 35 of the second Ctrl-C, is stopped where it is, and 3 seconds later the process ends, whatever it hangs
    in. Somebody else's handlers are left alone; in a thread other than the main one nothing is guarded.

    Args:
        ask: told at the first Ctrl-C, in the middle of whatever happens.
    """

    def __init__(self, ask: Callable[[], None] = lambda: None) -> None:
        self._ask = ask
        self._interrupts = 0
        self._has_asked = False
        self._ended_by: signal.Signals | None = None
        self._replaced: dict[int, Any] = {}
        self._terminals: list[int] = []
        self._end: threading.Timer | None = None

    @property
    def is_asked(self) -> bool:
        """Whether nothing new is to be begun."""
        return self._interrupts > 0 or self._ended_by is not None

    @property
    def seconds_to_save(self) -> float:
        """How long what runs may take to save what it did, before it is killed."""
        return _GRACE_SECONDS if self._ended_by is None else _GRACE_SECONDS - KILLING_SECONDS

    def stop_reason(self) -> str:
        """Return why what runs is to be saved and stopped; empty while it is to go on."""
        if self._interrupts and not self._has_asked:
            self._ask_once()
        if self._ended_by is not None:
            return f"terminated ({self._ended_by.name})"
        return "interrupted (Ctrl-C)" if self._interrupts > 1 else ""

    def raise_if_asked(self) -> None:
        """Say to the caller of everything that it was stopped.

        Raises:
            KeyboardInterrupt: after Ctrl-C.
            SystemExit: after SIGTERM, with :data:`tracking.processes.TERMINATED`; after SIGHUP with its own status.
        """
        if self._ended_by is not None:
            raise SystemExit(exit_status(self._ended_by))
        if self._interrupts:
            raise KeyboardInterrupt

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            # Once it is lost, nobody can tell any more that it was one.
            self._terminals = [number for number in (1, 2) if os.isatty(number)]
            self._guard(signal.SIGINT, signal.default_int_handler, self._interrupt)
            self._guard(signal.SIGTERM, signal.SIG_DFL, self._terminate)
            self._guard(signal.SIGHUP, signal.SIG_DFL, self._hang_up)
        return self

    def __exit__(self, *error: object) -> None:
        self._give_back(signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        # Only now: until then one that comes may set it.
        if self._end is not None:
            signal.alarm(0)
            self._end.cancel()
        self._give_back(signal.SIGALRM)

    def _guard(self, number: signal.Signals, usual: object, handle: Callable[[int, FrameType | None], None]) -> None:
        handler = signal.getsignal(number)
        if handler in (usual, leave):
            self._replaced[number] = handler
            signal.signal(number, handle)

    def _give_back(self, *numbers: signal.Signals) -> None:
        for number in numbers:
            if number in self._replaced:
                signal.signal(number, self._replaced.pop(number))

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        self._interrupts += 1
        if self._interrupts > 2:
            raise KeyboardInterrupt
        if self._interrupts == 1:
            self._ask_once()
        elif self._ended_by is None:
            self._end_in(_PATIENCE_SECONDS, exit_status(signal.SIGINT))

    def _ask_once(self) -> None:
        try:
            self._ask()
        except RuntimeError:
            # The signal came in the middle of another line; whoever looks next asks.
            return
        self._has_asked = True

    def _terminate(self, number: int, frame: FrameType | None) -> None:
        if self._ended_by is None:
            self._ended_by = signal.Signals(number)
            self._end_in(_GRACE_SECONDS, exit_status(number))

    def _hang_up(self, number: int, frame: FrameType | None) -> None:
        # Whoever prints to a terminal that is gone gets an error, in the middle of saving.
        write_nowhere(*self._terminals)
        self._terminate(number, frame)

    def _end_in(self, seconds: int, status: int) -> None:
        if self._end is not None:
            self._end.cancel()
        self._replaced.setdefault(signal.SIGALRM, signal.getsignal(signal.SIGALRM))
        signal.signal(signal.SIGALRM, self._out_of_patience)
        signal.alarm(seconds)
        self._end = threading.Timer(seconds + 3, os._exit, [status])
        self._end.daemon = True
        self._end.start()

    def _out_of_patience(self, number: int, frame: FrameType | None) -> None:
        self.raise_if_asked()
