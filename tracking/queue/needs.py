"""What jobs need of one another, and what becomes of those that need a job when it ends or comes back."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from tracking.queue.records import QueueState
from tracking.queue.transactions import pages
from tracking.store.schema import queue_jobs, queue_needs

__all__ = [
    "failed_needs",
    "let_dependents_go",
    "make_dependents_wait",
    "needs_of_open_jobs",
    "open_needs",
    "replace_needs",
]

_J, _N = queue_jobs.c, queue_needs.c
_NEED = queue_jobs.alias()
_OPEN = [state.value for state in QueueState.open()]
_ENDED = {QueueState.FAILED.value: "failed", QueueState.CANCELLED.value: "was cancelled"}

_FAILED = (
    select(_N.job_key, _NEED.c.id, _NEED.c.name, _NEED.c.state, _NEED.c.reason)
    .join(_NEED, _NEED.c.key == _N.need_key)
    .where(_N.job_key.in_(bindparam("job_keys", expanding=True)))
    .where(_NEED.c.state.in_(list(_ENDED)))
)
_OPEN_NEEDS = (
    select(_N.job_key, _NEED.c.name, _NEED.c.state)
    .join(_NEED, _NEED.c.key == _N.need_key)
    .where(_N.job_key.in_(bindparam("job_keys", expanding=True)), _NEED.c.state.in_(_OPEN))
    .order_by(_NEED.c.rank, _NEED.c.key)
)
_OF_OPEN_JOBS = (
    select(_J.id, _NEED.c.id)
    .select_from(queue_needs.join(queue_jobs, _J.key == _N.job_key).join(_NEED, _NEED.c.key == _N.need_key))
    .where(_J.state.in_(_OPEN))
)
_LET_GO = (
    update(queue_jobs)
    .where(_J.key.in_(select(_N.job_key).where(_N.need_key == bindparam("ended_key"))))
    .values(open_needs=_J.open_needs - 1)
)


def failed_needs(connection: Connection, keys: Sequence[int]) -> dict[int, dict[str, str]]:
    """Return which needs of jobs failed or were cancelled, by the jobs' keys: by their ids, and in words."""
    failed: dict[int, dict[str, str]] = {}
    for page in pages(keys):
        for key, id, name, state, reason in connection.execute(_FAILED, {"job_keys": page}):
            why = f": {reason}" if reason and state == QueueState.FAILED.value else ""
            failed.setdefault(key, {})[id] = f"needs {name}, which {_ENDED[state]}{why}"
    return failed


def open_needs(connection: Connection, keys: Sequence[int]) -> dict[int, list[str]]:
    """Return the names of needs that have not ended, in the order of their turns, by the jobs' keys."""
    names: dict[int, list[str]] = {}
    for page in pages(keys):
        for key, name, state in connection.execute(_OPEN_NEEDS, {"job_keys": page}):
            names.setdefault(key, []).append(f"{name} (held)" if state == QueueState.HELD else name)
    return names


def needs_of_open_jobs(connection: Connection) -> dict[str, list[str]]:
    """Return what each job needs that has not ended itself, by ids."""
    needs: dict[str, list[str]] = {}
    for id, needed in connection.execute(_OF_OPEN_JOBS):
        needs.setdefault(id, []).append(needed)
    return needs


def let_dependents_go(connection: Connection, key: int) -> None:
    """Let those who need a job that has ended wait for one less."""
    connection.execute(_LET_GO, {"ended_key": key})


def make_dependents_wait(connection: Connection, keys: Iterable[int]) -> None:
    """Let those who need jobs that had ended wait for them again."""
    for page in pages(keys):
        come_back = _N.need_key.in_(page)
        count = select(func.count()).where(_N.job_key == _J.key, come_back).scalar_subquery()
        dependents = _J.key.in_(select(_N.job_key).where(come_back))
        connection.execute(update(queue_jobs).where(dependents).values(open_needs=_J.open_needs + count))


def replace_needs(connection: Connection, needs: Mapping[int, Collection[int]], known: Iterable[int]) -> None:
    """Write down what jobs need.

    Args:
        connection: to the database.
        needs: keys of what each needs, by its own key.
        known: keys of those among them that may have needs already, which are forgotten.
    """
    for page in pages(known):
        connection.execute(delete(queue_needs).where(_N.job_key.in_(page)))
    rows = [{"job_key": key, "need_key": need} for key, needed in needs.items() for need in needed]
    if rows:
        connection.execute(insert(queue_needs), rows)
