"""Takes evaluations into the database: their metrics, and the results per sample where there are not too many."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from sqlalchemy import Connection, delete, insert, select

from tracking import schema
from tracking.columns import fitted
from tracking.parts import Evaluation
from tracking.samples import read_samples

__all__ = ["forget_evaluations", "take_evaluations"]


def forget_evaluations(connection: Connection, key: int) -> None:
    """Delete an experiment's evaluations."""
    connection.execute(delete(schema.evaluations).where(schema.evaluations.c.experiment_key == key))


def take_evaluations(connection: Connection, key: int, folder: Path, evaluations: list[Evaluation]) -> None:
    """Let an experiment's evaluations be these; the samples of those that are stored already stay as they are."""
    table = schema.evaluations
    query = select(table.c.key, table.c.benchmark, table.c.time).where(table.c.experiment_key == key)
    stored = {(benchmark, time): found for found, benchmark, time in connection.execute(query)}
    wanted = {}
    for evaluation in evaluations:
        row = fitted(table, {name: value for name, value in asdict(evaluation).items() if name != "metrics"})
        wanted[row["benchmark"], row["time"]] = (evaluation, row)
    for gone in stored.keys() - wanted.keys():
        connection.execute(delete(table).where(table.c.key == stored[gone]))
    for new in sorted(wanted.keys() - stored.keys()):
        evaluation, row = wanted[new]
        inserted = connection.execute(insert(table).values(experiment_key=key, **row).returning(table.c.key))
        _fill(connection, inserted.scalar_one(), folder, evaluation)


def _fill(connection: Connection, key: int, folder: Path, evaluation: Evaluation) -> None:
    table = schema.evaluation_metrics
    rows = [fitted(table, {"name": name, "value": value}) for name, value in evaluation.metrics.items()]
    if rows:
        unique = {row["name"]: {"evaluation_key": key, **row} for row in rows}
        connection.execute(insert(table), list(unique.values()))
    if evaluation.indexed and evaluation.samples_file is not None:
        table = schema.per_sample_results
        samples = [fitted(table, sample._asdict()) for sample in read_samples(folder / evaluation.samples_file)]
        if samples:
            connection.execute(insert(table), [{"evaluation_key": key, **sample} for sample in samples])
