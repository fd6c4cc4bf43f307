"""How lists are read: a query for a page of keys, then one each for the page's rows, parameters, metrics and tags."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Text, and_, case, cast, func, literal_column, or_, select

from tracking.reading.records import ExperimentRecord
from tracking.states.judgement import Judgement
from tracking.statuses import Status
from tracking.store import schema

__all__ = ["Order", "read_ids", "read_records", "select_keys"]

_E = schema.experiments.c
_COLUMNS = (
    _E.key,
    _E.id,
    _E.name,
    _E.status,
    _E.status_reason,
    _E.variant,
    _E.seed,
    _E.group_key,
    _E.created_at,
    _E.started_at,
    _E.finished_at,
    _E.duration_seconds,
    _E.num_runs,
    _E.gpus,
    _E.folder,
    _E.host,
    _E.user,
    _E.notes,
    _E.primary_metric,
    _E.error,
    _E.disk_bytes,
)

_STATUSES = {status.value: status for status in Status}


@dataclass(frozen=True)
class Order:
    """By what a list is sorted; what has no value comes last, and equal values in the order of their keys."""

    value: ColumnElement[Any]
    descending: bool = False
    nullable: bool = True

    def apply(self, query: Select[Any]) -> Select[Any]:
        """Return ``query`` sorted."""
        columns = [self.value, _E.key]
        directed = [column.desc() if self.descending else column.asc() for column in columns]
        return query.order_by(*([self.value.is_(None)] if self.nullable else []), *directed)

    def behind(self, key: int, value: Any) -> ColumnElement[bool]:
        """Return the condition for rows that come behind the row with this key and value."""
        if value is None:
            return and_(self.value.is_(None), self._beyond(_E.key, key))
        # The first condition is implied by the second; databases search an index by it.
        reached = self.value <= value if self.descending else self.value >= value
        beyond = or_(self._beyond(self.value, value), self._beyond(_E.key, key))
        found = and_(reached, beyond)
        return or_(found, self.value.is_(None)) if self.nullable else found

    def _beyond(self, column: ColumnElement[Any], value: Any) -> ColumnElement[bool]:
        beyond: ColumnElement[bool] = column < value if self.descending else column > value
        return beyond


def select_keys(condition: ColumnElement[bool], order: Order, limit: int) -> Select[Any]:
    """Return the query for the keys, and the values they are sorted by, of at most ``limit`` experiments."""
    return order.apply(select(_E.key, order.value).where(condition)).limit(limit)


def read_ids(connection: Connection, keys: Sequence[int]) -> list[str]:
    """Return the ids of experiments, in the order of ``keys``."""
    ids = dict(connection.execute(select(_E.key, _E.id).where(_E.key.in_(keys))).tuples().all())
    return [ids[key] for key in keys]


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
    rows = {row[0]: row for row in connection.execute(select(*_COLUMNS).where(_among(connection, _E.key, keys))).all()}
    tags = _read_tags(connection, keys)
    configs = _read_params(connection, keys, params)
    scores = _read_metrics(connection, keys, metrics)
    evaluations = _read_evaluations(connection, keys)
    records = [_record(rows[key], tuple(tags[key]), configs[key], scores[key], evaluations[key]) for key in keys]
    return [_as_judged(record, judged.get(key)) for key, record in zip(keys, records, strict=True)]


def _as_judged(record: ExperimentRecord, judgement: Judgement | None) -> ExperimentRecord:
    if judgement is None or judgement.status == record.status:
        return record
    return replace(record, status=judgement.status, status_reason=judgement.evidence)


def _record(
    row: Any, tags: tuple[str, ...], params: dict[str, Any], metrics: dict[str, float], evaluations: dict[str, float]
) -> ExperimentRecord:
    (
        _,
        experiment_id,
        name,
        status,
        status_reason,
        variant,
        seed,
        group,
        created_at,
        started_at,
        finished_at,
        duration_seconds,
        num_runs,
        gpus,
        folder,
        host,
        user,
        notes,
        primary_metric,
        error,
        disk_bytes,
    ) = row
    return ExperimentRecord(
        id=experiment_id,
        name=name,
        status=_STATUSES[status],
        status_reason=status_reason,
        variant=variant,
        seed=seed,
        group=group,
        created_at=created_at,
        started_at=started_at,
        finished_at=finished_at,
        duration_seconds=duration_seconds,
        num_runs=num_runs,
        gpus=gpus,
        folder=Path(folder),
        host=host,
        user=user,
        tags=tags,
        notes=notes,
        primary_metric=primary_metric,
        error=error,
        disk_bytes=disk_bytes,
        params=params,
        metrics=metrics,
        evaluations=evaluations,
    )


def _read_tags(connection: Connection, keys: Sequence[int]) -> dict[int, list[str]]:
    table = schema.tags.c
    found: dict[int, list[str]] = {key: [] for key in keys}
    query = (
        select(table.experiment_key, table.tag)
        .where(_among(connection, table.experiment_key, keys))
        .order_by(table.tag)
    )
    for key, tag in connection.execute(query).all():
        found[key].append(tag)
    return found


def _read_params(connection: Connection, keys: Sequence[int], names: Sequence[str] | None) -> dict[int, dict[str, Any]]:
    """Return parameters, which the database joins to one JSON text an experiment: parsing it is the fastest way."""
    table = schema.params.c
    found: dict[int, dict[str, Any]] = {key: {} for key in keys}
    value = case((table.kind == "str", _quoted(connection, table.text)), else_=table.text)
    member = _quoted(connection, table.name) + literal_column("':'", Text) + value
    query = select(table.experiment_key, func.aggregate_strings(member, ",")).where(
        _among(connection, table.experiment_key, keys)
    )
    if names is not None:
        query = query.where(table.name.in_(names))
    for key, joined in connection.execute(query.group_by(table.experiment_key)).all():
        found[key] = json.loads(f"{{{joined}}}")
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


def _read_metrics(
    connection: Connection, keys: Sequence[int], names: Sequence[str] | None
) -> dict[int, dict[str, float]]:
    table = schema.final_metrics.c
    found: dict[int, dict[str, float]] = {key: {} for key in keys}
    query = select(table.experiment_key, table.name, table.value).where(_among(connection, table.experiment_key, keys))
    if names is not None:
        query = query.where(table.name.in_(names))
    for key, name, value in connection.execute(query).all():
        found[key][name] = value
    return found


def _read_evaluations(connection: Connection, keys: Sequence[int]) -> dict[int, dict[str, float]]:
    table, scores = schema.evaluations.c, schema.evaluation_metrics.c
    found: dict[int, dict[str, float]] = {key: {} for key in keys}
    query = (
        select(table.experiment_key, table.benchmark, scores.name, scores.value)
        .join_from(schema.evaluations, schema.evaluation_metrics)
        .where(_among(connection, table.experiment_key, keys))
    )
    for key, benchmark, name, value in connection.execute(query).all():
        found[key][f"{benchmark}.{name}"] = value
    return found
