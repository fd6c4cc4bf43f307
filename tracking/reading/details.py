"""How one experiment is read: everything about it but the points of its metrics, and its evaluations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import fields
from math import nan
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, RowMapping, Table, select

from tracking.folders.contents import Artifact, Evaluation, Run
from tracking.folders.folder import Event
from tracking.folders.samples import Sample, read_samples
from tracking.reading.records import EvaluationResult, ExperimentDetails, ExperimentRecord, MetricRange
from tracking.statuses import Status
from tracking.store import schema

__all__ = ["read_details", "read_evaluations"]


def read_details(
    connection: Connection, records: Sequence[ExperimentRecord], keys: Sequence[int]
) -> list[ExperimentDetails]:
    """Return everything about the experiments of some records, with as many queries as one of them would take.

    Args:
        connection: from :meth:`tracking.store.database.Database.read`.
        records: as read from the same connection.
        keys: the experiments' rows, in the same order.
    """
    table = schema.experiments.c
    columns = (table.key, table.config, table.environment_key, table.code_key)
    own = {row.key: row for row in connection.execute(select(*columns).where(table.key.in_(keys)))}
    shared = _shared(connection, {key for row in own.values() for key in (row.environment_key, row.code_key)})
    ranges = _ranges(connection, keys)
    runs, artifacts, events = (_rows(connection, each, keys) for each in (schema.runs, schema.artifacts, schema.events))
    evaluations = _evaluations(connection, keys)
    return [
        ExperimentDetails(
            record=record,
            config=own[key].config,
            environment=shared.get(own[key].environment_key, {}),
            code=shared.get(own[key].code_key, {}),
            metrics=ranges[key],
            runs=tuple(Run(**{**row, "status": Status(row["status"])}) for row in runs[key]),
            artifacts=tuple(Artifact(**row) for row in artifacts[key]),
            evaluations=tuple(evaluations[key].values()),
            events=tuple(Event(row["time"], row["event"], row["content"]) for row in events[key]),
        )
        for key, record in zip(keys, records, strict=True)
    ]


def _shared(connection: Connection, keys: AbstractSet[int | None]) -> dict[int | None, Mapping[str, Any]]:
    table = schema.environment.c
    query = select(table.key, table.content).where(table.key.in_(keys - {None}))
    return dict(connection.execute(query).tuples().all())


def _rows(connection: Connection, table: Table, keys: Sequence[int]) -> dict[int, list[dict[str, Any]]]:
    """Return each experiment's rows of a table, without its key, in the order of the table's primary key."""
    found: dict[int, list[dict[str, Any]]] = {key: [] for key in keys}
    query = select(table).where(table.c.experiment_key.in_(keys)).order_by(*table.primary_key)
    for row in connection.execute(query).mappings():
        values = dict(row)
        found[values.pop("experiment_key")].append(values)
    return found


def _ranges(connection: Connection, keys: Sequence[int]) -> dict[int, dict[str, MetricRange]]:
    table = schema.final_metrics.c
    columns = (table.experiment_key, table.name, table.step, table.value, table.minimum, table.maximum)
    found: dict[int, dict[str, MetricRange]] = {key: {} for key in keys}
    for key, name, step, *values in connection.execute(
        select(*columns).where(table.experiment_key.in_(keys)).order_by(table.name)
    ):
        value, minimum, maximum = (nan if each is None else each for each in values)
        found[key][name] = MetricRange(value, minimum, maximum, step)
    return found


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
    found = _evaluations(connection, [key])[key]
    return [
        EvaluationResult(evaluation, _samples(connection, evaluation_key, evaluation, folder))
        for evaluation_key, evaluation in found.items()
        if benchmark in (None, evaluation.benchmark)
    ]


def _evaluations(connection: Connection, keys: Sequence[int]) -> dict[int, dict[int, Evaluation]]:
    """Return each experiment's evaluations by their own keys, the latest first."""
    table = schema.evaluations.c
    query = select(schema.evaluations).where(table.experiment_key.in_(keys))
    rows = connection.execute(query.order_by(table.time.desc(), table.benchmark)).mappings().all()
    scores = _scores(connection, [row["key"] for row in rows]) if rows else {}
    found: dict[int, dict[int, Evaluation]] = {key: {} for key in keys}
    for row in rows:
        found[row["experiment_key"]][row["key"]] = _evaluation(row, scores[row["key"]])
    return found


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
