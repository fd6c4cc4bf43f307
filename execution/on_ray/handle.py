"""One job on Ray: what its task says, what became of it, and when it is to be killed."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from errors import ResourceError
from execution.base import Handle, JobState
from execution.endings import GRACE_SECONDS
from execution.on_ray.cluster import Cluster, Ended
from execution.on_ray.job_folder import JobFolder
from jobs import FailureKind, Job, Outcome

__all__ = ["RayHandle"]

_CANCEL_SECONDS = 5.0
"""For running work that is cancelled to stop by itself."""
_LOST_SECONDS = 30.0
"""After which a task that was killed counts as ended, whether Ray says so or not."""
_POLL_SECONDS = 0.05


class RayHandle(Handle):
    """A job and its task.

    Args:
        job: the job.
        cluster: where it runs.
        folder: what the task writes to.
        task: what the cluster calls it.
        hang_seconds: how long it may say nothing; None: for ever.
    """

    def __init__(
        self,
        job: Job,
        cluster: Cluster,
        folder: JobFolder,
        task: str,
        hang_seconds: float | None,
    ) -> None:
        super().__init__(job)
        self._cluster = cluster
        self._folder = folder
        self._task = task
        self._hang_seconds = hang_seconds
        self._outcome: Outcome | None = None
        self._intended: Outcome | None = None
        self._is_killed = False
        self._kill_at: float | None = None
        self._begun: Mapping[str, Any] = {}
        self._began = 0.0
        self._stamp = 0
        self._heard = 0.0
        self._progress: Mapping[str, Any] = {}

    # -- what is asked ------------------------------------------------------------------------------------------------

    @property
    def state(self) -> JobState:
        """Where it stands."""
        self.look()
        if self._outcome is not None:
            return JobState.of(self._outcome)
        return JobState.RUNNING if self._begun else JobState.PENDING

    @property
    def is_over(self) -> bool:
        """Whether its end is known already; unlike :attr:`state` this looks nowhere."""
        return self._outcome is not None

    @property
    def progress(self) -> Mapping[str, Any]:
        """What the work reported last."""
        return self._progress

    @property
    def where(self) -> str:
        """On which node, once it has begun."""
        if not self._begun:
            return "Ray (waits for room)"
        return f"Ray node {self._begun['host']} (process {self._begun['pid']})"

    def logs(self) -> str:
        """Return what it printed, on all nodes that it began on."""
        return self._folder.read_log()

    def result(self, timeout: float | None = None) -> Outcome:
        """Wait for the end.

        Raises:
            TimeoutError: it has not ended within ``timeout`` seconds.
        """
        limit = None if timeout is None else time.monotonic() + timeout
        while True:
            self.look()
            if self._outcome is not None:
                return self._outcome
            if limit is not None and time.monotonic() >= limit:
                raise TimeoutError(f"{self.job.name}: has not ended within {timeout:g} s")
            self._cluster.wait(_POLL_SECONDS)

    # -- what is ordered ----------------------------------------------------------------------------------------------

    def cancel(self) -> None:
        """Ask running work to stop, and kill it if it does not; what has not begun never will."""
        self.look()
        if self._outcome is None:
            # Who was asked to stop before had time for that.
            grace = _CANCEL_SECONDS if self._intended is None else 0.0
            self._intended = Outcome.failed(FailureKind.CANCELLED, "cancelled")
            self._stop("cancelled", grace)

    def preempt(self, reason: str) -> None:
        """Ask running work to stop; what has not begun is taken away."""
        self.look()
        if self._outcome is None and self._intended is None:
            words = f"{reason}; it did not stop and was killed" if self._begun else reason
            self._intended = Outcome.failed(FailureKind.PREEMPTED, words)
            self._stop(reason, GRACE_SECONDS)

    def kill(self, intended: Outcome) -> None:
        """End it at once; ``intended`` is then its outcome."""
        if self._outcome is None and not self._is_killed:
            self._intended = intended
            self._kill_at = time.monotonic()
            self._cluster.cancel(self._task)
            self._is_killed = True

    def give_up(self, outcome: Outcome) -> None:
        """Take it as ended in this way, if it has not ended otherwise."""
        self.look()
        if self._outcome is None:
            self._end(outcome)

    def _stop(self, reason: str, seconds: float) -> None:
        self._kill_at = min(time.monotonic() + seconds, self._kill_at or math.inf)
        self._folder.write_stop(reason)
        if not self._begun and self._intended is not None:
            self.kill(self._intended)

    # -- what happens -------------------------------------------------------------------------------------------------

    def look(self) -> bool:
        """Look at the task, and keep its limits; return whether there is something new to tell."""
        if self._outcome is not None:
            return False
        if (ended := self._cluster.ended(self._task)) is not None:
            self._take(ended)
            return True
        is_new = self._read_files()
        self._keep_limits()
        return is_new or self._outcome is not None

    def _read_files(self) -> bool:
        now = time.monotonic()
        begins = not self._begun and bool(self._folder.begun())
        if begins:
            self._begun, self._began, self._heard = self._folder.begun(), now, now
        stamp = self._folder.progress_stamp()
        if stamp == self._stamp:
            return begins
        self._stamp, self._heard, self._progress = stamp, now, self._folder.progress()
        return True

    def _keep_limits(self) -> None:
        now, minutes = time.monotonic(), self.job.resources.minutes
        if self._is_killed:
            assert self._intended is not None and self._kill_at is not None
            if now > self._kill_at + _LOST_SECONDS:
                self._end(self._intended)
        elif self._kill_at is not None and now > self._kill_at:
            assert self._intended is not None
            self.kill(self._intended)
        elif self._begun and minutes is not None and now - self._began > 60 * minutes:
            self._time_out(f"took longer than its limit of {minutes:g} minutes")
        elif self._begun and self._hang_seconds is not None and now - self._heard > self._hang_seconds:
            self._time_out(f"said nothing for {self._hang_seconds / 60:g} minutes")

    def _time_out(self, words: str) -> None:
        self.kill(Outcome.failed(FailureKind.TIMED_OUT, f"{words}, and was killed; it ran on {self.where}"))

    def _take(self, ended: Ended) -> None:
        outcome = self._explained(ended) if ended.died else ended.outcome
        if self._intended is not None and not outcome.success and (self._is_killed or _is_cancelled(self._intended)):
            outcome = self._intended
        self._end(outcome)

    def _explained(self, ended: Ended) -> Outcome:
        """Return what is to be said of a process that died; whether it is tried again, the queue decides."""
        failure, begun = ended.outcome.failure, self._begun or self._folder.begun()
        if failure is None or failure.kind != FailureKind.WORKER_DIED:
            return ended.outcome
        if ended.is_cluster_lost:
            # What had not begun had no part in that.
            kind = FailureKind.WORKER_DIED if begun else FailureKind.PREEMPTED
            return Outcome.failed(kind, failure.message)
        is_gone = ended.is_node_lost
        with suppress(ResourceError):
            is_gone = is_gone or (bool(begun) and begun["node"] not in self._cluster.nodes())
        if is_gone:
            where = f"the Ray node on {begun['host']}" if begun else "its Ray node"
            return Outcome.failed(FailureKind.WORKER_DIED, f"{where} was lost")
        return ended.outcome

    def _end(self, outcome: Outcome) -> None:
        # The last that it said may have come together with its end.
        self._read_files()
        self._outcome = outcome
        self._cluster.forget(self._task)
        self._folder.tidy()


def _is_cancelled(outcome: Outcome) -> bool:
    return outcome.failure is not None and outcome.failure.kind == FailureKind.CANCELLED
