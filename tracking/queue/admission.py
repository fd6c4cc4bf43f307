"""What becomes of a job that is added: whether the queue has it already, and whether that is still what is wanted."""

from __future__ import annotations

import json
from collections.abc import Iterable
from enum import Enum, auto
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, case, select

from jobs import Job
from tracking.indexing.columns import storable
from tracking.queue.records import QueueState
from tracking.queue.transactions import pages
from tracking.store.schema import queue_jobs

__all__ = ["Admission", "StoredJob", "admission_of", "stored_jobs"]

_J = queue_jobs.c
_WAITING = [QueueState.QUEUED.value, QueueState.HELD.value]
_STORED = select(
    *(_J.id, _J.key, _J.state, _J.round, _J.code, _J.rank, _J.priority, _J.cancel_requested),
    # These texts are long: only what waits is compared.
    case((_J.state.in_(_WAITING), _J.job), else_=""),
).where(_J.id.in_(bindparam("ids", expanding=True)))


class StoredJob(NamedTuple):
    """A job as the queue has it."""

    key: int
    state: QueueState
    round: int
    code: str
    rank: float
    priority: int
    cancel_requested: bool
    text: str
    """What was added; empty unless it waits."""


class Admission(Enum):
    """What becomes of a job that is added."""

    NEW = auto()
    REQUEUED = auto()
    """It had ended, and begins another round."""
    REVISED = auto()
    """It waits, and goes on waiting as it is planned now."""
    LEFT = auto()
    """It stays as it is."""


def stored_jobs(connection: Connection, ids: Iterable[str]) -> dict[str, StoredJob]:
    """Return those of some jobs that the queue has, by id."""
    found = {}
    for page in pages(ids):
        for id, key, state, *others in connection.execute(_STORED, {"ids": page}):
            found[id] = StoredJob(key, QueueState(state), *others)
    return found


def admission_of(job: Job, stored: StoredJob | None, redo: bool) -> Admission:
    """Return what becomes of a job.

    Args:
        job: as it is planned now.
        stored: as the queue has it; None where it has not.
        redo: whether completed ones are done again.
    """
    if stored is None:
        return Admission.NEW
    if stored.state.is_final:
        done = stored.state == QueueState.COMPLETED and not redo
        return Admission.LEFT if done else Admission.REQUEUED
    return Admission.REVISED if stored.text and _is_planned_otherwise(job, stored) else Admission.LEFT


def _is_planned_otherwise(job: Job, stored: StoredJob) -> bool:
    """Whether the plan at hand says something else of it, or no worker of this code would take it."""
    if stored.code not in ("", storable(job.code)):
        return True
    text = job.to_json()
    return stored.text != text and _without_code(stored.text) != _without_code(text)


def _without_code(text: str) -> dict[str, Any]:
    """Return what is said of a job; one that was released for any version of the code stays so."""
    try:
        return {**json.loads(text), "code": ""}
    except (TypeError, ValueError):
        return {}
