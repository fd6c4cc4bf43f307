"""What the shell proposes when somebody presses Tab."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

import typer

from errors import AssayError

if TYPE_CHECKING:
    from sqlalchemy import Column

    from tracking.store.database import Database

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

T = TypeVar("T")


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
    from tracking.queue.seeking import names_like

    found = _asked(context, lambda database: names_like(database, incomplete, _MAX_PROPOSED))
    texts = [text for each in found for text in (each.name, each.id)]
    return [text for text in dict.fromkeys(texts) if text.startswith(incomplete)][:_MAX_PROPOSED]


def complete_group(context: typer.Context, incomplete: str) -> list[str]:
    """Return the groups of the queue that begin so."""
    from experiment_commands.queueing.groups import shown_group
    from tracking.queue.seeking import groups_of

    names = [name for group in _asked(context, groups_of) for name in (shown_group(group), group)]
    return [name for name in dict.fromkeys(names) if name.startswith(incomplete)][:_MAX_PROPOSED]


def _asked(context: typer.Context, ask: Callable[[Database], Sequence[T]]) -> Sequence[T]:
    from tracking.store.database import Database

    try:
        return ask(Database.open(context.params.get("db"), create=False))
    except AssayError:
        return []


def complete_queue_state(incomplete: str) -> list[str]:
    """Return the states of jobs that begin so."""
    from tracking.queue.records import QueueState

    return [state.value for state in QueueState if state.value.startswith(incomplete)]


def complete_executor(incomplete: str) -> list[str]:
    """Return the executors that begin so."""
    from execution.executors import EXECUTORS

    return [name for name in EXECUTORS if name.startswith(incomplete)]
