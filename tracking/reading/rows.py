"""What lists show of experiments, read a page at a time: one query each for rows, tags, parameters and metrics."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from math import nan
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Text, case, cast, func, literal_column, select

from tracking.reading.records import ExperimentRecord
from tracking.states.judgement import Judgement
from tracking.statuses import Status
from tracking.store import schema

__all__ = ["read_records"]

_E = schema.experiments.c
_OF_OTHER_TABLES = ("tags", "params", "metrics", "evaluations")
_COLUMNS = [
    _E["group_key" if name == "group" else name] for name in ExperimentRecord._fields if name not in _OF_OTHER_TABLES
]
_STATUS, _REASON = (ExperimentRecord._fields.index(name) for name in ("status", "status_reason"))
_STATUSES = {status.value: status for status in Status}


def read_records(
    connection: Connection,
    keys: Sequence[int],
    judged: Mapping[int, Judgement],
    params: Sequence[str] | None = None,
    metrics: Sequence[str] | None = None,
) -> list[ExperimentRecord]:
    """Return the records of experiments, in the order of ``keys``.

    Args:
        connection: from :meth:`tracking.store.database.Database.read`.
        keys: rows that exist; as many as make a page.
        judged: how experiments stand now whose stored status may be out of date, by key.
        params: dotted names to read; None means all.
        metrics: names to read; None means all.
    """
    found = _fetch(connection, select(_E.key, *_COLUMNS).where(_among(connection, _E.key, keys)))
    own = {row[0]: row for row in found}
    tags = _read_tags(connection, keys)
    configs = _read_params(connection, keys, params)
    scores = _read_metrics(connection, keys, metrics)
    evaluations = _read_evaluations(connection, keys)
    records = []
    for key in keys:
        row = [*own[key][1:], tuple(tags[key]), configs.get(key, {}), scores[key], evaluations[key]]
        row[_STATUS] = _STATUSES[row[_STATUS]]
        judgement = judged.get(key)
        if judgement is not None and judgement.status is not row[_STATUS]:
            row[_STATUS], row[_REASON] = judgement
        records.append(ExperimentRecord._make(row))
    return records


def _fetch(connection: Connection, query: Select[Any]) -> Sequence[tuple[Any, ...]]:
    """Return rows as the driver makes them: to make thousands of SQLAlchemy's of them takes as long as to read them."""
    cursor = connection.execute(query).cursor
    assert cursor is not None
    return cursor.fetchall()


def _read_tags(connection: Connection, keys: Sequence[int]) -> dict[int, list[str]]:
    table = schema.tags.c
    query = select(table.experiment_key, table.tag).where(_among(connection, table.experiment_key, keys))
    found: dict[int, list[str]] = {key: [] for key in keys}
    for key, tag in _fetch(connection, query.order_by(table.tag)):
        found[key].append(tag)
    return found


def _read_params(connection: Connection, keys: Sequence[int], names: Sequence[str] | None) -> dict[int, dict[str, Any]]:
    """Return parameters, which the database joins to one JSON text an experiment: parsing it is the fastest way."""
    table = schema.params.c
    value = case((table.kind == "str", _quoted(connection, table.text)), else_=table.text)
    member = _quoted(connection, table.name) + literal_column("':'", Text) + value
    query = select(table.experiment_key, func.aggregate_strings(member, ",")).where(
        _among(connection, table.experiment_key, keys)
    )
    if names is not None:
        query = query.where(table.name.in_(names))
    found = _fetch(connection, query.group_by(table.experiment_key))
    parsed: list[dict[str, Any]] = json.loads(f"[{','.join(f'{{{members}}}' for _, members in found)}]")
    return {key: params for (key, _), params in zip(found, parsed, strict=True)}


def _read_metrics(
    connection: Connection, keys: Sequence[int], names: Sequence[str] | None
) -> dict[int, dict[str, float]]:
    table = schema.final_metrics.c
    query = select(table.experiment_key, table.name, table.value).where(_among(connection, table.experiment_key, keys))
    if names is not None:
        query = query.where(table.name.in_(names))
    found: dict[int, dict[str, float]] = {key: {} for key in keys}
    for key, name, value in _fetch(connection, query):
        found[key][name] = nan if value is None else value
    return found


def _read_evaluations(connection: Connection, keys: Sequence[int]) -> dict[int, dict[str, float]]:
    table, scores = schema.evaluations.c, schema.evaluation_metrics.c
    query = (
        select(table.experiment_key, table.benchmark, scores.name, scores.value)
        .join_from(schema.evaluations, schema.evaluation_metrics)
        .where(_among(connection, table.experiment_key, keys))
    )
    found: dict[int, dict[str, float]] = {key: {} for key in keys}
    for key, benchmark, name, value in _fetch(connection, query):
        found[key][f"{benchmark}.{name}"] = value
    return found


def _among(connection: Connection, column: ColumnElement[int], keys: Sequence[int]) -> ColumnElement[bool]:
    """Return the condition that ``column`` is one of ``keys``; a thousand bound parameters would take their time."""
    if connection.dialect.name != "sqlite":
        return column.in_(keys)
    listed = func.json_each(json.dumps(list(keys))).table_valued("value")
    return column.in_(select(listed.c.value))


def _quoted(connection: Connection, column: ColumnElement[str]) -> ColumnElement[str]:
    """Return a text as JSON."""
    if connection.dialect.name == "sqlite":
        return func.json_quote(column, type_=Text)
    return cast(func.to_json(column), Text)
