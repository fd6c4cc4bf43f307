"""How an attempt ended whose folder could not be told: the database alone knows it, until the folder does."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import and_, select, update

from tracking.folders.parts import mapping
from tracking.store import schema
from tracking.store.database import Database

__all__ = ["Ending", "settle"]


class Ending(NamedTuple):
    """How an attempt ended."""

    experiment_id: str
    attempt: int
    finished_at: float
    status: str
    reason: str
    error: dict[str, Any] | None


def settle(database: Database, ending: Ending) -> None:
    """Write an ending into the database; the next change of the experiment's folder overrules it.

    Raises:
        DatabaseUnavailable: the database cannot be written.
    """
    experiment, run = schema.experiments.c, schema.runs.c
    values = {"status": ending.status, "status_reason": ending.reason, "finished_at": ending.finished_at}
    error = mapping(ending.error)
    described = {"error_type": error.get("type"), "error_message": error.get("message")}
    summary = {"error": f"{error.get('type')}: {error.get('message')}" if error else None}
    with database.begin() as connection:
        key = select(experiment.key).where(experiment.id == ending.experiment_id).scalar_subquery()
        own = and_(run.experiment_key == key, run.attempt == ending.attempt)
        connection.execute(update(schema.runs).where(own).values(**values, **described))
        newest = and_(experiment.id == ending.experiment_id, experiment.num_runs == ending.attempt)
        connection.execute(update(schema.experiments).where(newest).values(**values, **summary))
