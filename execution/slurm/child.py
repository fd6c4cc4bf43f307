"""The process that does the work of one SLURM job: ``python -m execution.slurm.child FOLDER``.

It is a process of its own, so that whatever kills it leaves somebody who says so: :mod:`execution.slurm.supervision`,
which gives orders through standard input. A line is a reason to stop; the end of input says that nobody is left to
work for.
"""

from __future__ import annotations

import math
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

from errors import ConfigError
from execution.endings import GRACE_SECONDS
from execution.mail_folder import Reports
from execution.slurm.folders import Order, SubmissionFolder
from execution.work import Context, carry_out
from jobs import FailureKind, Outcome
from jobs.outcome import WAITS_FOR

__all__ = ["SIGNALS", "main"]

SIGNALS = (signal.SIGTERM, signal.SIGUSR2)
"""Of SLURM: blocked when a process begins, until it knows what to do with them."""

_REPORT_SECONDS = 1.0
_LOOK_SECONDS = 0.2
_LONGEST_PAUSE_SECONDS = 30.0


class _Orders:
    """What somebody outside wants."""

    def __init__(self) -> None:
        self.stop_reason = ""
        # Work may read its standard input; these lines are not for it.
        self._input = os.dup(0)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)

    def note_signal(self, number: int, frame: Any) -> None:
        # SLURM tells all processes of a job; the supervisor's reason, where it has a better one, came before.
        self.stop_reason = self.stop_reason or signal.Signals(number).name

    def listen(self) -> None:
        with os.fdopen(self._input, encoding="utf-8") as lines:
            for line in lines:
                self.stop_reason = line.strip() or "a stop"
        self.stop_reason = self.stop_reason or "its supervisor is gone"
        time.sleep(GRACE_SECONDS)
        os._exit(1)


def main(path: Path) -> int:
    """Do the work of a folder; return the exit status."""
    orders = _Orders()
    signal.signal(signal.SIGTERM, orders.note_signal)
    # The supervisor decides what the end of a slot means.
    signal.signal(signal.SIGUSR2, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
    folder = SubmissionFolder(path)
    threading.Thread(target=orders.listen, daemon=True).start()
    try:
        with Reports(folder, _REPORT_SECONDS) as reports:
            outcome = _carry_out(folder.order(), reports, orders)
    except ConfigError as error:
        outcome = Outcome.failed(FailureKind.OTHER_CODE, str(error))
    folder.write_outcome_patiently(outcome)
    return 0 if outcome.success else 1


def _carry_out(order: Order, reports: Reports, orders: _Orders) -> Outcome:
    """Do the work; where somebody else is at it, wait here: in the queue again it would have to wait for both."""
    limit = math.inf if order.patience_seconds is None else time.monotonic() + order.patience_seconds
    pause = 1.0
    while True:
        outcome = carry_out(order.job, Context(reports.report, lambda: orders.stop_reason))
        failure = outcome.failure
        if failure is None or failure.kind != FailureKind.BUSY or time.monotonic() >= limit:
            return outcome
        reports.report({"phase": f"waits: {failure.message}", WAITS_FOR: failure.message})
        again_at = time.monotonic() + pause
        while time.monotonic() < again_at:
            if orders.stop_reason:
                return Outcome.failed(FailureKind.PREEMPTED, f"{orders.stop_reason}; it waited: {failure.message}")
            time.sleep(_LOOK_SECONDS)
        pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)


if __name__ == "__main__":
    status = main(Path(sys.argv[1]))
    sys.stdout.flush()
    sys.stderr.flush()
    # What it did is written down; threads that work left behind must not hold it up.
    os._exit(status)
