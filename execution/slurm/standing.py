"""How jobs stand in SLURM's queue, without its accounting; and what an end there means."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Mapping
from typing import NamedTuple

from errors import ResourceError
from execution.slurm.commands import run
from jobs import FailureKind
from tracking.states.slurm import job_state

__all__ = ["GONE", "QueueListing", "Standing", "kind_of_end", "kind_of_end_in", "state_of_this_job"]

_REFRESH_SECONDS = 2.0
_REFRESH_PER_SECOND_OF_ANSWER = 5.0
"""A controller that takes long to answer is asked less often."""

_PENDING = frozenset(
    ("PENDING", "CONFIGURING", "REQUEUED", "REQUEUE_FED", "REQUEUE_HOLD", "RESV_DEL_HOLD", "SPECIAL_EXIT")
)
_ENDS: Mapping[str, tuple[FailureKind, str]] = {
    "TIMEOUT": (FailureKind.TIMED_OUT, "its slot ended before it could save and be requeued"),
    "DEADLINE": (FailureKind.TIMED_OUT, "its deadline passed"),
    "OUT_OF_MEMORY": (FailureKind.OUT_OF_MEMORY, "it took more main memory than it asked for"),
    "NODE_FAIL": (FailureKind.WORKER_DIED, "its node failed"),
    "BOOT_FAIL": (FailureKind.WORKER_DIED, "its node did not start"),
    "PREEMPTED": (FailureKind.PREEMPTED, "it had to make room for another job"),
    "CANCELLED": (FailureKind.CANCELLED, "it was cancelled in SLURM"),
    "REVOKED": (FailureKind.CANCELLED, "it was revoked in SLURM"),
    "COMPLETED": (FailureKind.WORKER_DIED, "it ended without saying how"),
    "FAILED": (FailureKind.WORKER_DIED, "it failed without saying how"),
}
_SAYS_START = "Starting with JobEnvironment"
"""Of submitit, once a start: SLURM appends the output of each to the same log."""
_SAYS_MEMORY = re.compile(
    r"^(slurmstepd|srun)\b.*(oom.kill event|out of memory|memory limit)", re.IGNORECASE | re.MULTILINE
)
_NO_WORD = (FailureKind.WORKER_DIED, "it left the queue without saying how it ended")


class Standing(NamedTuple):
    """How a job stands."""

    state: str
    """In SLURM's words; empty where it is in no queue."""
    reason: str
    """Why it waits, such as ``Resources``."""
    node: str

    @property
    def is_over(self) -> bool:
        """Whether it will not run any more."""
        return not self.state or self.state in _ENDS or self.is_hopeless

    @property
    def is_hopeless(self) -> bool:
        """Whether it is listed and never begins: what it depends on failed, and SLURM was told to keep it."""
        return self.is_pending and self.reason == "DependencyNeverSatisfied"

    @property
    def is_pending(self) -> bool:
        """Whether it waits to begin, or to begin anew."""
        return self.state in _PENDING

    def describe(self) -> str:
        """Return it in a few words; empty where there is nothing to say."""
        if self.is_pending:
            return f"{self.state.lower().replace('_', ' ')}: {self.reason}" if self.reason else self.state.lower()
        return f"on {self.node}" if self.node and not self.is_over else ""


GONE = Standing("", "", "")
"""It is in no queue."""


class QueueListing:
    """The user's jobs in SLURM's queue, asked for in one go."""

    def __init__(self) -> None:
        self._standings: Mapping[str, Standing] | None = None
        self._refresh_at = 0.0

    def forget(self) -> None:
        """Ask anew next time: something was changed."""
        self._refresh_at = 0.0

    def look(self, job: str) -> Standing | None:
        """Return how a job stood a moment ago, or None where SLURM does not answer."""
        if time.monotonic() >= self._refresh_at:
            asked = time.monotonic()
            self._standings = self._ask()
            took = time.monotonic() - asked
            self._refresh_at = time.monotonic() + max(_REFRESH_SECONDS, _REFRESH_PER_SECOND_OF_ANSWER * took)
        if self._standings is None:
            return None
        # Tasks that were cancelled before they began are listed as one, by the number of their array.
        return self._standings.get(job) or self._standings.get(job.partition("_")[0]) or GONE

    def _ask(self) -> Mapping[str, Standing] | None:
        try:
            answer = run(
                "squeue",
                "--noheader",
                "--array",
                "--states=all",
                f"--user={os.geteuid()}",
                "--format=%i|%T|%r|%N",
            )
        except ResourceError:
            return None
        rows = (line.strip().split("|") for line in answer.splitlines())
        return {row[0]: Standing(row[1], "" if row[2] == "None" else row[2], row[3]) for row in rows if len(row) == 4}


def kind_of_end(state: str) -> tuple[FailureKind, str]:
    """Return what it means that a job ended in a state and left no outcome; the state may be empty."""
    return _ENDS.get(state, _NO_WORD)


def kind_of_end_in(log: str) -> tuple[FailureKind, str] | None:
    """Return what SLURM's own words in a job's log mean, of its last start; None where they say nothing.

    Where accounting and not the kernel keeps the limit of memory, the state of the job does not tell.
    """
    return _ENDS["OUT_OF_MEMORY"] if _SAYS_MEMORY.search(log.rpartition(_SAYS_START)[2]) else None


def state_of_this_job() -> str:
    """Return the state of the SLURM job that this process belongs to; empty where there is none, or no answer.

    What is cancelled or requeued is ``COMPLETING`` as long as its processes run.
    """
    array, task = os.environ.get("SLURM_ARRAY_JOB_ID"), os.environ.get("SLURM_ARRAY_TASK_ID")
    job = f"{array}_{task}" if array and task else os.environ.get("SLURM_JOB_ID", "")
    return (job and job_state(job)) or ""
