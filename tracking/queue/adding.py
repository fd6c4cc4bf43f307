"""Take jobs into the queue, all or none."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence, Set
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, insert, select

from errors import ConfigError
from jobs import Job
from jobs.dependencies import topological_sorter
from tracking.indexing.columns import storable
from tracking.queue.admission import Admission, StoredJob, admission_of, stored_jobs
from tracking.queue.needs import make_dependents_wait, needs_of_open_jobs, replace_needs
from tracking.queue.ranks import SHORTEST_SECONDS, rank_after, rank_of
from tracking.queue.records import Added, QueueState
from tracking.queue.specs import read_spec
from tracking.queue.updates import update_jobs
from tracking.store.clock import store_clock
from tracking.store.schema import queue_jobs

__all__ = ["add_jobs"]

_MOST_NAMED = 5
"""So many jobs are named in an error."""

_J = queue_jobs.c
_NEWEST_KEY = select(func.coalesce(func.max(_J.key), 0))
# Of those that run too, as they may have to wait again.
_LAST_QUEUED_AT = select(func.max(_J.queued_at)).where(_J.state.in_([state.value for state in QueueState.open()]))
_INSERT = insert(queue_jobs)

_NOTHING_HAPPENED: Mapping[str, Any] = {
    **{"reason": "", "refusal": "", "overtaken": 0, "not_before": 0.0, "delay_seconds": 0.0},
    **{"uncounted": 0, "uncounted_kind": "", "reached": 0.0, "progress": "{}", "finished_at": None},
    **{"token": "", "worker": "", "heartbeat_at": None, "cancel_requested": False},
}
"""What a round begins with. The number of attempts is none of it: what earlier rounds came to stays."""


class _Batch(NamedTuple):
    """What is added at one stroke, by id."""

    wanted: Mapping[str, Job]
    stored: Mapping[str, StoredJob]
    """What the queue has of them, and of what they need."""
    admissions: Mapping[str, Admission]

    @property
    def written(self) -> list[Job]:
        """Those that get a row, or another one."""
        return [job for id, job in self.wanted.items() if self.admissions[id] != Admission.LEFT]

    def ids(self, admission: Admission) -> tuple[str, ...]:
        """Return those of one admission."""
        return tuple(id for id, each in self.admissions.items() if each == admission)

    def is_open(self, id: str) -> bool:
        """Whether a job has yet to end once the batch is in the queue."""
        left = self.admissions.get(id, Admission.LEFT) == Admission.LEFT
        return not (left and self.stored[id].state.is_final)


def add_jobs(connection: Connection, jobs: Sequence[Job], redo: bool) -> Added:
    """See :meth:`tracking.queue.queue.Queue.add`."""
    wanted = _distinct(jobs)
    stored = stored_jobs(connection, {*wanted, *(need for job in wanted.values() for need in job.needs)})
    admissions = {id: admission_of(job, stored.get(id), redo) for id, job in wanted.items()}
    batch = _Batch(wanted, stored, admissions)
    _check(connection, batch)
    _write(connection, batch)
    left = batch.ids(Admission.LEFT)
    stopping = tuple(id for id in left if stored[id].cancel_requested)
    return Added(batch.ids(Admission.NEW), left, batch.ids(Admission.REQUEUED) + batch.ids(Admission.REVISED), stopping)


def _distinct(jobs: Sequence[Job]) -> dict[str, Job]:
    wanted: dict[str, Job] = {}
    for job in jobs:
        if wanted.setdefault(job.id, job) != job:
            raise ConfigError(f"two different jobs have the id {job.id}: {wanted[job.id].name} and {job.name}")
    return wanted


def _check(connection: Connection, batch: _Batch) -> None:
    jobs = batch.written
    _check_known(jobs, batch.wanted.keys() | batch.stored.keys())
    needs = {job.id: job.needs for job in jobs}
    # No job of the queue needs one that is new: only what comes back may be needed from there, and close a cycle.
    comes_back = any(id in batch.stored for id in needs)
    stored = needs_of_open_jobs(connection) if comes_back else {}
    topological_sorter({**stored, **needs}, {job.id: job.name for job in jobs})


def _check_known(jobs: Sequence[Job], known: Set[str]) -> None:
    missing = [f"{job.name} needs {need}" for job in jobs for need in job.needs if need not in known]
    if missing:
        more = f" and {len(missing) - _MOST_NAMED} more" if len(missing) > _MOST_NAMED else ""
        raise ConfigError(f"no such job is in the queue or added with it: {', '.join(missing[:_MOST_NAMED])}{more}")


def _write(connection: Connection, batch: _Batch) -> None:
    keys = _keys(connection, batch)
    # First: the rows of the batch will count what they wait for anew, and what is counted here comes on top.
    make_dependents_wait(connection, [keys[id] for id in batch.ids(Admission.REQUEUED)])
    _write_rows(connection, batch, keys)
    # Last: needs are of rows that exist.
    jobs = batch.written
    needs = {keys[job.id]: [keys[need] for need in dict.fromkeys(job.needs)] for job in jobs}
    replace_needs(connection, needs, known=[keys[job.id] for job in jobs if job.id in batch.stored])


def _keys(connection: Connection, batch: _Batch) -> dict[str, int]:
    """Return the keys of rows, those of new jobs included, by id."""
    first = connection.execute(_NEWEST_KEY).scalar_one() + 1
    new = {id: first + number for number, id in enumerate(batch.ids(Admission.NEW))}
    return {id: each.key for id, each in batch.stored.items()} | new


def _write_rows(connection: Connection, batch: _Batch, keys: Mapping[str, int]) -> None:
    first = _next_queue_time(connection)
    rows = {job.id: _row(batch, job, first + number * SHORTEST_SECONDS) for number, job in enumerate(batch.written)}
    new = [{"key": keys[id], "id": id, **rows[id]} for id in batch.ids(Admission.NEW)]
    if new:
        connection.execute(_INSERT, new)
    for admission in (Admission.REQUEUED, Admission.REVISED):
        update_jobs(connection, {keys[id]: rows[id] for id in batch.ids(admission)})


def _next_queue_time(connection: Connection) -> float:
    """Return the time at which the next job counts as queued: after all others, even if a clock was set."""
    last = connection.execute(_LAST_QUEUED_AT).scalar()
    now = store_clock(connection)
    return now if last is None else max(now, last + SHORTEST_SECONDS)


def _row(batch: _Batch, job: Job, queued_at: float) -> dict[str, Any]:
    """Return what is written of a job, whoever it is: its key and its id stay."""
    stored = batch.stored.get(job.id)
    planned = {
        "name": storable(job.name),
        "group_name": storable(job.group),
        "open_needs": sum(batch.is_open(need) for need in set(job.needs)),
        "seconds": job.seconds,
        "code": storable(job.code),
        "job": job.to_json(),
        # Another one where it only waits, too: workers keep what they read of a job's round.
        "round": 1 if stored is None else stored.round + 1,
    }
    if stored is not None and batch.admissions[job.id] == Admission.REVISED:
        return {**planned, **_place_kept(job, stored), "refusal": ""}
    return {**planned, **_place_at_the_end(job, queued_at), **_NOTHING_HAPPENED}


def _place_at_the_end(job: Job, queued_at: float) -> dict[str, Any]:
    return {
        "state": QueueState.QUEUED.value,
        "queued_at": queued_at,
        "priority": job.priority,
        "rank": rank_of(queued_at, job.priority),
        "adjustments": json.dumps(job.adjustments),
    }


def _place_kept(job: Job, stored: StoredJob) -> dict[str, Any]:
    """Return the place of a job that waits: a priority counts anew only where the plan has another one than before."""
    before = read_spec(stored.text)
    unchanged = isinstance(before, Job) and before.priority == job.priority
    priority = stored.priority if unchanged else job.priority
    return {"priority": priority, "rank": rank_after(stored.rank, stored.priority, priority)}
