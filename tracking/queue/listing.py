"""What people see of the queue."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, bindparam, case, func, select

from errors import ConfigError
from jobs import FailureKind, Job
from tracking.queue.delays import is_due, seconds_until_due
from tracking.queue.leases import gone
from tracking.queue.needs import failed_needs, open_needs
from tracking.queue.records import Attempt, QueuedJob, QueueState
from tracking.queue.specs import read_spec, with_values
from tracking.queue.transactions import pages
from tracking.store.clock import store_clock
from tracking.store.schema import queue_attempts, queue_jobs

__all__ = ["JobFilter", "count_states", "drained", "list_jobs", "seconds_to_change"]

_J, _A = queue_jobs.c, queue_attempts.c
_NAMED = 3
_OPEN = QueueState.open()
_ROWS = select(queue_jobs).where(_J.key.in_(bindparam("keys", expanding=True)))
_ORDER = {state: number for number, state in enumerate(_OPEN)}


class JobFilter(NamedTuple):
    """Which jobs are wanted; None leaves something open."""

    ids: Sequence[str] | None
    states: Collection[QueueState] | None
    group: str | None
    limit: int | None


def count_states(connection: Connection, group: str | None) -> Mapping[QueueState, int]:
    """See :meth:`tracking.queue.queue.Queue.counts`."""
    query = select(_J.state, func.count()).group_by(_J.state)
    if group is not None:
        query = query.where(_J.group_name == group)
    found = {QueueState(state): count for state, count in connection.execute(query)}
    return {state: found.get(state, 0) for state in QueueState}


def drained(connection: Connection) -> bool:
    """See :meth:`tracking.queue.queue.Queue.is_drained`.

    As needs have no cycle, what still waits for others then waits in the end for something held.
    """
    begun = select(_J.key).where(_J.state == QueueState.RUNNING).limit(1)
    ready = select(_J.key).where(_J.state == QueueState.QUEUED, _J.open_needs == 0).limit(1)
    return connection.execute(begun).first() is None and connection.execute(ready).first() is None


def seconds_to_change(connection: Connection) -> float | None:
    """See :meth:`tracking.queue.queue.Queue.next_change_in`."""
    now = store_clock(connection)
    delayed = (_J.state == QueueState.QUEUED, _J.open_needs == 0, _J.not_before > now)
    soonest = case((is_due(now), now), else_=_J.not_before)
    found = connection.execute(select(func.min(soonest)).where(*delayed)).scalar()
    return None if found is None else max(0.0, found - now)


def list_jobs(connection: Connection, wanted: JobFilter) -> list[QueuedJob]:
    """See :meth:`tracking.queue.queue.Queue.jobs`."""
    now = store_clock(connection)
    rows = _rows(connection, _keys(connection, wanted))
    queued = [row for row in rows if row.state == QueueState.QUEUED]
    needs = open_needs(connection, [row.key for row in queued if row.open_needs])
    failed = failed_needs(connection, [row.key for row in queued if not row.open_needs])
    positions = _positions(connection, now) if queued else {}
    attempts = _attempts(connection, [row.key for row in rows])
    return [
        _record(
            row,
            positions.get(row.key),
            _reason(row, needs.get(row.key, []), failed.get(row.key, {}), now),
            attempts.get(row.key, ()),
            now,
        )
        for row in rows
    ]


def _keys(connection: Connection, wanted: JobFilter) -> Sequence[int]:
    """Return the keys of jobs in the order in which they are shown."""
    order = case(_ORDER, value=_J.state, else_=len(_ORDER)), case((_J.state.in_(_OPEN), _J.rank), else_=-_J.finished_at)
    # What is shown of each is long, and sorting would carry it along.
    query = select(_J.key, order[0].label("first"), order[1].label("second"))
    if wanted.states is not None:
        query = query.where(_J.state.in_(list(wanted.states)))
    if wanted.group is not None:
        query = query.where(_J.group_name == wanted.group)
    if wanted.ids is None:
        return [row.key for row in connection.execute(query.order_by(*order, _J.key).limit(wanted.limit))]
    found = [row for page in pages(wanted.ids) for row in connection.execute(query.where(_J.id.in_(page)))]
    return [row.key for row in sorted(found, key=lambda row: (row.first, row.second, row.key))][: wanted.limit]


def _rows(connection: Connection, keys: Sequence[int]) -> list[Any]:
    rows = {row.key: row for page in pages(keys) for row in connection.execute(_ROWS, {"keys": page})}
    return [rows[key] for key in keys]


def _positions(connection: Connection, now: float) -> dict[int, int]:
    """Return who is the how manyth among those that may begin now, by key."""
    ready = and_(_J.state == QueueState.QUEUED, _J.open_needs == 0, is_due(now))
    keys = connection.execute(select(_J.key).where(ready).order_by(_J.rank, _J.key)).scalars()
    return {key: number for number, key in enumerate(keys, start=1)}


def _attempts(connection: Connection, keys: Sequence[int]) -> dict[int, tuple[Attempt, ...]]:
    found: dict[int, list[Attempt]] = {}
    for page in pages(keys):
        query = select(queue_attempts).where(_A.job_key.in_(page)).order_by(_A.job_key, _A.number, _A.started_at)
        for row in connection.execute(query):
            kind = FailureKind(row.kind) if row.kind else None
            found.setdefault(row.job_key, []).append(
                Attempt(
                    row.number, row.worker, row.started_at, row.finished_at, row.seconds, kind, row.message, row.counts
                )
            )
    return {key: tuple(attempts) for key, attempts in found.items()}


def _record(row: Any, position: int | None, reason: str, attempts: tuple[Attempt, ...], now: float) -> QueuedJob:
    running = row.state == QueueState.RUNNING
    return QueuedJob(
        job=_job(row),
        state=QueueState(row.state),
        position=position,
        reason=reason,
        queued_at=row.queued_at,
        started_at=attempts[-1].started_at if attempts else None,
        finished_at=row.finished_at,
        worker=row.worker,
        heartbeat_age=max(0.0, now - row.heartbeat_at) if running and row.heartbeat_at is not None else None,
        progress=json.loads(row.progress) if running else {},
        attempts=attempts,
    )


def _job(row: Any) -> Job:
    spec = read_spec(row.job)
    if isinstance(spec, ConfigError):
        return Job(id=row.id, name=row.name, work="", group=row.group_name, priority=row.priority, code=row.code)
    changed = {"priority": row.priority, "code": row.code, "adjustments": json.loads(row.adjustments)}
    return with_values(spec, **changed, attempt=max(1, row.attempts))


def _reason(row: Any, needs: Sequence[str], failed: Mapping[str, str], now: float) -> str:
    if row.state == QueueState.RUNNING:
        # Whoever works takes it back within seconds; where nobody does, nobody says so but this.
        if evidence := gone(row):
            return f"{evidence}; whoever works next takes it back"
        return "its worker is told to stop it" if row.cancel_requested else ""
    if row.state != QueueState.QUEUED:
        return str(row.reason)
    if needs:
        more = f" and {len(needs) - _NAMED} more" if len(needs) > _NAMED else ""
        return f"needs {', '.join(needs[:_NAMED])}{more}"
    delay = seconds_until_due(row.not_before, row.delay_seconds, now)
    if delay:
        return f"in {delay:.0f} s: {row.reason}"
    if failed:
        return "; ".join(failed.values())
    if row.refusal:
        return str(row.refusal)
    if row.overtaken:
        return f"waits for room; {row.overtaken} began before it"
    return str(row.reason)
