"""What users do to jobs of the queue; each says what it did."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

from sqlalchemy import Connection, func, or_, select, update

from errors import ConfigError
from jobs.job import HIGHEST_PRIORITY
from tracking.queue.needs import let_dependents_go
from tracking.queue.ranks import SHORTEST_SECONDS, rank_after
from tracking.queue.records import Change, QueueState, still_left
from tracking.queue.transactions import pages
from tracking.queue.updates import update_job
from tracking.store.clock import store_clock
from tracking.store.schema import queue_jobs

__all__ = ["cancel_jobs", "hold_jobs", "move_job", "release_jobs", "set_priorities"]

_J = queue_jobs.c
_WAITING = (QueueState.QUEUED, QueueState.HELD)
_CHOSEN = select(_J.key, _J.id, _J.name, _J.state, _J.rank, _J.priority, _J.code, _J.reason).order_by(_J.rank, _J.key)
_BY_USER = "held by the user"


def hold_jobs(connection: Connection, ids: Sequence[str], group: str | None) -> list[Change]:
    """See :meth:`tracking.queue.queue.Queue.hold`."""

    def hold(row: Any) -> str | None:
        if row.state != QueueState.QUEUED:
            return None
        update_job(connection, row.key, state=QueueState.HELD.value, reason=_BY_USER)
        return "held"

    return _each(connection, ids, group, hold)


def release_jobs(connection: Connection, ids: Sequence[str], group: str | None, any_code: bool) -> list[Change]:
    """See :meth:`tracking.queue.queue.Queue.release`."""
    accepted = {"code": "", "refusal": ""} if any_code else {}

    def release(row: Any) -> str | None:
        if row.state == QueueState.QUEUED and any_code and row.code:
            update_job(connection, row.key, **accepted)
            return "waits for a worker of any version of the code"
        if row.state != QueueState.HELD:
            return None
        update_job(connection, row.key, state=QueueState.QUEUED.value, reason="", **accepted)
        return "released"

    return _each(connection, ids, group, release)


def cancel_jobs(connection: Connection, ids: Sequence[str], group: str | None) -> list[Change]:
    """See :meth:`tracking.queue.queue.Queue.cancel`."""
    now = store_clock(connection)

    def cancel(row: Any) -> str | None:
        if row.state == QueueState.RUNNING:
            update_job(connection, row.key, cancel_requested=True)
            return "runs; its worker is told to stop it"
        if row.state not in _WAITING:
            return None
        left = still_left(row.reason)
        reason = f"cancelled by the user{left}"
        update_job(connection, row.key, state=QueueState.CANCELLED.value, reason=reason, finished_at=now)
        let_dependents_go(connection, row.key)
        return f"cancelled{left}"

    return _each(connection, ids, group, cancel)


def set_priorities(connection: Connection, priority: int, ids: Sequence[str], group: str | None) -> list[Change]:
    """See :meth:`tracking.queue.queue.Queue.set_priority`."""
    if not -HIGHEST_PRIORITY <= priority <= HIGHEST_PRIORITY:
        raise ConfigError(f"priority: from {-HIGHEST_PRIORITY} to {HIGHEST_PRIORITY}, got {priority}")

    def give(row: Any) -> str | None:
        if row.state not in _WAITING:
            return None
        rank = rank_after(row.rank, row.priority, priority)
        update_job(connection, row.key, priority=priority, rank=rank)
        return f"priority {priority}, was {row.priority}"

    return _each(connection, ids, group, give)


def move_job(connection: Connection, id: str, place: Literal["first", "last"] | None, before: str | None) -> Change:
    """See :meth:`tracking.queue.queue.Queue.move`."""
    if (place is None) == (before is None):
        raise ConfigError("say where to: first, last, or before another job")
    [row] = _chosen(connection, [id], None)
    if row.state not in _WAITING:
        return Change(row.id, row.name, False, _why_not(row))
    if before is None:
        update_job(connection, row.key, rank=_end(connection, first=place == "first"))
        return Change(row.id, row.name, True, f"is {place} now")
    [other] = _chosen(connection, [before], None)
    if other.state not in _WAITING:
        raise ConfigError(f"{other.name}: {_why_not(other)}, so nothing can be put before it")
    if other.key != row.key:
        update_job(connection, row.key, rank=_place_before(connection, other))
    return Change(row.id, row.name, True, f"stands before {other.name} now")


def _end(connection: Connection, first: bool) -> float:
    best = func.min(_J.rank) if first else func.max(_J.rank)
    rank: float = connection.execute(select(best).where(_J.state.in_(_WAITING))).scalar_one()
    # Behind the last by no more than what is added next: that comes after it.
    return rank - 1.0 if first else rank + SHORTEST_SECONDS


def _place_before(connection: Connection, other: Any) -> float:
    """Make room of a second before a job, by moving all in front of it; return a rank within.

    Those behind stay, as what is added next would come in front of what was moved there.
    """
    in_front = or_(_J.rank < other.rank, (_J.rank == other.rank) & (_J.key < other.key))
    connection.execute(update(queue_jobs).where(_J.state.in_(_WAITING), in_front).values(rank=_J.rank - 1.0))
    return float(other.rank) - 0.5


def _each(
    connection: Connection, ids: Sequence[str], group: str | None, do: Callable[[Any], str | None]
) -> list[Change]:
    changes = []
    for row in _chosen(connection, ids, group):
        done = do(row)
        changes.append(Change(row.id, row.name, done is not None, done or _why_not(row)))
    return changes


def _chosen(connection: Connection, ids: Sequence[str], group: str | None) -> list[Any]:
    """Return the jobs that a user means.

    Raises:
        ConfigError: no such job or group, or none was named.
    """
    if not ids and group is None:
        raise ConfigError("name jobs, or a group of them")
    rows: dict[int, Any] = {}
    for page in pages(dict.fromkeys(ids)):
        rows |= {row.key: row for row in connection.execute(_CHOSEN.where(_J.id.in_(page)))}
    missing = sorted(set(ids) - {row.id for row in rows.values()})
    if missing:
        raise ConfigError(f"{', '.join(missing)}: no such job in the queue; see: python experiment_cli.py queue list")
    if group is not None:
        found = connection.execute(_CHOSEN.where(_J.group_name == group)).all()
        if not found:
            raise ConfigError(f"{group}: no such group in the queue; see: python experiment_cli.py queue list")
        rows |= {row.key: row for row in found}
    return list(rows.values())


def _why_not(row: Any) -> str:
    return {
        QueueState.QUEUED: "waits already",
        QueueState.HELD: "is held already",
        QueueState.RUNNING: "runs already; cancel it to stop it",
        QueueState.COMPLETED: "is completed",
        QueueState.FAILED: "has failed; add it again to try once more",
        QueueState.CANCELLED: "is cancelled; add it again to have it done",
    }[QueueState(row.state)]
