"""Put jobs back that were handed out and have not begun."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select

from tracking.indexing.columns import storable
from tracking.queue.needs import let_dependents_go
from tracking.queue.records import Change, QueueState, still_left
from tracking.queue.updates import update_job
from tracking.store.clock import store_clock
from tracking.store.schema import queue_attempts, queue_jobs

__all__ = ["give_back_claim", "give_back_unknown"]

_J, _A = queue_jobs.c, queue_attempts.c
_RUNNING = select(_J.key, _J.id, _J.name, _J.token, _J.attempts, _J.cancel_requested).where(
    _J.state == QueueState.RUNNING.value
)
_RUNNING_BY_TOKEN = _RUNNING.where(_J.token == bindparam("claim_token"))
_RUNNING_BY_WORKER = _RUNNING.where(_J.worker == bindparam("worker_id"))
_FORGET_ATTEMPT = delete(queue_attempts).where(_A.token == bindparam("claim_token"))


def give_back_claim(connection: Connection, token: str, reason: str) -> bool:
    """See :meth:`tracking.queue.queue.Queue.give_back`."""
    row = connection.execute(_RUNNING_BY_TOKEN, {"claim_token": token}).one_or_none()
    if row is None:
        return False
    _put_back(connection, row, reason)
    return True


def give_back_unknown(connection: Connection, worker: str, held_tokens: Collection[str]) -> list[Change]:
    """See :meth:`tracking.queue.queue.Queue.give_back_unknown`."""
    rows = connection.execute(_RUNNING_BY_WORKER, {"worker_id": worker}).all()
    unknown = [row for row in rows if row.token not in held_tokens]
    for row in unknown:
        _put_back(connection, row, "")
    return [Change(row.id, row.name, True, "was handed out unseen, and waits again") for row in unknown]


def _put_back(connection: Connection, row: Any, reason: str) -> None:
    state = QueueState.CANCELLED if row.cancel_requested else QueueState.QUEUED
    update_job(
        connection,
        row.key,
        state=state.value,
        reason=storable(f"cancelled by the user{still_left(reason)}" if row.cancel_requested else reason),
        attempts=row.attempts - 1,
        finished_at=store_clock(connection) if state.is_final else None,
        token="",
        heartbeat_at=None,
        cancel_requested=False,
    )
    connection.execute(_FORGET_ATTEMPT, {"claim_token": row.token})
    if state.is_final:
        let_dependents_go(connection, row.key)
