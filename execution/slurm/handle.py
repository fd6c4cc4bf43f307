"""One submitted job, seen from outside: its folder first, and where that says nothing the queue."""

from __future__ import annotations

import dataclasses
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
from execution.slurm.standing import Standing, kind_of_end, kind_of_end_in
from execution.work import what_was_made
from jobs import FailureKind, Job, Outcome
from jobs.outcome import WAITS_FOR
from tracking.states.slurm import job_state

__all__ = ["SlurmHandle"]

_OUTCOME_SECONDS = 5.0
"""For an outcome to come over a network disk, after the cluster said that the job is over."""
_UNKNOWN_END_SECONDS = 30.0
"""The same, where the job is in no queue and nobody says how it ended."""
_SAY_NOTHING = ("", "COMPLETED", "FAILED")
"""States that tell no more of a job than that it ended."""
_NO_ANSWER = "no answer from SLURM"
_SHORTEST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.05, 1.0
_TAIL_LINES = 10


class SlurmHandle(Handle):
    """A job in a queue.

    Args:
        job: what was submitted.
        folder: of its submission.
        cluster: who starts it.
        is_patient: whether words may still be on their way, where the cluster says that the job is over; otherwise what
            is seen at the first look counts, and nobody is asked about single jobs.
    """

    def __init__(self, job: Job, folder: SubmissionFolder, cluster: Cluster, is_patient: bool = True) -> None:
        super().__init__(job)
        self.folder = folder
        submitted = folder.submitted() or {}
        self.cluster_id: str = submitted["id"]
        self._log = Path(submitted["log"])
        self.needs: Mapping[str, str] = submitted["needs"]
        """Folders of the submissions that it waits for, by the ids of their jobs."""
        self.note = ""
        """Of whoever attached to it, for people."""
        self._cluster = cluster
        self._is_patient = is_patient
        self._outcome: Outcome | None = None
        self._standing: Standing | None = None
        self._over_since: float | None = None
        self._told: tuple[JobState, int, str] | None = None
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
        """What the work wrote down last; while it waits for the cluster, why."""
        said, waits_for = self.folder.progress(), self.waits_for
        return {**said, "phase": f"waits: {waits_for}", WAITS_FOR: waits_for} if waits_for else said

    @property
    def waits_for(self) -> str:
        """Why the cluster has not begun it, as seen at the last look; empty where it has, or it is over."""
        if self._outcome is not None:
            return ""
        if self._standing is None:
            return "" if self.folder.started() else _NO_ANSWER
        return self._standing.describe() if self._standing.is_pending else ""

    @property
    def title(self) -> str:
        """The job's id in the cluster."""
        return f"{self._cluster.title} {self.cluster_id.partition(':')[0]}"

    @property
    def where(self) -> str:
        """The job's id in the cluster, and why it waits or where it runs."""
        self._look()
        notes = [self.note]
        if self._outcome is None:
            notes.append(_NO_ANSWER if self._standing is None else self._standing.describe())
            notes.append(self._cluster.trouble)
        described = "; ".join(note for note in notes if note)
        return self.title + (f" ({described})" if described else "")

    def withdraw(self) -> bool:
        """Return whether the cluster will not run it any more, whatever it left; what never begins is taken out."""
        self._look()
        if self._standing is None or not self._standing.is_over:
            return False
        if self._standing.is_hopeless:
            self._cluster.cancel(self.cluster_id)
        return True

    def has_news(self) -> bool:
        """Whether it has ended, or something changed since this was asked last."""
        told, self._told = self._told, (self.state, self.folder.progress_stamp(), self.waits_for)
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
        if said is not None or not self._is_patient or (stopped and not self.folder.started()):
            return 0.0
        return _OUTCOME_SECONDS if standing.state or stopped else _UNKNOWN_END_SECONDS

    def _conclude(self, standing: Standing, said: Outcome | None) -> Outcome:
        state = standing.state
        if not state and self._is_patient:
            # Where the queue has forgotten it, SLURM's accounting may know.
            state = job_state(self.cluster_id) or ""
        kind, words = kind_of_end_in(self.logs()) or kind_of_end(state)
        if said is not None:
            # The work knows no more than that it was to stop, and took scancel for a preemption.
            if kind == FailureKind.CANCELLED or said.failure is None:
                return Outcome.failed(kind, words, said.seconds)
            why = said.failure.message + ("" if state in _SAY_NOTHING else f" ({state})")
            return dataclasses.replace(said, failure=dataclasses.replace(said.failure, message=why))
        wanted = self.folder.stop()
        if wanted is not None:
            return Outcome.failed(*wanted)
        if (made := what_was_made(self.job)) is not None:
            # It had no room left to say so.
            return Outcome(result=made)
        if not self.folder.started() and (standing.is_hopeless or kind == FailureKind.CANCELLED or not state):
            needed = self._failed_need()
            if needed or "Dependency" in standing.reason:
                return Outcome.failed(FailureKind.NEED_FAILED, needed or "a SLURM job that it depends on failed")
        named = f"{self.title}{f' ({state})' if state else ''}"
        return Outcome.failed(kind, f"{named}: {words}{self._tail(kind)}")

    def _failed_need(self) -> str:
        for path in self.needs.values():
            needed = SubmissionFolder(Path(path))
            with suppress(ConfigError):
                if why := self._why_failed(needed):
                    return f"{needed.order().job.name} {why}"
        return ""

    def _why_failed(self, needed: SubmissionFolder) -> str:
        outcome = needed.outcome()
        if outcome is not None:
            return "" if outcome.failure is None else f"failed: {outcome.failure.message}"
        standing = self._cluster.look((needed.submitted() or {}).get("id", ""))
        if standing is None or not standing.is_over:
            return ""
        return f"will not run any more: {kind_of_end(standing.state)[1]}"

    def _tail(self, kind: FailureKind) -> str:
        lines = self.logs().rstrip().splitlines()[-_TAIL_LINES:]
        if lines:
            return "\n".join(["; the end of its log:", *lines])
        return "" if kind == FailureKind.CANCELLED else f"; it left no log at {self._log}"


def _was_preempted(outcome: Outcome) -> bool:
    return outcome.failure is not None and outcome.failure.kind == FailureKind.PREEMPTED
