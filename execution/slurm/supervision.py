"""Watches over the process that does a SLURM job's work: limits, orders to stop, and its end."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress

from errors import AssayError
from execution.endings import GRACE_SECONDS, KillsForMemory, in_words
from execution.slurm.child import SIGNALS
from execution.slurm.folders import Order, SubmissionFolder
from execution.slurm.resources import CODE
from execution.slurm.standing import state_of_this_job
from execution.work import what_was_made
from jobs import FailureKind, Outcome
from jobs.outcome import REACHED, WAITS_FOR

__all__ = ["Supervision"]

_CANCEL_SECONDS = 5.0
_LOOK_SECONDS = 0.1
_RECENT_SECONDS = 5.0
"""A death so soon after the kernel killed for want of memory is laid to that."""
_LOOK_AT_LIMITS_SECONDS = 1.0
_MOST_IDLE_SLOTS = 3
"""After so many slots in a row that got no further, more of them would not either."""


class Supervision:
    """One start of one submission's work.

    Args:
        folder: of the submission.

    Raises:
        ConfigError: no order that this version of the code understands lies there.
    """

    def __init__(self, folder: SubmissionFolder) -> None:
        self.goes_on_in_another_slot = False
        """Whether the work stopped because its slot ends, or another job needs the place: known when :meth:`watch` has
        returned."""
        self._folder = folder
        self._order = folder.order()
        before = folder.started() or {}
        self._seconds_before: float = before.get("seconds", 0.0)
        self._idle_slots: int = before.get("idle_slots", 0)
        self._reached: float = before.get("reached", 0.0)
        self._started = time.monotonic()
        self._waited = 0.0
        self._asked: int | None = None
        self._slot_ends = False
        self._makes_room = False
        self._stop_by: float | None = None
        self._overdue: Outcome | None = None
        self._kills = KillsForMemory()

    def ask(self, number: int) -> None:
        """Note a signal that says that the work is to save and to end; what follows is up to :meth:`watch`."""
        self._asked = number
        self._slot_ends |= number == signal.SIGUSR2
        self._makes_room |= number == signal.SIGTERM

    def watch(self) -> Outcome:
        """Do the work in a process of its own; return what it said, or what can be said of its death.

        Raises:
            ResourceError: what an earlier start left cannot be taken away.
        """
        self._folder.forget_outcome()
        self._write_started()
        self._child = self._start(self._order)
        looked_at, next_look = self._started, 0.0
        stamp, said_at = self._folder.progress_stamp(), self._started
        while self._child.poll() is None:
            time.sleep(_LOOK_SECONDS)
            now = time.monotonic()
            self._kills.look()
            self._stop(now)
            if now < next_look or self._overdue is not None:
                continue
            since_look, looked_at, next_look = now - looked_at, now, now + _LOOK_AT_LIMITS_SECONDS
            newest = self._folder.progress_stamp()
            if newest != stamp:
                stamp, said_at = newest, now
            if self._waits():
                # Not the usual pause: a machine that is busy, or sleeps, looks later.
                self._waited += since_look
            self._enforce_limits(now, said_at)
        said = self._folder.outcome()
        outcome = self._end_of_slot(said or self._explain(self._child.returncode))
        if outcome is not said:
            # Where there is no room for it, how the SLURM job ends still says whether what depends on it may begin.
            with suppress(AssayError):
                self._folder.write_outcome_patiently(outcome)
        self._write_started()
        return outcome

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

    def _stop(self, now: float) -> None:
        """Where somebody wants it, ask the work to save and to end; kill it in time, and its last checkpoint counts."""
        if self._asked is None and self._stop_by is None:
            return
        wanted = self._folder.stop()
        kind, reason = wanted or (FailureKind.PREEMPTED, "SLURM ends its slot")
        number, self._asked = self._asked, None
        if number is not None:
            seconds = self._order.save_seconds if number == signal.SIGUSR2 else GRACE_SECONDS
            seconds = _CANCEL_SECONDS if kind == FailureKind.CANCELLED else seconds
            self._stop_by = min(now + seconds, self._stop_by or now + seconds)
            with suppress(OSError, ValueError):
                assert self._child.stdin is not None
                self._child.stdin.write(f"{' '.join(reason.split())}\n".encode())
                self._child.stdin.flush()
        elif self._stop_by is not None and now > self._stop_by:
            self._end_with(Outcome.failed(kind, f"{reason}; it did not stop and was killed", self._seconds()))

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

    def _end_of_slot(self, outcome: Outcome) -> Outcome:
        """Decide whether work that stopped goes on in another slot; one that gets no further in any is ended."""
        failure = outcome.failure
        stopped = failure is not None and failure.kind == FailureKind.PREEMPTED and self._folder.stop() is None
        if stopped and self._makes_room and state_of_this_job() == "RUNNING":
            # SLURM gives it a while until another job takes its place, and would requeue it only after that.
            self.goes_on_in_another_slot = True
        if self.goes_on_in_another_slot or not (stopped and self._slot_ends):
            return outcome
        reached = self._folder.progress().get(REACHED)
        if isinstance(reached, int | float) and not self._waits():
            self._idle_slots = 0 if reached > self._reached else self._idle_slots + 1
            self._reached = max(self._reached, float(reached))
        if self._idle_slots >= _MOST_IDLE_SLOTS:
            words = f"{self._idle_slots} slots in a row brought it no further"
            remedy = "give it longer ones (time_minutes), or more time to save (signal_delay_seconds)"
            return Outcome.failed(FailureKind.TIMED_OUT, f"{words}; {remedy}", outcome.seconds)
        self.goes_on_in_another_slot = True
        return outcome

    def _explain(self, status: int) -> Outcome:
        """Return what is to be said of work that left no word."""
        if (made := what_was_made(self._order.job)) is not None:
            return Outcome(result=made, seconds=self._seconds())
        if self._overdue is not None:
            return self._overdue
        wanted = self._folder.stop()
        if wanted is not None:
            return Outcome.failed(*wanted, seconds=self._seconds())
        if self._kills.seen_since(time.monotonic() - _RECENT_SECONDS):
            return Outcome.failed(
                FailureKind.OUT_OF_MEMORY, "the kernel killed it: the memory of its SLURM job is full", self._seconds()
            )
        return Outcome.failed(
            FailureKind.WORKER_DIED, f"its process {in_words(status)}, without a word", self._seconds()
        )

    def _waits(self) -> bool:
        return WAITS_FOR in self._folder.progress()

    def _seconds(self) -> float:
        return self._seconds_before + time.monotonic() - self._started - self._waited

    def _write_started(self) -> None:
        """Say who this is, and how long all starts have worked: a limit of time holds for them together."""
        # A full disk must not end what runs.
        with suppress(AssayError):
            self._folder.write_started(
                host=socket.gethostname(),
                pid=os.getpid(),
                seconds=self._seconds(),
                idle_slots=self._idle_slots,
                reached=self._reached,
            )
