"""Change rows of jobs, found by their keys, and of attempts, found by their tokens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, bindparam, update

from tracking.store.schema import queue_attempts, queue_jobs

__all__ = ["update_attempt", "update_job", "update_jobs"]

# What is set goes by the names of the parameters. Made once: to put one together takes longer than to run it.
_UPDATE_JOB = update(queue_jobs).where(queue_jobs.c.key == bindparam("job_key"))
_UPDATE_ATTEMPT = update(queue_attempts).where(queue_attempts.c.token == bindparam("attempt_token"))
_COLUMNS_OF_JOBS = frozenset(queue_jobs.c.keys())
_COLUMNS_OF_ATTEMPTS = frozenset(queue_attempts.c.keys())


def update_job(connection: Connection, key: int, **values: Any) -> None:
    """Set columns of one job, by their names."""
    update_jobs(connection, {key: values})


def update_jobs(connection: Connection, changes: Mapping[int, Mapping[str, Any]]) -> None:
    """Set the same columns of several jobs, each to values of its own.

    Args:
        connection: to the database.
        changes: values by column, by the key of the job's row.
    """
    parameters = [{"job_key": key, **_known(values, _COLUMNS_OF_JOBS)} for key, values in changes.items()]
    if parameters:
        # A list of one is run as many are, which some drivers do slower.
        connection.execute(_UPDATE_JOB, parameters if len(parameters) > 1 else parameters[0])


def update_attempt(connection: Connection, token: str, **values: Any) -> None:
    """Set columns of one attempt, by their names."""
    connection.execute(_UPDATE_ATTEMPT, {"attempt_token": token, **_known(values, _COLUMNS_OF_ATTEMPTS)})


def _known(values: Mapping[str, Any], columns: frozenset[str]) -> Mapping[str, Any]:
    # A parameter that is no column would be passed over in silence.
    assert values.keys() <= columns, f"no such columns: {values.keys() - columns}"
    return values
