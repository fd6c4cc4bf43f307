"""The points of an experiment's metrics: all, or as many of each curve as a picture has room for."""

from __future__ import annotations

from collections.abc import Sequence
from math import nan

from sqlalchemy import ColumnElement, Connection, Select, func, literal, select

from tracking.folders.metric_points import MetricPoint
from tracking.store import schema

__all__ = ["read_points_of"]

_M, _N = schema.metrics.c, schema.metric_names.c


def read_points_of(
    connection: Connection, key: int, names: Sequence[str] | None = None, max_points: int | None = None
) -> list[MetricPoint]:
    """Return the points of an experiment's metrics in the order in which they were logged.

    Args:
        connection: from :meth:`tracking.store.database.Database.read`.
        key: the experiment's row.
        names: metrics to read; None means all.
        max_points: at most so many points a metric: of one that has more, the last point of each of so many equally
            long stretches of its steps. None means all.
    """
    own = _M.experiment_key == key
    if names is not None:
        own &= _N.name.in_(names)
    if max_points is None:
        return _points(connection, own)
    counts = _counts(connection, key, names, max_points + 1)
    whole = [name for name, count in counts.items() if count <= max_points]
    thinned = [name for name, count in counts.items() if count > max_points]
    positions = _last_of_stretches(key, thinned, max_points)
    # Each by its index: a run of a million points is to show at once.
    return _points(connection, own & _M.name_key.in_(whole), own & _M.position.in_(positions))


def _points(connection: Connection, *conditions: ColumnElement[bool]) -> list[MetricPoint]:
    columns = (_M.position, _M.step, _M.time, _N.name, _M.value)
    rows = [
        row
        for condition in conditions
        for row in connection.execute(select(*columns).join_from(schema.metrics, schema.metric_names).where(condition))
    ]
    return [
        MetricPoint(step, time, name, nan if value is None else value)
        for _, step, time, name, value in sorted(rows, key=lambda row: row.position)
    ]


def _counts(connection: Connection, key: int, names: Sequence[str] | None, most: int) -> dict[int, int]:
    """Return how many points each metric has, by its key; beyond ``most`` nobody counts."""
    points = select(literal(1)).where(_M.experiment_key == key, _M.name_key == _N.key).limit(most)
    count = select(func.count()).select_from(points.correlate(schema.metric_names).subquery()).scalar_subquery()
    query = select(_N.key, count)
    if names is not None:
        query = query.where(_N.name.in_(names))
    return dict(connection.execute(query).tuples().all())


def _last_of_stretches(key: int, names: Sequence[int], count: int) -> Select[tuple[int | None]]:
    """Return the query for the position of the last point of each of ``count`` stretches of each metric's steps."""
    own = (_M.experiment_key == key, _M.name_key == _N.key)
    first, last = (select(end(_M.step)).where(*own).scalar_subquery() for end in (func.min, func.max))
    curves = select(_N.key, first.label("first"), last.label("last")).where(_N.key.in_(names)).cte("curves")
    numbers = select(literal(1).label("number")).cte("numbers", recursive=True)
    numbers = numbers.union_all(select(numbers.c.number + 1).where(numbers.c.number < count))
    end = curves.c.first + (curves.c.last - curves.c.first + 1) * numbers.c.number // count - 1
    position = (
        select(_M.position)
        .where(_M.experiment_key == key, _M.name_key == curves.c.key, _M.step <= end)
        .order_by(_M.step.desc(), _M.position.desc())
        .limit(1)
        .correlate(curves, numbers)
        .scalar_subquery()
    )
    return select(position).select_from(curves).join(numbers, literal(True))
