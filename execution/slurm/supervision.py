"""Watches over the process that does a SLURM job's work: limits, orders to stop, and its end."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from execution.slurm.child import SIGNALS
from execution.slurm.folders import Order, SubmissionFolder
from execution.slurm.resources import CODE
from jobs import FailureKind, Outcome

__all__ = ["Supervision"]

STOP_SECONDS = 25.0
"""To save and end, for who is asked to; half a minute is what most clusters leave."""

_CANCEL_SECONDS = 5.0
_LOOK_SECONDS = 0.1
_LOOK_AT_LIMITS_SECONDS = 1.0


class Supervision:
    """One start of one submission's work.

    Signal handlers may call :meth:`stop` in the midst of :meth:`watch`: it looks at the process and reaps nothing.

    Args:
        folder: of the submission.
    """

    def __init__(self, folder: SubmissionFolder) -> None:
        self._folder = folder
        self._order = folder.order()
        before = folder.started()
        self._seconds_before: float = before["seconds"] if before else 0.0
        self._started = time.monotonic()
        self._overdue: Outcome | None = None
        self._oom_kills = _oom_kills()
        folder.forget_outcome()
        self._write_started()
        self._child = self._start(self._order)

    def _start(self, order: Order) -> subprocess.Popen[bytes]:
        threads = str(order.threads)
        environment = {**os.environ, "OMP_NUM_THREADS": threads, "MKL_NUM_THREADS": threads}
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, [str(CODE), os.environ.get("PYTHONPATH")]))
        command = [sys.executable, "-u", "-m", "execution.slurm.child", str(self._folder.path)]
        # A signal between its start and its handlers would end it without a word.
        blocked = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        try:
            return subprocess.Popen(command, stdin=subprocess.PIPE, env=environment, start_new_session=True)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, blocked)

    def watch(self) -> Outcome:
        """Return when the work has ended, with what it left or what can be said of its death."""
        next_look = 0.0
        stamp, said_at = self._folder.progress_stamp(), self._started
        while not self._has_ended():
            time.sleep(_LOOK_SECONDS)
            now = time.monotonic()
            if now < next_look or self._overdue is not None:
                continue
            next_look = now + _LOOK_AT_LIMITS_SECONDS
            newest = self._folder.progress_stamp()
            if newest != stamp:
                stamp, said_at = newest, now
            self._enforce_limits(now, said_at)
        status = self._child.wait()
        outcome = self._outcome(status)
        self._folder.write_outcome(outcome)
        return outcome

    def stop(self) -> None:
        """Ask the work to save and to end, and wait; where it does not end it is killed: its last checkpoint counts."""
        wanted = self._folder.stop()
        kind, reason = wanted or (FailureKind.PREEMPTED, "SLURM ends its slot")
        with suppress(OSError, ValueError):
            assert self._child.stdin is not None
            self._child.stdin.write(f"{' '.join(reason.split())}\n".encode())
            self._child.stdin.flush()
        limit = time.monotonic() + (_CANCEL_SECONDS if kind == FailureKind.CANCELLED else STOP_SECONDS)
        while not self._has_ended() and time.monotonic() < limit:
            time.sleep(_LOOK_SECONDS)
        if not self._has_ended():
            self._end_with(Outcome.failed(kind, f"{reason}; it did not stop and was killed", self._seconds()))
        self._write_started()

    def _enforce_limits(self, now: float, said_at: float) -> None:
        minutes, hang = self._order.job.resources.minutes, self._order.hang_seconds
        if minutes is not None and self._seconds() > minutes * 60:
            self._end_with(Outcome.failed(FailureKind.TIMED_OUT, f"killed: longer than {minutes:g} minutes"))
        elif hang is not None and now - said_at > hang:
            self._end_with(
                Outcome.failed(FailureKind.TIMED_OUT, f"killed: it said nothing of its progress for {hang:.0f} s")
            )

    def _end_with(self, outcome: Outcome) -> None:
        self._overdue = self._overdue or outcome
        with suppress(ProcessLookupError):
            os.killpg(self._child.pid, signal.SIGKILL)

    def _has_ended(self) -> bool:
        if self._child.returncode is not None:
            return True
        # Nothing is reaped here: a handler may ask while wait() is under way.
        with suppress(ChildProcessError):
            return os.waitid(os.P_PID, self._child.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
        return True

    def _outcome(self, status: int) -> Outcome:
        said, wanted = self._folder.outcome(), self._folder.stop()
        known = said or self._overdue
        if known is not None:
            return known
        if wanted is not None:
            return Outcome.failed(*wanted, seconds=self._seconds())
        if _oom_kills() > self._oom_kills:
            return Outcome.failed(
                FailureKind.OUT_OF_MEMORY, "the kernel killed it: the memory of its SLURM job is full", self._seconds()
            )
        return Outcome.failed(FailureKind.WORKER_DIED, _describe(status), self._seconds())

    def _seconds(self) -> float:
        return self._seconds_before + time.monotonic() - self._started

    def _write_started(self) -> None:
        """Say who this is, and how long all starts have worked: a limit of time holds for them together."""
        self._folder.write_started(host=socket.gethostname(), pid=os.getpid(), seconds=self._seconds())


def _describe(status: int) -> str:
    if status >= 0:
        return f"its process ended with status {status} and without a word"
    try:
        name = signal.Signals(-status).name
    except ValueError:
        name = "?"
    return f"its process was killed by signal {-status} ({name})"


def _oom_kills() -> int:
    """Return how many processes the kernel killed in this control group for want of memory; 0 where it does not say."""
    found = 0
    with suppress(OSError, ValueError):
        for line in Path("/proc/self/cgroup").read_text().splitlines():
            number, controllers, path = line.split(":", 2)
            if number == "0":
                events = Path("/sys/fs/cgroup", path.lstrip("/"), "memory.events")
            elif "memory" in controllers.split(","):
                events = Path("/sys/fs/cgroup/memory", path.lstrip("/"), "memory.oom_control")
            else:
                continue
            for row in events.read_text().splitlines() if events.exists() else ():
                name, _, value = row.partition(" ")
                found += int(value) if name == "oom_kill" else 0
    return found
