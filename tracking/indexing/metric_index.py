"""Takes metrics.jsonl into the database, and keeps the final value and the extremes of each metric in a small table."""

from __future__ import annotations

import functools
from collections.abc import Collection, Mapping
from math import isfinite
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, case, delete, func, or_, select

from tracking.folders.metric_points import Bookmark, MetricPoint, read_points
from tracking.indexing.columns import shortened, storable
from tracking.indexing.upserts import insert_or, insert_rows, insert_unless_there, rows_of
from tracking.store import schema

__all__ = ["declared_metrics", "take_points", "take_results"]

_NAME_LENGTH = 255
_FINALS = schema.final_metrics.c
_RESULTS = select(_FINALS.name, _FINALS.value).where(rows_of(schema.final_metrics), _FINALS.is_result)
_INSERT = "INSERT INTO metrics (experiment_key, position, name_key, step, time, value) VALUES"


def declared_metrics(results: Mapping[str, float]) -> dict[str, float]:
    """Return metrics declared at the end, by the names that the database gives them."""
    return {_stored_name(name): value for name, value in sorted(results.items())}


def _forget_points(connection: Connection, key: int) -> None:
    """Delete an experiment's points, and what was computed of them."""
    connection.execute(delete(schema.metrics).where(schema.metrics.c.experiment_key == key))
    connection.execute(delete(schema.final_metrics).where(schema.final_metrics.c.experiment_key == key))


def take_points(connection: Connection, key: int, path: Path, bookmark: Bookmark) -> tuple[int, Bookmark]:
    """Take in the points behind ``bookmark``; return how many there were, and the new bookmark."""
    total, more = 0, True
    while more:
        read = read_points(path, bookmark)
        if read.anew:
            results = _results(connection, key)
            _forget_points(connection, key)
            take_results(connection, key, results)
        if read.points:
            _put_points(connection, key, read.positions, read.points)
        total, bookmark, more = total + len(read.points), read.bookmark, read.more
    return total, bookmark


def take_results(connection: Connection, key: int, results: Mapping[str, float]) -> None:
    """Let the metrics declared at the end be ``results``: they stand in place of the last point of their name."""
    before = _results(connection, key)
    changed = {name for name in before.keys() | results.keys() if before.get(name) != results.get(name)}
    _settle(connection, key, changed, results)


def _stored_name(name: str) -> str:
    return shortened(storable(name), _NAME_LENGTH)


def _results(connection: Connection, key: int) -> dict[str, float]:
    return dict(connection.execute(_RESULTS, {"wanted_key": key}).tuples().all())


def _put_points(connection: Connection, key: int, positions: list[int], points: list[MetricPoint]) -> None:
    stored = {name: _stored_name(name) for name in dict.fromkeys(point.name for point in points)}
    names = _name_keys(connection, set(stored.values()))
    keys = {name: names[short] for name, short in stored.items()}
    # Not through insert(): compiling parameters by name takes longer than writing the rows.
    rows = [
        (key, position, keys[name], step, time, value if isfinite(value) else None)
        for position, (step, time, name, value) in zip(positions, points, strict=True)
    ]
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    connection.exec_driver_sql(f"{_INSERT} ({', '.join([mark] * len(rows[0]))})", rows)
    results = _results(connection, key)
    _carry_on(connection, key, stored, points, results)
    _settle(connection, key, results.keys() & set(stored.values()), results)


def _name_keys(connection: Connection, names: set[str]) -> dict[str, int]:
    table = schema.metric_names
    known = _keys_of(connection, names)
    # In order: two writers that add the same names must not wait for each other.
    missing = [{"name": name} for name in sorted(names - known.keys())]
    if missing:
        connection.execute(insert_unless_there(connection.dialect.name, table, "name"), missing)
        known |= _keys_of(connection, {row["name"] for row in missing})
    return known


