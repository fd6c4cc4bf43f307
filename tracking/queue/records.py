"""What goes into the queue's methods and comes out of them."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Annotated, Any, NamedTuple, Self

from pydantic import Field

from jobs import FailureKind, Job
from tracking.processes import boot_id, host_name, process_started
from validated import validated_dataclass

__all__ = [
    "LEFT_TO",
    "Added",
    "Attempt",
    "Change",
    "Claim",
    "ClaimRequest",
    "Fit",
    "Limits",
    "Orders",
    "QueueState",
    "QueuedJob",
    "Settled",
    "TakenBack",
    "WorkerIdentity",
    "still_left",
]


LEFT_TO = "left to "
"""How the reason of a job begins that was given back, but goes on where its worker left it."""


def still_left(reason: str) -> str:
    """Return what is to be said further where a job is cancelled that waited for ``reason``.

    The queue has no way to whoever it was left to.
    """
    return f"; {reason} until it is ended there" if reason.startswith(LEFT_TO) else ""


class QueueState(StrEnum):
    """Where a job of the queue stands."""

    QUEUED = "queued"
    """It waits for its turn, for what it needs, or for its next attempt."""
    HELD = "held"
    """Nobody takes it until somebody releases it."""
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    """For good: nobody tries again unless it is added again."""
    CANCELLED = "cancelled"

    @classmethod
    def open(cls) -> tuple[QueueState, ...]:
        """Return the states of what has not ended, in the order in which people see them."""
        return cls.RUNNING, cls.QUEUED, cls.HELD

    @property
    def is_final(self) -> bool:
        """Whether it stays so unless the job is added again."""
        return self in (QueueState.COMPLETED, QueueState.FAILED, QueueState.CANCELLED)


class Fit(IntEnum):
    """Whether a worker has room for a job."""

    LATER = 0
    """As soon as what runs here has ended: others overtake it a few times, then its room is kept free."""
    NOW = 1
    BLOCKED = 2
    """Somebody else has what it takes, and nobody knows for how long: nothing is kept free, others pass by."""


@dataclass(frozen=True)
class WorkerIdentity:
    """Who takes jobs: one process, told apart from any other that ever ran."""

    id: str
    host: str
    boot_id: str
    """From :func:`tracking.processes.boot_id`."""
    pid: int
    process_started: float | None
    """From :func:`tracking.processes.process_started`."""

    @classmethod
    def here(cls, label: str = "") -> Self:
        """Return an identity of this process; each call gives another id, which begins with ``label`` or the host."""
        host, pid = host_name(), os.getpid()
        return cls(f"{label or host}:{pid}:{uuid.uuid4().hex[:6]}", host, boot_id(), pid, process_started(pid))


@validated_dataclass
class Limits:
    """What all jobs of a queue together may use up; None is no limit."""

    cost_per_day: Annotated[float, Field(ge=0)] | None = None
    """Of the attempts that began within the last 24 hours."""
    calls_per_hour: Annotated[int, Field(ge=0)] | None = None
    """Of the attempts that began within the last hour."""


class ClaimRequest(NamedTuple):
    """What a worker asks for; see :meth:`tracking.queue.queue.Queue.claim`."""

    worker: WorkerIdentity
    fits: Callable[[Job, Sequence[Job]], Fit]
    limit: int
    refusal: Callable[[Job], str]
    obstacle: Callable[[Job], str]
    spending: Limits | None
    code: str
    lease_seconds: float


@dataclass(frozen=True)
class Claim:
    """A job that was handed out to a worker, until it is settled or its lease ends."""

    job: Job
    """With ``failed_needs``, ``adjustments`` and ``attempt`` filled in."""
    token: str
    """Of this attempt alone: whoever shows another one has lost the job."""
    key: int
    """Of the job's row."""
    lease_seconds: float
    """For so long it may go without a sign of life; a third of it is a good interval of heartbeats."""


class Added(NamedTuple):
    """Ids of what was added."""

    new: tuple[str, ...]
    known: tuple[str, ...]
    """They wait, run, or are completed and not to be done again: they were left as they are."""
    again: tuple[str, ...]
    """They had ended, and are queued once more; or they waited as they had been planned otherwise, and wait in the same
    place as they are planned now."""
    stopping: tuple[str, ...] = ()
    """Those of the known that run and are cancelled: nobody does them again unless they are added after they ended."""

    def in_words(self) -> str:
        """Return one line for people."""
        jobs = "job" if len(self.new) == 1 else "jobs"
        again = f", {len(self.again):,} anew" if self.again else ""
        num_known, num_stopping = len(self.known) - len(self.stopping), len(self.stopping)
        known = f"; {num_known:,} wait or run already" if num_known else ""
        stopping = f"; {num_stopping:,} being cancelled: add again what has stopped" if num_stopping else ""
        return f"queued {len(self.new):,} {jobs}{again}{known}{stopping}"


class Orders(NamedTuple):
    """What a worker is told when it gives a sign of life."""

    cancel: tuple[Claim, ...]
    """The user does not want them any more: stop them, and settle them as cancelled."""
    lost: tuple[Claim, ...]
    """Their leases have ended, and others may have them: stop them, and settle nothing."""


class Settled(NamedTuple):
    """What followed from an outcome."""

    state: QueueState | None
    """``completed``, ``failed``, ``cancelled``, or ``queued`` for another attempt; None: the claim was lost before."""
    reason: str = ""
    """In words."""
    delay_seconds: float = 0.0
    """Until the next attempt may begin."""

    @property
    def lost(self) -> bool:
        """Whether the claim's lease had ended, so that its outcome counts for nothing here."""
        return self.state is None


class TakenBack(NamedTuple):
    """A claim that ended because its worker is gone."""

    id: str
    name: str
    worker: str
    evidence: str
    """How that is known."""
    settled: Settled


class Change(NamedTuple):
    """What a command did to one job."""

    id: str
    name: str
    changed: bool
    message: str
    """What was done, or why nothing was."""


class Attempt(NamedTuple):
    """One time that a job was handed out."""

    number: int
    worker: str
    started_at: float
    """Seconds since 1970, UTC, like every time here."""
    finished_at: float | None
    seconds: float | None
    """At work, where it is known."""
    kind: FailureKind | None
    """None while it runs, and where it ended well."""
    message: str
    counts: bool
    """Whether it counts as a failure."""


@dataclass(frozen=True)
class QueuedJob:
    """One job as the queue has it."""

    job: Job
    state: QueueState
    position: int | None
    """1 is the next among those that may begin now; None for all others."""
    reason: str
    """In words: why it waits, is held, failed, or was cancelled."""
    queued_at: float
    started_at: float | None
    """Of the newest attempt."""
    finished_at: float | None
    worker: str
    """Who has it, or had it last."""
    heartbeat_age: float | None
    """Seconds since the worker's last sign of life; None unless it runs."""
    progress: Mapping[str, Any] = field(default_factory=dict)
    attempts: tuple[Attempt, ...] = ()
