"""How an attempt ends that nobody ended: what an exception means, and a polite SIGTERM."""

from __future__ import annotations

import os
import signal
import sys
import threading
import traceback
from typing import Any, NamedTuple

from tracking.processes import TERMINATED
from tracking.statuses import Status

__all__ = ["Outcome", "TerminationNotice", "outcome_at_exit", "outcome_of"]

_LONGEST_TRACE = 100_000


class Outcome(NamedTuple):
    """How an attempt ended."""

    status: Status
    reason: str = ""
    error: dict[str, Any] | None = None


def outcome_of(error: BaseException | None) -> Outcome:
    """Return what leaving a block by ``error``, or by none, means for the attempt."""
    if error is None:
        return Outcome(Status.COMPLETED)
    if isinstance(error, KeyboardInterrupt):
        return Outcome(Status.PREEMPTED, "interrupted (Ctrl-C)")
    if isinstance(error, GeneratorExit):
        return Outcome(Status.PREEMPTED, "left before its end: the generator that it ran in was closed")
    if isinstance(error, SystemExit):
        return _outcome_of_exit(error.code)
    trace = "".join(traceback.format_exception(error))[-_LONGEST_TRACE:]
    described = {"type": type(error).__name__, "message": str(error), "traceback": trace}
    return Outcome(Status.FAILED, "", described)


def _outcome_of_exit(code: Any) -> Outcome:
    if code in (None, 0):
        return Outcome(Status.COMPLETED)
    if code == TERMINATED:
        return Outcome(Status.PREEMPTED, "terminated (SIGTERM)")
    return Outcome(Status.FAILED, "", {"type": "SystemExit", "message": str(code), "traceback": ""})


def outcome_at_exit() -> Outcome:
    """Return what the end of the interpreter means for an attempt that is still going on."""
    error = getattr(sys, "last_value", None)
    if error is not None and not hasattr(sys, "ps1"):
        return outcome_of(error)
    # In an interactive session the last error may be of long ago.
    return Outcome(Status.LOST, "the program ended without finish_experiment()")


class TerminationNotice:
    """Turns SIGTERM into SystemExit while an attempt goes on, where it would have killed the process at once.

    Whoever has a handler of their own keeps it, and so does a thread other than the main one.
    """

    def __init__(self) -> None:
        self.received = False
        self._process = os.getpid()
        self._installed = (
            threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
        )
        if self._installed:
            signal.signal(signal.SIGTERM, self._terminate)

    def _terminate(self, number: int, frame: Any) -> None:
        if os.getpid() != self._process:
            # A forked worker dies as it would have without us.
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
            return
        self.received = True
        raise SystemExit(TERMINATED)

    def release(self) -> None:
        """Give SIGTERM back."""
        if (
            self._installed
            and threading.current_thread() is threading.main_thread()
            and signal.getsignal(signal.SIGTERM) == self._terminate
        ):
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
        self._installed = False
