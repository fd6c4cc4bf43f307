"""Takes evaluations into the database: their metrics, and the results per sample where there are not too many."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from sqlalchemy import Connection, delete, insert, select

from tracking.folders.parts import Evaluation
from tracking.folders.samples import read_samples
from tracking.indexing.columns import fitted
from tracking.indexing.upserts import insert_rows, rows_of
from tracking.store import schema

__all__ = ["take_evaluations"]

_STORED = select(schema.evaluations.c.key, schema.evaluations.c.benchmark, schema.evaluations.c.time).where(
    rows_of(schema.evaluations)
)


def take_evaluations(connection: Connection, key: int, folder: Path, evaluations: list[Evaluation]) -> None:
    """Let an experiment's evaluations be these; the samples of those that are stored already stay as they are."""
    table = schema.evaluations
    found = connection.execute(_STORED, {"wanted_key": key})
    stored = {(benchmark, time): evaluation_key for evaluation_key, benchmark, time in found}
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
    insert_rows(connection, table, list({row["name"]: {"evaluation_key": key, **row} for row in rows}.values()))
    if evaluation.indexed and evaluation.samples_file is not None:
        table = schema.per_sample_results
        samples = [fitted(table, sample._asdict()) for sample in read_samples(folder / evaluation.samples_file)]
        insert_rows(connection, table, [{"evaluation_key": key, **sample} for sample in samples])
