"""What the shell proposes when somebody presses Tab."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from errors import AssayError

if TYPE_CHECKING:
    from sqlalchemy import Column

__all__ = [
    "complete_benchmark",
    "complete_executor",
    "complete_experiment",
    "complete_group",
    "complete_job",
    "complete_metric",
    "complete_queue_state",
    "complete_status",
]

_MAX_PROPOSED = 50


def complete_experiment(context: typer.Context, incomplete: str) -> list[str]:
    """Return names and ids that begin so, of the newest experiments."""
    # On use: commands load this to be told of it, and hardly ever run it.
    from tracking.reading.local_backend import LocalBackend
    from tracking.reading.where import quoted

    try:
        backend = LocalBackend(context.params.get("db"))
        wanted = quoted(incomplete)
        found = backend.get_all_experiments(
            f"name ~ {wanted} or id ~ {wanted}", limit=_MAX_PROPOSED, params=(), metrics=()
        )
    except AssayError:
        return []
    texts = [text for record in found for text in (record.name, record.id)]
    return [text for text in dict.fromkeys(texts) if text.startswith(incomplete)]


def complete_metric(context: typer.Context, incomplete: str) -> list[str]:
    """Return the metrics that begin so; those of a benchmark where one is named."""
    from tracking.store import schema

    is_evaluation = context.params.get("benchmark") is not None
    return _names(context, incomplete, (schema.evaluation_metrics if is_evaluation else schema.final_metrics).c.name)


def complete_benchmark(context: typer.Context, incomplete: str) -> list[str]:
    """Return the benchmarks that begin so."""
    from tracking.store import schema

    return _names(context, incomplete, schema.evaluations.c.benchmark)


def _names(context: typer.Context, incomplete: str, column: Column[str]) -> list[str]:
    from sqlalchemy import select

    from tracking.reading.local_backend import LocalBackend

    query = select(column).distinct().where(column.startswith(incomplete, autoescape=True)).order_by(column)
    try:
        with LocalBackend(context.params.get("db")).database.read() as connection:
            return list(connection.execute(query.limit(_MAX_PROPOSED)).scalars())
    except AssayError:
        return []


def complete_status(incomplete: str) -> list[str]:
    """Return the statuses that begin so."""
    from tracking.statuses import Status

    return [status.value for status in Status if status.value.startswith(incomplete)]


def complete_job(context: typer.Context, incomplete: str) -> list[str]:
    """Return names and ids of jobs of the queue that begin so, those that have not ended first."""
    texts = [text for name, id, _ in _queued(context) for text in (name, id)]
    return [text for text in dict.fromkeys(texts) if text.startswith(incomplete)][:_MAX_PROPOSED]


def complete_group(context: typer.Context, incomplete: str) -> list[str]:
    """Return the groups of the queue that begin so."""
    groups = dict.fromkeys(group for _, _, group in _queued(context))
    return [group for group in groups if group.startswith(incomplete)][:_MAX_PROPOSED]


def _queued(context: typer.Context) -> list[tuple[str, str, str]]:
    from tracking.queue.queue import Queue
    from tracking.store.database import Database

    try:
        jobs = Queue(Database.open(context.params.get("db"), create=False)).jobs()
    except AssayError:
        return []
    return [(each.job.name, each.job.id, each.job.group) for each in jobs]


def complete_queue_state(incomplete: str) -> list[str]:
    """Return the states of jobs that begin so."""
    from tracking.queue.records import QueueState

    return [state.value for state in QueueState if state.value.startswith(incomplete)]


def complete_executor(incomplete: str) -> list[str]:
    """Return the executors that begin so."""
    from execution.executors import EXECUTORS

    return [name for name in EXECUTORS if name.startswith(incomplete)]
