"""One submitted job, seen from outside: its folder first, and where that says nothing the queue."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from errors import AssayError, ConfigError
from execution.base import Handle, JobState
from execution.output import end_of_log
from execution.slurm.clusters import Cluster
from execution.slurm.folders import SubmissionFolder
from execution.slurm.standing import Standing, kind_of_end
from jobs import FailureKind, Job, Outcome
from tracking.states.slurm import job_state

__all__ = ["SlurmHandle"]

_GRACE_SECONDS = 5.0
"""For an outcome to come over a network disk, after the cluster said that the job is over."""
_GRACE_UNKNOWN_SECONDS = 30.0
"""The same, where the job is in no queue and nobody says how it ended."""
_SHORTEST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.05, 1.0
_TAIL_LINES = 10


class SlurmHandle(Handle):
    """A job in a queue.

    Args:
        job: what was submitted.
        folder: of its submission.
        cluster: who starts it.
        attached: whether somebody submitted it before.
    """

    def __init__(self, job: Job, folder: SubmissionFolder, cluster: Cluster, attached: bool = False) -> None:
        super().__init__(job)
        self.folder = folder
        submitted = folder.submitted() or {}
        self.cluster_id: str = submitted["id"]
        self._log = Path(submitted["log"])
        self._needs: Mapping[str, str] = submitted["needs"]
        self._cluster = cluster
        self._attached = attached
        self._outcome: Outcome | None = None
        self._standing: Standing | None = None
        self._over_since: float | None = None
        self._told: tuple[JobState, int] | None = None
        self._wanted: tuple[FailureKind, str] | None = None
        self._written: tuple[FailureKind, str] | None = None

    @property
    def state(self) -> JobState:
        """Where it stands; the queue is asked every few seconds at most."""
        self._look()
        if self._outcome is not None:
            return JobState.of(self._outcome)
        if self._standing is None:
            # No answer from the cluster.
            return JobState.RUNNING if self.folder.started() else JobState.PENDING
        return JobState.PENDING if self._standing.is_pending else JobState.RUNNING

    def result(self, timeout: float | None = None) -> Outcome:
        """Wait for the outcome."""
        limit = None if timeout is None else time.monotonic() + timeout
        pause = _SHORTEST_PAUSE_SECONDS
        while not self.state.is_final:
            if limit is not None and time.monotonic() >= limit:
                raise TimeoutError(f"{self.job.name} has not ended after {timeout:g} s: {self.where}")
            time.sleep(pause)
            pause = min(_LONGEST_PAUSE_SECONDS, pause * 1.5)
        assert self._outcome is not None
        return self._outcome

    def cancel(self) -> None:
        """Write down that it is cancelled, and have it ended, as soon as disk and cluster allow."""
        self._stop(FailureKind.CANCELLED, "cancelled")

    def preempt(self, reason: str) -> None:
        """Write the reason down, and have it save and end, as soon as disk and cluster allow; it is not requeued."""
        self._stop(FailureKind.PREEMPTED, reason)

    def logs(self) -> str:
        """Return the end of its log, of at most a megabyte."""
        return end_of_log(self._log)

    @property
    def progress(self) -> Mapping[str, Any]:
        """What the work wrote down last."""
        return self.folder.progress()

    @property
    def where(self) -> str:
        """The job's id in the cluster, and why it waits or where it runs."""
        self._look()
        notes = ["already submitted"] if self._attached else []
        if self._outcome is None:
            notes.append("no answer from SLURM" if self._standing is None else self._standing.describe())
            notes.append(self._cluster.trouble)
        described = "; ".join(note for note in notes if note)
        return f"{self._cluster.title} {self.cluster_id.partition(':')[0]}" + (f" ({described})" if described else "")

    @property
    def is_out_of_queue(self) -> bool:
        """Whether the cluster says that it will not run any more, whatever it left."""
        self._look()
        return self._standing is not None and self._standing.is_over

    def has_news(self) -> bool:
        """Whether it has ended, or something changed since this was asked last."""
        told, self._told = self._told, (self.state, self.folder.progress_stamp())
        return self._told[0].is_final or self._told != told

    def _stop(self, kind: FailureKind, reason: str) -> None:
        if self._outcome is None and (self._wanted is None or kind == FailureKind.CANCELLED):
            self._wanted = (kind, reason)
            self._say_that_it_is_to_stop()

    def _say_that_it_is_to_stop(self) -> None:
        """Write it down, and then have it signalled, which without the word would mean the end of a slot.

        A full disk is no obstacle for ever: this is tried at each look.
        """
        if self._wanted is None or self._wanted == self._written:
            return
        with suppress(AssayError):
            self.folder.write_stop(*self._wanted)
            self._written = self._wanted
            tell = self._cluster.cancel if self._wanted[0] == FailureKind.CANCELLED else self._cluster.preempt
            tell(self.cluster_id)

    # -- what is known ------------------------------------------------------------------------------------------------

    def _look(self) -> None:
        if self._outcome is not None:
            return
        self._say_that_it_is_to_stop()
        self.folder.refresh()
        said, wanted = self.folder.outcome(), self.folder.stop()
        if said is not None and not _was_preempted(said):
            self._outcome = said
            return
        if said is not None and wanted is not None:
            # All that the work knows is that it was to stop.
            self._outcome = Outcome.failed(*wanted, seconds=said.seconds)
            return
        standing = self._cluster.look(self.cluster_id)
        self._standing = standing or self._standing
        # Who stopped at the end of a slot waits in the queue again, and begins by taking its outcome back.
        if standing is None or not standing.is_over:
            self._over_since = None
            return
        self._over_since = self._over_since or time.monotonic()
        if time.monotonic() - self._over_since >= self._grace(standing, said, wanted is not None):
            self._outcome = self._conclude(standing, said)

    def _grace(self, standing: Standing, said: Outcome | None, stopped: bool) -> float:
        if said is not None or (stopped and not self.folder.started()):
            return 0.0
        return _GRACE_SECONDS if standing.state or stopped else _GRACE_UNKNOWN_SECONDS

    def _conclude(self, standing: Standing, said: Outcome | None) -> Outcome:
        # Where the queue has forgotten it, SLURM's accounting may know.
        state = standing.state or job_state(self.cluster_id) or ""
        kind, words = kind_of_end(state)
        if said is not None:
            # The work took scancel for a preemption.
            return Outcome.failed(kind, words, said.seconds) if kind == FailureKind.CANCELLED else said
        wanted = self.folder.stop()
        if wanted is not None:
            return Outcome.failed(*wanted)
        if kind == FailureKind.CANCELLED and not self.folder.started():
            needed = self._failed_need()
            if needed or "Dependency" in standing.reason:
                return Outcome.failed(FailureKind.NEED_FAILED, needed or "a SLURM job that it depends on failed")
        named = f"{self._cluster.title} {self.cluster_id.partition(':')[0]}{f' ({state})' if state else ''}"
        return Outcome.failed(kind, f"{named}: {words}{self._tail()}")

    def _failed_need(self) -> str:
        for path in self._needs.values():
            needed = SubmissionFolder(Path(path))
            outcome = needed.outcome()
            if outcome is not None and outcome.failure is not None:
                with suppress(ConfigError):
                    return f"{needed.order().job.name} failed: {outcome.failure.message}"
        return ""

    def _tail(self) -> str:
        lines = self.logs().rstrip().splitlines()[-_TAIL_LINES:]
        if lines:
            return "\n".join(["; the end of its log:", *lines])
        return f"; it left no log at {self._log}"


def _was_preempted(outcome: Outcome) -> bool:
    return outcome.failure is not None and outcome.failure.kind == FailureKind.PREEMPTED
