"""How many experiments there are of each status, and what those that are going on are at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, and_, func, select

from tracking.states.judgement import Judgement, Observer
from tracking.states.liveness import current_statuses, store_clock
from tracking.statuses import Status
from tracking.store import schema
from tracking.store.database import Database

__all__ = ["Overview", "RunGoingOn", "overview"]

_E, _R = schema.experiments.c, schema.runs.c
_MOST_SHOWN = 1000


@dataclass(frozen=True)
class RunGoingOn:
    """A run that goes on, or that nobody has heard of for a while. Times are seconds since 1970, UTC."""

    id: str
    name: str
    status: Status
    evidence: str
    attempt: int
    host: str
    pid: int | None
    slurm_job_id: str | None
    started_at: float
    heartbeat_age_seconds: float | None
    step: int | None
    """The last step that it logged something at."""
    total_steps: int | None


@dataclass(frozen=True)
class Overview:
    """The store at a glance."""

    counts: Mapping[Status, int]
    """Experiments of each status, as they stand now; statuses that none has are left out."""
    going_on: Sequence[RunGoingOn]
    """Running or stale, the latest first; at most 1,000."""
    out_of_date: int
    """Experiments whose status in the store is another one; see :func:`tracking.states.reconciling.reconcile`."""


def overview(database: Database, observer: Observer | None = None) -> Overview:
    """Look at the whole store.

    Raises:
        DatabaseUnavailable: the database cannot be reached.
    """
    judged = current_statuses(database, observer)
    with database.read() as connection:
        counts: Counter[Status] = Counter()
        for status, count in connection.execute(select(_E.status, func.count()).group_by(_E.status)).tuples():
            counts[Status(status)] = count
        out_of_date = _correct(connection, counts, judged)
        going_on = _going_on(connection, judged)
    return Overview({status: counts[status] for status in Status if counts[status]}, going_on, out_of_date)


def _correct(connection: Connection, counts: Counter[Status], judged: Mapping[int, Judgement]) -> int:
    """Move experiments to the status that they really have; return how many moved."""
    moved = 0
    for keys in _batches(list(judged)):
        for key, status in connection.execute(select(_E.key, _E.status).where(_E.key.in_(keys))).tuples():
            if judged[key].status != status:
                counts[Status(status)] -= 1
                counts[judged[key].status] += 1
                moved += 1
    return moved


def _going_on(connection: Connection, judged: Mapping[int, Judgement]) -> list[RunGoingOn]:
    now = store_clock(connection)
    alive = [key for key, judgement in judged.items() if judgement.status in (Status.RUNNING, Status.STALE)]
    found = [each for keys in _batches(alive) for each in _read(connection, keys, judged, now)]
    return sorted(found, key=lambda each: -each.started_at)[:_MOST_SHOWN]


def _read(connection: Connection, keys: Sequence[int], judged: Mapping[int, Judgement], now: float) -> list[RunGoingOn]:
    newest = and_(_R.experiment_key == _E.key, _R.attempt == _E.num_runs)
    columns = (_E.id, _E.name, _R.attempt, _R.host, _R.pid, _R.slurm_job_id, _R.started_at, _R.heartbeat_at)
    query = select(_E.key, *columns).join(schema.runs, newest).where(_E.key.in_(keys))
    steps, totals = _last_steps(connection, keys), _total_steps(connection, keys)
    return [
        RunGoingOn(
            id=row.id,
            name=row.name,
            status=judged[row.key].status,
            evidence=judged[row.key].evidence,
            attempt=row.attempt,
            host=row.host,
            pid=row.pid,
            slurm_job_id=row.slurm_job_id,
            started_at=row.started_at,
            heartbeat_age_seconds=None if row.heartbeat_at is None else max(0.0, now - row.heartbeat_at),
            step=steps.get(row.key),
            total_steps=totals.get(row.key),
        )
        for row in connection.execute(query)
    ]


def _last_steps(connection: Connection, keys: Sequence[int]) -> dict[int, int]:
    table = schema.final_metrics.c
    query = select(table.experiment_key, func.max(table.step)).where(table.experiment_key.in_(keys))
    return {key: step for key, step in connection.execute(query.group_by(table.experiment_key)) if step is not None}


def _total_steps(connection: Connection, keys: Sequence[int]) -> dict[int, int]:
    table = schema.events.c
    query = select(table.experiment_key, table.content).where(table.experiment_key.in_(keys), table.event == "length")
    return {key: content["total_steps"] for key, content in connection.execute(query.order_by(table.position))}


def _batches(keys: Sequence[int]) -> list[Sequence[int]]:
    return [keys[start : start + 500] for start in range(0, len(keys), 500)]
