"""Put jobs back that were handed out and have not begun."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select, update

from tracking.indexing.columns import storable
from tracking.queue.records import Change, QueueState, still_left
from tracking.queue.settling import let_dependents_go
from tracking.store.clock import store_clock
from tracking.store.schema import queue_attempts, queue_jobs

__all__ = ["give_back_claim", "give_back_unknown"]

_J, _A = queue_jobs.c, queue_attempts.c
_HELD = select(_J.key, _J.id, _J.name, _J.token, _J.attempts, _J.cancel_requested).where(
    _J.state == QueueState.RUNNING.value
)
_HELD_BY_TOKEN = _HELD.where(_J.token == bindparam("wanted"))
_HELD_BY_WORKER = _HELD.where(_J.worker == bindparam("its_worker"))
_FORGET = delete(queue_attempts).where(_A.token == bindparam("wanted"))
_PUT_BACK = (
    update(queue_jobs)
    .where(_J.key == bindparam("of"))
    .values(
        {name: bindparam(f"its_{name}") for name in ("state", "reason", "attempts", "finished_at")}
        | {"token": "", "heartbeat_at": None, "cancel_requested": False}
    )
)


def give_back_claim(connection: Connection, token: str, reason: str) -> bool:
    """See :meth:`tracking.queue.queue.Queue.give_back`."""
    row = connection.execute(_HELD_BY_TOKEN, {"wanted": token}).one_or_none()
    if row is None:
        return False
    _put_back(connection, row, reason)
    return True


def give_back_unknown(connection: Connection, worker: str, held_tokens: Collection[str]) -> list[Change]:
    """See :meth:`tracking.queue.queue.Queue.give_back_unknown`."""
    rows = connection.execute(_HELD_BY_WORKER, {"its_worker": worker}).all()
    unknown = [row for row in rows if row.token not in held_tokens]
    for row in unknown:
        _put_back(connection, row, "")
    return [Change(row.id, row.name, True, "was handed out unseen, and waits again") for row in unknown]


def _put_back(connection: Connection, row: Any, reason: str) -> None:
    state = QueueState.CANCELLED if row.cancel_requested else QueueState.QUEUED
    values = {
        "state": state.value,
        "reason": storable(f"cancelled by the user{still_left(reason)}" if row.cancel_requested else reason),
        "attempts": row.attempts - 1,
        "finished_at": store_clock(connection) if state.is_final else None,
    }
    connection.execute(_PUT_BACK, {"of": row.key, **{f"its_{name}": value for name, value in values.items()}})
    connection.execute(_FORGET, {"wanted": row.token})
    if state.is_final:
        let_dependents_go(connection, row.key)
