"""What commands look up in the queue without reading what its jobs say: their texts are long, and there may be many."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, func, or_, select

from tracking.queue.records import QueueState
from tracking.store.database import Database
from tracking.store.schema import queue_attempts, queue_jobs

__all__ = [
    "JobName",
    "Standing",
    "counts_by_group",
    "groups_of",
    "names_like",
    "open_ids",
    "seek_jobs",
    "standings",
]

_J, _A = queue_jobs.c, queue_attempts.c
_OPEN = QueueState.open()
_NAMES: Select[Any] = select(_J.id, _J.name, _J.group_name, _J.state)
_ENDED_LOOKED_AT = 1000


class JobName(NamedTuple):
    """What people call a job, and where it stands."""

    id: str
    name: str
    group: str
    state: QueueState


class Standing(NamedTuple):
    """How far one job is, and when it came there; times in seconds since 1970, UTC."""

    group: str
    state: QueueState
    expected: float | None
    """Seconds that its plan gives it."""
    first_started_at: float | None = None
    started_at: float | None = None
    """Of the newest attempt."""
    finished_at: float | None = None
    took: float | None = None
    """Seconds at work of the attempt that ended well."""
    progress: Mapping[str, Any] = {}


def seek_jobs(database: Database, text: str) -> list[JobName]:
    """Return the jobs that a text names: an id, a name, or the beginning of an id; the oldest first.

    Raises:
        DatabaseUnavailable: the store cannot be reached.
    """
    named = or_(_J.id == text, _J.name == text, _J.id.startswith(text, autoescape=True))
    return _read(database, _NAMES.where(named).order_by(_J.key)) if text else []


def names_like(database: Database, beginning: str, limit: int | None = None) -> list[JobName]:
    """Return the jobs whose name or id begins so, those that have not ended first.

    Raises:
        DatabaseUnavailable: the store cannot be reached.
    """
    like = or_(*(column.startswith(beginning, autoescape=True) for column in (_J.name, _J.id)))
    query = _NAMES.where(like).order_by(_J.state.in_(_OPEN).desc(), _J.rank)
    return _read(database, query.limit(limit))


def groups_of(database: Database) -> list[str]:
    """Return the groups of all jobs.

    Raises:
        DatabaseUnavailable: the store cannot be reached.
    """
    with database.read() as connection:
        return list(connection.execute(select(_J.group_name).distinct().order_by(_J.group_name)).scalars())


def open_ids(database: Database) -> list[str]:
    """Return the ids of all jobs that have not ended, in the order of their turns.

    Raises:
        DatabaseUnavailable: the store cannot be reached.
    """
    return [each.id for each in _read(database, _NAMES.where(_J.state.in_(_OPEN)).order_by(_J.rank, _J.key))]


def counts_by_group(database: Database) -> dict[str, Counter[QueueState]]:
    """Return how many jobs of each group are in each state.

    Raises:
        DatabaseUnavailable: the store cannot be reached.
    """
    found: dict[str, Counter[QueueState]] = {}
    query = select(_J.group_name, _J.state, func.count()).group_by(_J.group_name, _J.state)
    with database.read() as connection:
        for group, state, count in connection.execute(query):
            found.setdefault(group, Counter())[QueueState(state)] = count
    return found


def standings(database: Database) -> list[Standing]:
    """Return what runs, what waits in the order of its turns, and what was completed last.

    Raises:
        DatabaseUnavailable: the store cannot be reached.
    """
    with database.read() as connection:
        return [*_running(connection), *_waiting(connection), *_completed(connection)]


def _running(connection: Connection) -> Iterable[Standing]:
    times = (func.min(_A.started_at).label("first"), func.max(_A.started_at).label("newest"))
    query = (
        select(_J.group_name, _J.seconds, _J.progress, *times)
        .join(queue_attempts, _A.job_key == _J.key)
        .where(_J.state == QueueState.RUNNING)
        .group_by(_J.key, _J.group_name, _J.seconds, _J.progress, _J.rank)
        .order_by(_J.rank)
    )
    for row in connection.execute(query):
        told = json.loads(row.progress)
        yield Standing(row.group_name, QueueState.RUNNING, row.seconds, row.first, row.newest, progress=told)


def _waiting(connection: Connection) -> Iterable[Standing]:
    query = select(_J.group_name, _J.seconds).where(_J.state == QueueState.QUEUED).order_by(_J.rank, _J.key)
    for group, seconds in connection.execute(query):
        yield Standing(group, QueueState.QUEUED, seconds)


def _completed(connection: Connection) -> Iterable[Standing]:
    done = select(_J.key).where(_J.state == QueueState.COMPLETED).order_by(_J.finished_at.desc())
    # Of a long history the newest tell how fast it goes.
    newest = done.limit(_ENDED_LOOKED_AT).subquery()
    query = (
        select(_J.group_name, _J.seconds.label("expected"), _J.finished_at, _A.started_at, _A.seconds)
        .join(newest, newest.c.key == _J.key)
        .join(queue_attempts, _A.job_key == _J.key)
        .order_by(_J.finished_at.desc(), _J.key, _A.started_at)
    )
    found: dict[int, Standing] = {}
    for row in connection.execute(query.add_columns(_J.key)):
        first = found[row.key].first_started_at if row.key in found else row.started_at
        found[row.key] = Standing(
            row.group_name, QueueState.COMPLETED, row.expected, first, row.started_at, row.finished_at, row.seconds
        )
    return found.values()


def _read(database: Database, query: Select[Any]) -> list[JobName]:
    with database.read() as connection:
        return [JobName(id, name, group, QueueState(state)) for id, name, group, state in connection.execute(query)]
