"""Signs of life, and what happens when there are none.

No clock of the day ends a lease: clocks are set, and hosts differ. A worker counts its signs of life; whoever looks
and sees the count stand still, for as long as the lease by its own watch, takes the job back.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, bindparam, select, update

from tracking.indexing.columns import storable
from tracking.processes import boot_id, host_name, process_started
from tracking.queue.records import Claim, Orders, QueueState
from tracking.queue.transactions import pages
from tracking.store.clock import store_clock
from tracking.store.schema import queue_jobs

__all__ = ["Expired", "LeaseWatch", "gone", "renew_leases", "running", "still_silent"]

_J = queue_jobs.c
_SAME_START_SECONDS = 1.0
_LOOKS = 6
"""Silence counts in at least so many steps: a database that was away, or a watcher that slept, is no silence."""

# Whoever lost a job shows a token that its row has no more, and changes nothing.
_STILL_HELD = and_(_J.key == bindparam("claimed_key"), _J.token == bindparam("claim_token"))
_BEAT = update(queue_jobs).where(_STILL_HELD).values(beats=_J.beats + 1, heartbeat_at=bindparam("now"))
_REPORT = update(queue_jobs).where(_STILL_HELD).values(progress=bindparam("reported"))
_TOKENS = select(_J.token, _J.cancel_requested).where(_J.key.in_(bindparam("keys", expanding=True)))
_RUNNING = select(
    *(_J.key, _J.id, _J.name, _J.token, _J.worker, _J.host, _J.boot_id, _J.pid, _J.process_started),
    *(_J.lease_seconds, _J.beats),
).where(_J.state == QueueState.RUNNING.value)
_BEATS = select(_J.beats).where(_STILL_HELD)


class Expired(NamedTuple):
    """A lease that is to end."""

    row: Any
    evidence: str


class _Seen(NamedTuple):
    beats: int
    silent_seconds: float
    at: float


class LeaseWatch:
    """Watches the leases of all workers from one process.

    Args:
        clock: seconds that only ever go forward.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._seen: dict[str, _Seen] = {}

    def expired(self, rows: Collection[Any]) -> list[Expired]:
        """Return which of the jobs that run have no worker any more.

        Args:
            rows: all that run, from :func:`running`.
        """
        now = self._clock()
        self._seen = {row.token: self._look(row, now) for row in rows}
        found = ((row, gone(row) or self._silence(row)) for row in rows)
        return [Expired(row, evidence) for row, evidence in found if evidence]

    def _look(self, row: Any, now: float) -> _Seen:
        before = self._seen.get(row.token)
        if before is None or before.beats != row.beats:
            return _Seen(row.beats, 0.0, now)
        step = min(now - before.at, row.lease_seconds / _LOOKS)
        return _Seen(row.beats, before.silent_seconds + step, now)

    def _silence(self, row: Any) -> str:
        silent = self._seen[row.token].silent_seconds
        # Sums of floats.
        if silent < row.lease_seconds * (1 - 1e-9):
            return ""
        return f"no sign of life of process {row.pid} on {row.host} for {silent:.0f} s"


def gone(row: Any) -> str:
    """Return how it is known that the process of a job's worker has ended; nothing where nobody can tell from here."""
    if not row.boot_id or row.boot_id != boot_id() or row.host != host_name() or row.pid is None:
        return ""
    started = process_started(row.pid)
    if started is None:
        return f"process {row.pid} on {row.host} is gone"
    if row.process_started is not None and abs(started - row.process_started) > _SAME_START_SECONDS:
        return f"process {row.pid} on {row.host} is gone: another process has its id now"
    return ""


def running(connection: Connection) -> list[Any]:
    """Return who has which job."""
    return list(connection.execute(_RUNNING).all())


def still_silent(connection: Connection, row: Any) -> bool:
    """Whether a worker still has the job and has given no sign of life since ``row`` was read."""
    return bool(connection.execute(_BEATS, {"claimed_key": row.key, "claim_token": row.token}).scalar() == row.beats)


def renew_leases(
    connection: Connection, claims: Collection[Claim], progress: Mapping[str, Mapping[str, Any]]
) -> Orders:
    """See :meth:`tracking.queue.queue.Queue.renew`."""
    if not claims:
        return Orders((), ())
    now = store_clock(connection)
    connection.execute(_BEAT, [{**_held(each), "now": now} for each in claims])
    reports = [
        {**_held(each), "reported": _as_text(progress[each.job.id])} for each in claims if each.job.id in progress
    ]
    if reports:
        connection.execute(_REPORT, reports)
    return _orders(connection, claims)


def _held(claim: Claim) -> dict[str, Any]:
    return {"claimed_key": claim.key, "claim_token": claim.token}


def _as_text(progress: Mapping[str, Any]) -> str:
    return storable(json.dumps(progress, default=str))


def _orders(connection: Connection, claims: Collection[Claim]) -> Orders:
    cancelled: dict[str, bool] = {}
    for page in pages(each.key for each in claims):
        cancelled.update((token, cancel) for token, cancel in connection.execute(_TOKENS, {"keys": page}))
    cancel = tuple(each for each in claims if cancelled.get(each.token, False))
    return Orders(cancel, lost=tuple(each for each in claims if each.token not in cancelled))
