"""The durable queue: jobs wait in the store, and any number of workers on any machine take them from it."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Literal

from sqlalchemy import Connection

from jobs import FailureKind, Job, Outcome
from tracking.queue.adding import add_jobs
from tracking.queue.claiming import claim_jobs
from tracking.queue.commands import cancel_jobs, hold_jobs, move_job, release_jobs, set_priorities
from tracking.queue.giving_back import give_back_claim, give_back_unknown
from tracking.queue.leases import Expired, LeaseWatch, renew_leases, running, still_silent
from tracking.queue.listing import JobFilter, count_states, drained, list_jobs, seconds_to_change
from tracking.queue.records import (
    Added,
    Change,
    Claim,
    ClaimRequest,
    Fit,
    Limits,
    Orders,
    QueuedJob,
    QueueState,
    Settled,
    TakenBack,
    WorkerIdentity,
)
from tracking.queue.settling import settle_attempt
from tracking.queue.specs import Specs
from tracking.queue.transactions import alone
from tracking.store.database import Database

__all__ = ["Queue"]


class Queue:
    """What is to be done, in a store: an SQLite file, SQLite in memory, or PostgreSQL.

    Any number of processes may use one store's queue at once: no job is ever handed to two. Every method may raise
    :class:`tracking.store.database.DatabaseUnavailable`, and may then simply be called again: what was done already is
    not done twice, and gives the same answer; but see :meth:`claim`. Threads may share a queue.

    The queue says what is to be done; what *was* done stands in the folders. ``rebuild`` leaves the queue as it is,
    but a broken SQLite file that is made anew has an empty one: add the jobs again, and finished ones are skipped.

    Args:
        database: the store.
        rng: draws the jitter of delays; None: seeded by the system.
        clock: seconds that only ever go forward, by which leases of others are watched.
    """

    def __init__(
        self, database: Database, rng: random.Random | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._database = database
        database.keep_open()
        # Spreading out what failed together needs chance, not the same chance again.
        self._rng = rng or random.Random()
        self._watch = LeaseWatch(clock)
        self._specs = Specs()

    def add(self, jobs: Sequence[Job], *, redo: bool = False) -> Added:
        """Add jobs, all or none.

        Args:
            jobs: in the order in which they are to be done; ``needs`` may name one another, or jobs of the queue.
            redo: queue those again too that the queue has as completed, because what they made is gone.

        Raises:
            ConfigError: an unknown need, a cycle, or two different jobs of one id.
        """
        with alone(self._database) as connection:
            return add_jobs(connection, jobs, redo)

    def claim(
        self,
        worker: WorkerIdentity,
        fits: Callable[[Job, Sequence[Job]], Fit],
        limit: int = 1,
        *,
        refusal: Callable[[Job], str] = lambda job: "",
        obstacle: Callable[[Job], str] = lambda job: "",
        spending: Limits | None = None,
        code: str = "",
        lease_seconds: float = 60.0,
    ) -> list[Claim]:
        """Take the next jobs that can begin; none where there is nothing to do now.

        What is asked of jobs is asked while nobody else may change the queue: it must answer at once, and do nothing.
        Where the store goes away meanwhile, jobs may be handed out that nobody knows of: see :meth:`give_back_unknown`.

        Args:
            worker: who takes them.
            fits: whether there is room for a job, given those that this call has taken already.
            limit: take at most so many.
            refusal: why a job can never run on this worker, empty where it could; shown to people.
            obstacle: who has what a job takes that is :attr:`Fit.BLOCKED`; shown to people.
            spending: limits over the whole queue.
            code: version of the worker's code; jobs that another one planned are left for others, and say so.
            lease_seconds: see :class:`Claim`.
        """
        request = ClaimRequest(worker, fits, limit, refusal, obstacle, spending, code, lease_seconds)
        with alone(self._database) as connection:
            return claim_jobs(connection, request, self._specs)

    def renew(self, claims: Collection[Claim], progress: Mapping[str, Mapping[str, Any]]) -> Orders:
        """Give a sign of life of all claims of a worker, and say how far they are.

        Args:
            claims: all that the worker has.
            progress: JSON, by id of the job; those left out keep what they reported last.
        """
        with alone(self._database) as connection:
            return renew_leases(connection, claims, progress)

    def settle(self, claim: Claim, outcome: Outcome) -> Settled:
        """Say how an attempt ended, which decides what becomes of the job; doing it twice gives the same answer."""
        [settled] = self.settle_all([(claim, outcome)])
        return settled

    def settle_all(self, ended: Sequence[tuple[Claim, Outcome]]) -> list[Settled]:
        """Do the same for several, at one stroke."""
        with alone(self._database) as connection:
            return [settle_attempt(connection, claim.token, outcome, self._rng) for claim, outcome in ended]

    def give_back(self, claim: Claim, reason: str) -> bool:
        """Put a job back in its place as if it had never been handed out.

        Args:
            claim: of a job that has not begun.
            reason: in words; shown to people until somebody takes the job.

        Returns:
            Whether the claim was still valid.
        """
        with alone(self._database) as connection:
            return give_back_claim(connection, claim.token, reason)

    def give_back_unknown(self, worker: WorkerIdentity, held_tokens: Collection[str]) -> list[Change]:
        """Put back what a worker was handed out without ever knowing: the store went away before it could say so.

        Args:
            worker: who asks, and nobody else.
            held_tokens: of all its claims, those included that have ended and are not settled yet.
        """
        with alone(self._database) as connection:
            return give_back_unknown(connection, worker.id, held_tokens)

    def take_back(self) -> list[TakenBack]:
        """End the leases of workers that are gone; to be called every few seconds."""
        with self._database.read() as connection:
            expired = self._watch.expired(running(connection))
        if not expired:
            return []
        with alone(self._database) as connection:
            return [self._end(connection, each) for each in expired if still_silent(connection, each.row)]

    def hold(self, ids: Sequence[str] = (), group: str | None = None) -> list[Change]:
        """Let nobody take these jobs until they are released.

        Raises:
            ConfigError: no such job or group.
        """
        with alone(self._database) as connection:
            return hold_jobs(connection, ids, group)

    def release(self, ids: Sequence[str] = (), group: str | None = None, *, any_code: bool = False) -> list[Change]:
        """Let held jobs be taken again; with ``any_code`` by workers of any version of the code.

        Raises:
            ConfigError: no such job or group.
        """
        with alone(self._database) as connection:
            return release_jobs(connection, ids, group, any_code)

    def cancel(self, ids: Sequence[str] = (), group: str | None = None) -> list[Change]:
        """Take jobs out of the queue; of one that runs, its worker is told. What needs them fails at its turn.

        Raises:
            ConfigError: no such job or group.
        """
        with alone(self._database) as connection:
            return cancel_jobs(connection, ids, group)

    def move(self, id: str, place: Literal["first", "last"] | None = None, *, before: str | None = None) -> Change:
        """Change when a job that waits has its turn.

        Raises:
            ConfigError: no such job, or no such place.
        """
        with alone(self._database) as connection:
            return move_job(connection, id, place, before)

    def set_priority(self, priority: int, ids: Sequence[str] = (), group: str | None = None) -> list[Change]:
        """Change the priority of jobs that wait.

        Raises:
            ConfigError: no such job or group, or a priority out of range.
        """
        with alone(self._database) as connection:
            return set_priorities(connection, priority, ids, group)

    def jobs(
        self,
        ids: Sequence[str] | None = None,
        states: Collection[QueueState] | None = None,
        group: str | None = None,
        limit: int | None = None,
    ) -> list[QueuedJob]:
        """Return jobs: those that run, then those that wait in the order of their turns, then those that ended."""
        with self._database.read() as connection:
            return list_jobs(connection, JobFilter(ids, states, group, limit))

    def counts(self, group: str | None = None) -> Mapping[QueueState, int]:
        """Return how many jobs are in each state, all states named."""
        with self._database.read() as connection:
            return count_states(connection, group)

    def is_drained(self) -> bool:
        """Whether nothing runs, and nothing will unless a user does something: what is left is held, or needs that."""
        with self._database.read() as connection:
            return drained(connection)

    def next_change_in(self) -> float | None:
        """Return seconds until a delayed job may begin; None where none is delayed."""
        with self._database.read() as connection:
            return seconds_to_change(connection)

    def _end(self, connection: Connection, expired: Expired) -> TakenBack:
        row, evidence = expired
        outcome = Outcome.failed(FailureKind.LOST, evidence)
        settled = settle_attempt(connection, row.token, outcome, self._rng, taken_back=True)
        return TakenBack(row.id, row.name, row.worker, evidence, settled)
