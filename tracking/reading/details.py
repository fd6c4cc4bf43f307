"""How one experiment is read: everything about it, the points of its metrics, and its evaluations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, Table, func, select

from tracking.folders.contents import Artifact, Evaluation, Run
from tracking.folders.folder import Event
from tracking.folders.metric_points import MetricPoint
from tracking.folders.samples import Sample, read_samples
from tracking.reading.records import EvaluationResult, ExperimentDetails, ExperimentRecord, MetricRange
from tracking.statuses import Status
from tracking.store import schema

__all__ = ["read_details", "read_evaluations", "read_points_of"]


def read_details(connection: Connection, record: ExperimentRecord, key: int) -> ExperimentDetails:
    """Return everything about the experiment of a record.

    Args:
        connection: from :meth:`tracking.store.database.Database.read`.
        record: as read from the same connection.
        key: the experiment's row.
    """
    table = schema.experiments.c
    config, environment_key, code_key = connection.execute(
        select(table.config, table.environment_key, table.code_key).where(table.key == key)
    ).one()
    return ExperimentDetails(
        record=record,
        config=config,
        environment=_shared(connection, environment_key),
        code=_shared(connection, code_key),
        metrics=_ranges(connection, key),
        runs=tuple(Run(**{**row, "status": Status(row["status"])}) for row in _rows(connection, schema.runs, key)),
        artifacts=tuple(Artifact(**row) for row in _rows(connection, schema.artifacts, key)),
        evaluations=tuple(_evaluations(connection, key, None).values()),
        events=tuple(Event(**row) for row in _rows(connection, schema.events, key, leave_out=("position",))),
    )


def _shared(connection: Connection, key: int | None) -> Mapping[str, Any]:
    table = schema.environment.c
    found = connection.execute(select(table.content).where(table.key == key)).scalar() if key is not None else None
    return found or {}


def _rows(
    connection: Connection, table: Table, key: int, leave_out: tuple[str, ...] = ()
) -> Sequence[Mapping[str, Any]]:
    """Return an experiment's rows of a table in the order of its primary key."""
    left_out = ("experiment_key", *leave_out)
    columns = [column for column in table.c if column.name not in left_out]
    query = select(*columns).where(table.c.experiment_key == key).order_by(*table.primary_key)
    return [dict(row) for row in connection.execute(query).mappings()]


def _ranges(connection: Connection, key: int) -> dict[str, MetricRange]:
    table = schema.final_metrics.c
    columns = (table.name, table.value, table.minimum, table.maximum, table.step)
    query = select(*columns).where(table.experiment_key == key).order_by(table.name)
    return {name: MetricRange(*values) for name, *values in connection.execute(query)}


# -- metrics --------------------------------------------------------------------------------------------------------


def read_points_of(
    connection: Connection, key: int, names: Sequence[str] | None = None, max_points: int | None = None
) -> list[MetricPoint]:
    """Return the points of an experiment's metrics in the order in which they were logged.

    Args:
        connection: from :meth:`tracking.store.database.Database.read`.
        key: the experiment's row.
        names: metrics to read; None means all.
        max_points: at most so many points a metric, spread evenly over its curve, the last one among them; None means
            all.
    """
    metrics, metric_names = schema.metrics.c, schema.metric_names.c
    query = (
        select(metrics.position, metrics.step, metrics.time, metric_names.name, metrics.value)
        .join_from(schema.metrics, schema.metric_names)
        .where(metrics.experiment_key == key)
    )
    if names is not None:
        query = query.where(metric_names.name.in_(names))
    if max_points is not None:
        query = _thinned(query, max_points)
    points = query.subquery().c
    ordered = select(points.step, points.time, points.name, points.value).order_by(points.position)
    return [MetricPoint(*row) for row in connection.execute(ordered)]


def _thinned(query: Select[Any], max_points: int) -> Select[Any]:
    """Return a query for the last point of each of ``max_points`` equally long stretches of each metric's curve."""
    metrics = schema.metrics.c
    numbered = (
        query.add_columns(
            func.row_number().over(partition_by=metrics.name_key, order_by=metrics.position).label("number"),
            func.count().over(partition_by=metrics.name_key).label("count"),
        )
        .subquery()
        .c
    )
    stretch = numbered.number * max_points // numbered.count
    previous = (numbered.number - 1) * max_points // numbered.count
    columns = (numbered.position, numbered.step, numbered.time, numbered.name, numbered.value)
    return select(*columns).where(stretch != previous)


# -- evaluations ----------------------------------------------------------------------------------------------------


def read_evaluations(
    connection: Connection, key: int, folder: Path, benchmark: str | None = None
) -> list[EvaluationResult]:
    """Return an experiment's evaluations, the latest first, with what they say of each sample.

    Args:
        connection: from :meth:`tracking.store.database.Database.read`.
        key: the experiment's row.
        folder: the experiment's; samples that were too many for the database lie in it.
        benchmark: only this one; None means all.
    """
    found = _evaluations(connection, key, benchmark)
    return [
        EvaluationResult(evaluation, _samples(connection, evaluation_key, evaluation, folder))
        for evaluation_key, evaluation in found.items()
    ]


def _evaluations(connection: Connection, key: int, benchmark: str | None) -> dict[int, Evaluation]:
    table = schema.evaluations.c
    query = select(schema.evaluations).where(table.experiment_key == key).order_by(table.time.desc(), table.benchmark)
    if benchmark is not None:
        query = query.where(table.benchmark == benchmark)
    rows = connection.execute(query).mappings().all()
    scores = _scores(connection, [row["key"] for row in rows])
    return {row["key"]: _evaluation(row, scores[row["key"]]) for row in rows}


def _scores(connection: Connection, keys: Sequence[int]) -> dict[int, dict[str, float]]:
    table = schema.evaluation_metrics.c
    found: dict[int, dict[str, float]] = {key: {} for key in keys}
    query = select(table.evaluation_key, table.name, table.value).where(table.evaluation_key.in_(keys))
    for key, name, value in connection.execute(query.order_by(table.name)):
        found[key][name] = value
    return found


def _evaluation(row: RowMapping, metrics: Mapping[str, float]) -> Evaluation:
    names = [field.name for field in fields(Evaluation) if field.name != "metrics"]
    return Evaluation(**{name: row[name] for name in names}, metrics=metrics)


def _samples(connection: Connection, key: int, evaluation: Evaluation, folder: Path) -> tuple[Sample, ...]:
    if not evaluation.indexed:
        return tuple(read_samples(folder / evaluation.samples_file)) if evaluation.samples_file else ()
    table = schema.per_sample_results.c
    columns = (table.position, table.sample_id, table.score, table.content)
    query = select(*columns).where(table.evaluation_key == key).order_by(table.position)
    return tuple(Sample(*row) for row in connection.execute(query))