def _keys_of(connection: Connection, names: set[str]) -> dict[str, int]:
    table, wanted = schema.metric_names.c, sorted(names)
    known: dict[str, int] = {}
    for start in range(0, len(wanted), 500):
        query = select(table.name, table.key).where(table.name.in_(wanted[start : start + 500]))
        known.update(connection.execute(query).tuples().all())
    return known


def _carry_on(
    connection: Connection,
    key: int,
    stored: Mapping[str, str],
    points: list[MetricPoint],
    results: Collection[str],
) -> None:
    """Carry final value and extremes of each metric on, apart from metrics that were declared at the end.

    Final is the value of the highest step, and the last written of that step.
    """
    rows: dict[str, dict[str, Any]] = {}
    wanted = {name: short for name, short in stored.items() if short not in results}
    for step, _, name, value in points:
        short = wanted.get(name)
        if short is None:
            continue
        row = rows.get(short)
        if row is None:
            row = rows[short] = {"name": short, "minimum": None, "maximum": None, "value": None, "step": step}
        number = value if isfinite(value) else None
        if number is not None:
            if row["minimum"] is None:
                row["minimum"] = row["maximum"] = number
            elif number < row["minimum"]:
                row["minimum"] = number
            elif number > row["maximum"]:
                row["maximum"] = number
        if step >= row["step"]:
            row["value"], row["step"] = number, step
    if rows:
        values = [{"experiment_key": key, "is_result": False, **row} for row in rows.values()]
        connection.execute(_carrying_on(connection.dialect.name), values)


@functools.cache
def _carrying_on(dialect: str) -> Any:
    table = schema.final_metrics.c
    statement = insert_or(dialect, schema.final_metrics)
    new = statement.excluded
    return statement.on_conflict_do_update(
        index_elements=["experiment_key", "name"],
        set_={
            "value": case((new.step >= table.step, new.value), else_=table.value),
            "step": case((new.step >= table.step, new.step), else_=table.step),
            # NULL is what is not finite; the extremes are those of finite values.
            "minimum": case(
                (or_(table.minimum.is_(None), new.minimum < table.minimum), new.minimum), else_=table.minimum
            ),
            "maximum": case(
                (or_(table.maximum.is_(None), new.maximum > table.maximum), new.maximum), else_=table.maximum
            ),
        },
    )


def _settle(connection: Connection, key: int, names: Collection[str], results: Mapping[str, float]) -> None:
    """Compute the rows of ``names`` from all their points and from the results."""
    if not names:
        return
    table = schema.final_metrics
    rows = _summaries(connection, key, names)
    for name in sorted(names):
        if name in results:
            value = results[name]
            extremes = {"minimum": value, "maximum": value} | rows.get(name, {})
            rows[name] = extremes | {"value": value, "step": None, "is_result": True}
    connection.execute(delete(table).where(table.c.experiment_key == key, table.c.name.in_(sorted(names))))
    insert_rows(connection, table, [{"experiment_key": key, "name": name, **row} for name, row in rows.items()])


def _summaries(connection: Connection, key: int, names: Collection[str]) -> dict[str, dict[str, Any]]:
    points, called = schema.metrics.c, schema.metric_names.c
    own = (
        points.experiment_key == key,
        points.name_key.in_(select(called.key).where(called.name.in_(sorted(names)))),
    )
    ordered = (
        select(
            points.name_key,
            points.value,
            points.step,
            func.min(points.value).over(partition_by=points.name_key).label("minimum"),
            func.max(points.value).over(partition_by=points.name_key).label("maximum"),
            func.row_number()
            .over(partition_by=points.name_key, order_by=(points.step.desc(), points.position.desc()))
            .label("place"),
        )
        .where(*own)
        .subquery()
        .c
    )
    query = select(called.name, ordered.minimum, ordered.maximum, ordered.value, ordered.step).where(
        ordered.place == 1, called.key == ordered.name_key
    )
    return {
        row.name: {
            "minimum": row.minimum,
            "maximum": row.maximum,
            "value": row.value,
            "step": row.step,
            "is_result": False,
        }
        for row in connection.execute(query)
    }
