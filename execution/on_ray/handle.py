"""One job on Ray: what its task says, what became of it, and when it is to be killed."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from execution.base import Handle, JobState
from execution.on_ray.cluster import Cluster
from execution.on_ray.job_folder import JobFolder
from jobs import Failure, FailureKind, Job, Outcome

__all__ = ["RayHandle"]

_GRACE_SECONDS = 5.0
"""For running work that is cancelled to stop by itself."""
_LOST_SECONDS = 30.0
"""After which a task that was killed counts as ended, whether Ray says so or not."""
_NODE_LOSSES = 3
"""How often a job begins anew on another node."""
_POLL_SECONDS = 0.05


class RayHandle(Handle):
    """A job and its task.

    Args:
        job: the job.
        cluster: where it runs.
        folder: what the task writes to.
        begin: submits the task and returns Ray's reference to what it will return.
        hang_seconds: how long it may say nothing; None: for ever.
    """

    def __init__(
        self,
        job: Job,
        cluster: Cluster,
        folder: JobFolder,
        begin: Callable[[], Any],
        hang_seconds: float | None,
    ) -> None:
        super().__init__(job)
        self._cluster = cluster
        self._folder = folder
        self._begin = begin
        self._hang_seconds = hang_seconds
        self._losses = 0
        self._outcome: Outcome | None = None
        self._intended: Outcome | None = None
        self._is_killed = False
        self._kill_at: float | None = None
        self._start_anew()

    def _start_anew(self) -> None:
        self.reference = self._begin()
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
            self._cluster.ray.wait([self.reference], timeout=_POLL_SECONDS, fetch_local=False)

    # -- what is ordered ----------------------------------------------------------------------------------------------

    def cancel(self) -> None:
        """Ask running work to stop, and kill it if it does not; what has not begun never will."""
        self.look()
        if self._outcome is None:
            self._intended = Outcome.failed(FailureKind.CANCELLED, "cancelled")
            self._stop("cancelled")
            self._kill_at = self._kill_at or time.monotonic() + _GRACE_SECONDS

    def preempt(self, reason: str) -> None:
        """Ask running work to stop; what has not begun is taken away."""
        self.look()
        if self._outcome is None:
            if not self._begun:
                self._intended = self._intended or Outcome.failed(FailureKind.PREEMPTED, reason)
            self._stop(reason)

    def kill(self, intended: Outcome) -> None:
        """End it at once; ``intended`` is then its outcome."""
        if self._outcome is None and not self._is_killed:
            self._intended = intended
            self._is_killed = True
            self._kill_at = time.monotonic()
            self._cluster.ray.cancel(self.reference, force=True)

    def give_up(self, outcome: Outcome) -> None:
        """Take it as ended in this way, if it has not ended otherwise."""
        self.look()
        if self._outcome is None:
            self._end(outcome)

    def _stop(self, reason: str) -> None:
        self._folder.write_stop(reason)
        if not self._begun and self._intended is not None:
            self.kill(self._intended)

    # -- what happens -------------------------------------------------------------------------------------------------

    def look(self) -> bool:
        """Look at the task, and keep its limits; return whether there is something new to tell."""
        if self._outcome is not None:
            return False
        if self._cluster.ray.wait([self.reference], timeout=0, fetch_local=False)[0]:
            self._fetch()
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

    def _fetch(self) -> None:
        errors = self._cluster.ray.exceptions
        try:
            outcome = Outcome.from_mapping(json.loads(self._cluster.ray.get(self.reference)))
        except errors.TaskCancelledError:
            outcome = Outcome.failed(FailureKind.CANCELLED, "cancelled through Ray")
        except errors.OutOfMemoryError as error:
            outcome = _died(FailureKind.OUT_OF_MEMORY, error)
        except (errors.NodeDiedError, errors.WorkerCrashedError) as error:
            if self._intended is None and self._node_is_gone(error) and self._losses < _NODE_LOSSES:
                self._losses += 1
                self._folder.forget()
                self._start_anew()
                return
            outcome = _died(FailureKind.WORKER_DIED, error)
        except errors.RayError as error:
            outcome = _died(FailureKind.RESOURCE, error)
        if self._intended is not None and not outcome.success:
            outcome = self._intended
        self._end(outcome)

    def _node_is_gone(self, error: Exception) -> bool:
        if isinstance(error, self._cluster.ray.exceptions.NodeDiedError):
            return True
        begun = self._begun or self._folder.begun()
        return bool(begun) and not self._cluster.is_alive(begun["node"])

    def _end(self, outcome: Outcome) -> None:
        self._read_files()
        self._outcome = outcome
        self._folder.tidy()


def _died(kind: FailureKind, error: Exception) -> Outcome:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    words = lines[0] if lines else "Ray says no more"
    return Outcome(Failure(kind, words, type(error).__name__, "\n".join(lines)))
