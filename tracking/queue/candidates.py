"""The jobs that may begin, in the order of their turns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, or_, select

from errors import ConfigError
from jobs import Job
from tracking.indexing.columns import storable
from tracking.queue.delays import is_due
from tracking.queue.records import ClaimRequest, QueueState
from tracking.queue.specs import Specs
from tracking.store.schema import queue_jobs

__all__ = ["Candidate", "candidates"]

_J = queue_jobs.c
_EXTRA = 8
"""So many more than may begin are read first: mostly these are enough."""
_PAGE = 200
_BEFORE_ALL = {"last_rank": -1e300, "last_key": -1}

# Page by page from where the last one ended: an offset would count again what was seen, and every claim begins anew.
_NEXT = (
    select(_J.key, _J.id, _J.rank, _J.overtaken, _J.code, _J.priority, _J.round, _J.attempts, _J.refusal)
    .add_columns(_J.adjustments)
    .where(_J.state == QueueState.QUEUED.value, _J.open_needs == 0, is_due(bindparam("now")))
    .where(_J.rank >= bindparam("last_rank"), or_(_J.rank > bindparam("last_rank"), _J.key > bindparam("last_key")))
    .order_by(_J.rank, _J.key)
    .limit(bindparam("page_size"))
)


class Candidate(NamedTuple):
    """A job that waits for nothing but a worker."""

    row: Any
    """From :data:`_NEXT`."""
    spec: Job | ConfigError | None
    """None where a worker of another version of the code is meant: it is not read then."""


def candidates(connection: Connection, specs: Specs, request: ClaimRequest, now: float) -> Iterator[Candidate]:
    """Yield all of them; whoever stops early spares what is behind.

    Args:
        connection: to the database.
        specs: what this process read of jobs before.
        request: of the worker.
        now: the time of the store.
    """
    specs.begin()
    readable = ("", storable(request.code))
    place, page_size = _BEFORE_ALL, request.limit + _EXTRA
    while True:
        rows = connection.execute(_NEXT, {"now": now, "page_size": page_size, **place}).all()
        found = specs.of(connection, [row for row in rows if row.code in readable])
        for row in rows:
            yield Candidate(row, found.get(row.key))
        if len(rows) < page_size:
            return
        place, page_size = {"last_rank": rows[-1].rank, "last_key": rows[-1].key}, _PAGE
