"""What a store holds altogether: counted by the database, however many experiments there are."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Integer, Select, Subquery, cast, func, select

from tracking.statuses import Status
from tracking.store import schema

__all__ = ["Share", "Totals", "read_totals"]

_E, _R, _P = schema.experiments.c, schema.runs.c, schema.params.c
_MOST_SHOWN = 10
_DAYS_SHOWN = 14
_SECONDS_A_DAY = 86_400
_EPOCH = date(1970, 1, 1)
_MODELS = ("model", "model_name", "model_name_or_path", "model.name", "training.model")


@dataclass(frozen=True)
class Share:
    """How many experiments have one value of something."""

    name: str
    count: int
    completed: int


@dataclass(frozen=True)
class Totals:
    """All experiments that a question was about, together."""

    num_experiments: int
    statuses: Mapping[Status, int]
    """As they stand now; statuses that none has are left out."""
    num_runs: int
    """Attempts."""
    run_seconds: float
    """Of all attempts, up to their ends, or to the last sign of life of those without one."""
    mean_seconds: float | None
    """Of a completed experiment."""
    gpu_hours: float
    """Attempts' hours times the accelerators that their experiment saw."""
    disk_bytes: int
    """Of the experiments' folders when they were last taken in."""
    runs_per_day: Mapping[date, int]
    """Attempts begun on each of the last days, in local time, up to the newest one; days without any count 0."""
    variants: tuple[Share, ...]
    """The most frequent ones, as of ``models`` and ``strategies``."""
    strategies: tuple[Share, ...]
    models: tuple[Share, ...]


def read_totals(connection: Connection, condition: ColumnElement[bool], status: ColumnElement[Any]) -> Totals:
    """Count experiments.

    Args:
        connection: from :meth:`tracking.store.database.Database.read`.
        condition: on experiments; which count.
        status: an experiment's status as it stands now.
    """
    columns = (_E.key, _E.variant, _E.gpus, _E.disk_bytes, _E.duration_seconds)
    # A subquery: PostgreSQL takes no expression with parameters for equal to the same one in GROUP BY.
    chosen = select(*columns, status.label("status")).where(condition).subquery()
    own = chosen.c
    counts = connection.execute(select(own.status, func.count()).group_by(own.status)).tuples()
    statuses = {Status(name): count for name, count in counts}
    mean_seconds = func.avg(own.duration_seconds).filter(own.status == Status.COMPLETED.value)
    disk_bytes, mean = connection.execute(select(func.sum(own.disk_bytes), mean_seconds)).one()
    # An attempt known by its results alone has no heartbeat, and one that has just begun has neither.
    seconds = func.coalesce(_R.finished_at, _R.heartbeat_at, _R.started_at) - _R.started_at
    sums = select(func.count(), func.sum(seconds), func.sum(seconds * own.gpus))
    num_runs, run_seconds, gpu_seconds = connection.execute(
        sums.select_from(schema.runs).join(chosen, own.key == _R.experiment_key)
    ).one()
    return Totals(
        num_experiments=sum(statuses.values()),
        statuses={each: statuses[each] for each in Status if each in statuses},
        num_runs=num_runs,
        run_seconds=float(run_seconds or 0.0),
        mean_seconds=None if mean is None else float(mean),
        gpu_hours=float(gpu_seconds or 0.0) / 3600,
        disk_bytes=int(disk_bytes or 0),
        runs_per_day=_runs_per_day(connection, chosen),
        variants=_shares(connection, select(own.variant.label("name"), own.status)),
        strategies=_shares(connection, _params(chosen, _P.name.like("strategies.%.name"))),
        models=_shares(connection, _params(chosen, _P.name.in_(_MODELS))),
    )


def _runs_per_day(connection: Connection, chosen: Subquery) -> dict[date, int]:
    """Count attempts by day of the local calendar, of the days up to the last one with an attempt."""
    begun = select(_R.started_at).join(chosen, chosen.c.key == _R.experiment_key).subquery().c.started_at
    newest = connection.execute(select(func.max(begun))).scalar()
    if newest is None:
        return {}
    offset = time.localtime(newest).tm_gmtoff
    last = int((newest + offset) // _SECONDS_A_DAY)
    first = last - _DAYS_SHOWN + 1
    days = select(cast(func.floor((begun + offset) / _SECONDS_A_DAY), Integer).label("day"))
    day = days.where(begun >= first * _SECONDS_A_DAY - offset).subquery().c.day
    counts: dict[int, int] = dict(connection.execute(select(day, func.count()).group_by(day)).tuples().all())
    return {_EPOCH + timedelta(days=number): counts.get(number, 0) for number in range(first, last + 1)}


def _params(chosen: Subquery, name: ColumnElement[bool]) -> Select[Any]:
    query = select(_P.text.label("name"), chosen.c.status).join(chosen, chosen.c.key == _P.experiment_key)
    return query.where(name, _P.kind == "str")


def _shares(connection: Connection, named: Select[Any]) -> tuple[Share, ...]:
    """Count the most frequent names."""
    each = named.subquery().c
    count, completed = func.count(), func.count().filter(each.status == Status.COMPLETED.value)
    query = select(each.name, count, completed).group_by(each.name).order_by(count.desc(), each.name)
    return tuple(Share(*row) for row in connection.execute(query.limit(_MOST_SHOWN)))
