"""What became of what jobs need."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, select

from tracking.queue.records import QueueState
from tracking.queue.transactions import pages
from tracking.store.schema import queue_jobs, queue_needs

__all__ = ["failed_needs"]

_N = queue_needs.c
_NEED = queue_jobs.alias()
_FAILED_NEEDS = (
    select(_N.job_key, _NEED.c.id, _NEED.c.name, _NEED.c.state, _NEED.c.reason)
    .join(_NEED, _NEED.c.key == _N.need_key)
    .where(_N.job_key.in_(bindparam("keys", expanding=True)))
    .where(_NEED.c.state.in_([QueueState.FAILED.value, QueueState.CANCELLED.value]))
)
_ENDED = {QueueState.FAILED.value: "failed", QueueState.CANCELLED.value: "was cancelled"}


def failed_needs(connection: Connection, keys: Sequence[int]) -> dict[int, dict[str, str]]:
    """Return which needs of jobs failed or were cancelled, by the jobs' keys: by their ids, and in words."""
    failed: dict[int, dict[str, str]] = {}
    for page in pages(keys):
        for key, id, name, state, reason in connection.execute(_FAILED_NEEDS, {"keys": page}):
            why = f": {reason}" if reason and state == QueueState.FAILED.value else ""
            failed.setdefault(key, {})[id] = f"needs {name}, which {_ENDED[state]}{why}"
    return failed
