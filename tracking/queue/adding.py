"""Take jobs into the queue, all or none."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, Update, bindparam, case, delete, func, insert, select, update

from errors import ConfigError
from jobs import Job
from jobs.dependencies import topological_sorter
from tracking.indexing.columns import storable
from tracking.queue.ranks import SHORTEST_SECONDS, rank_after, rank_of
from tracking.queue.records import Added, QueueState
from tracking.queue.specs import read_spec
from tracking.queue.transactions import pages
from tracking.store.clock import store_clock
from tracking.store.schema import queue_jobs, queue_needs

__all__ = ["add_jobs"]

_J, _N = queue_jobs.c, queue_needs.c
_NAMED = 5
"""So many jobs are named in an error."""

# What a job says goes by its round, and so do the failures that count; what earlier rounds came to stays all the same.
_OF_THE_PLAN = ("name", "group_name", "open_needs", "code", "job", "round", "rank", "priority", "seconds")
_OF_A_ROUND = (*_OF_THE_PLAN, "state", "queued_at", "progress", "adjustments")
_UNSET: Mapping[str, Any] = {
    **{"reason": "", "refusal": "", "overtaken": 0, "not_before": 0.0, "delay_seconds": 0.0, "token": ""},
    **{"uncounted": 0, "uncounted_kind": "", "reached": 0.0},
    **{"worker": "", "heartbeat_at": None, "cancel_requested": False, "finished_at": None},
}


class _Known(NamedTuple):
    key: int
    state: QueueState
    round: int
    code: str
    rank: float
    priority: int
    is_stopping: bool
    text: str
    """What was added; empty unless it waits."""


def add_jobs(connection: Connection, jobs: Sequence[Job], redo: bool) -> Added:
    """See :meth:`tracking.queue.queue.Queue.add`."""
    wanted = _distinct(jobs)
    known = _stored(connection, {*wanted, *(need for job in wanted.values() for need in job.needs)})
    again = [id for id in wanted if id in known and _is_queued_again(known[id].state, redo)]
    anew = [id for id, job in wanted.items() if id in known and _is_planned_anew(known[id], job)]
    new = [id for id in wanted if id not in known]
    chosen = {*new, *again, *anew}
    fresh = [job for id, job in wanted.items() if id in chosen]
    _check_needs(fresh, wanted.keys() | known.keys())
    _check_cycles(fresh, _stored_needs(connection) if again or anew else {})
    keys = {id: each.key for id, each in known.items()}
    first = connection.execute(select(func.coalesce(func.max(_J.key), 0))).scalar_one() + 1
    keys |= {id: first + number for number, id in enumerate(new)}
    open_ids = {id for id, each in known.items() if not each.state.is_final} | chosen
    _reopen(connection, [keys[id] for id in again])
    _forget_needs(connection, [keys[id] for id in (*again, *anew)])
    began = _queue_time(connection)
    times = {job.id: began + number * SHORTEST_SECONDS for number, job in enumerate(fresh)}
    rows = {job.id: _row(job, keys[job.id], times[job.id], open_ids) for job in fresh}
    if new:
        connection.execute(insert(queue_jobs), [rows[id] for id in new])
    if again:
        connection.execute(_replace(again=True), [_replacement(rows[id], known[id], again=True) for id in again])
    if anew:
        connection.execute(_replace(again=False), [_replacement(rows[id], known[id], again=False) for id in anew])
    needs = [{"job_key": keys[job.id], "need_key": keys[need]} for job in fresh for need in dict.fromkeys(job.needs)]
    if needs:
        connection.execute(insert(queue_needs), needs)
    left = tuple(id for id in wanted if id not in chosen)
    return Added(tuple(new), left, (*again, *anew), tuple(id for id in left if known[id].is_stopping))


def _is_queued_again(state: QueueState, redo: bool) -> bool:
    return state.is_final and (redo or state != QueueState.COMPLETED)


def _is_planned_anew(known: _Known, job: Job) -> bool:
    """Whether a job waits that the plan at hand has otherwise, or that no worker of this code would take."""
    if not known.text:
        return False
    text = job.to_json()
    if known.code not in ("", storable(job.code)):
        return True
    return known.text != text and _without_code(known.text) != _without_code(text)


def _without_code(text: str) -> dict[str, Any]:
    """Return what is said of a job; one that was released for any version of the code stays so."""
    try:
        return {**json.loads(text), "code": ""}
    except (TypeError, ValueError):
        return {}


def _distinct(jobs: Sequence[Job]) -> dict[str, Job]:
    wanted: dict[str, Job] = {}
    for job in jobs:
        if wanted.setdefault(job.id, job) != job:
            raise ConfigError(f"two different jobs have the id {job.id}: {wanted[job.id].name} and {job.name}")
    return wanted


def _stored(connection: Connection, ids: Iterable[str]) -> dict[str, _Known]:
    found = {}
    waits = _J.state.in_([QueueState.QUEUED, QueueState.HELD])
    text = case((waits, _J.job), else_="")
    for page in pages(ids):
        query = select(_J.id, _J.key, _J.state, _J.round, _J.code, _J.rank, _J.priority)
        query = query.add_columns(_J.cancel_requested, text).where(_J.id.in_(page))
        for id, key, state, *others in connection.execute(query):
            found[id] = _Known(key, QueueState(state), *others)
    return found


def _check_needs(jobs: Sequence[Job], known: set[str]) -> None:
    missing = [f"{job.name} needs {need}" for job in jobs for need in job.needs if need not in known]
    if missing:
        more = f" and {len(missing) - _NAMED} more" if len(missing) > _NAMED else ""
        raise ConfigError(f"no such job is in the queue or added with it: {', '.join(missing[:_NAMED])}{more}")


def _stored_needs(connection: Connection) -> dict[str, list[str]]:
    """Return what jobs need that have not ended: through them, one that is added again may need itself."""
    job, need = queue_jobs.alias(), queue_jobs.alias()
    query = (
        select(job.c.id, need.c.id)
        .select_from(queue_needs.join(job, job.c.key == _N.job_key).join(need, need.c.key == _N.need_key))
        .where(job.c.state.in_([QueueState.QUEUED, QueueState.HELD, QueueState.RUNNING]))
    )
    needs: dict[str, list[str]] = {}
    for id, needed in connection.execute(query):
        needs.setdefault(id, []).append(needed)
    return needs


def _check_cycles(jobs: Sequence[Job], stored: Mapping[str, Sequence[str]]) -> None:
    names = {job.id: job.name for job in jobs}
    topological_sorter({**stored, **{job.id: job.needs for job in jobs}}, names)


def _reopen(connection: Connection, keys: Sequence[int]) -> None:
    """Let those who need jobs that are queued again wait for them again."""
    for page in pages(keys):
        waits = _N.need_key.in_(page)
        count = select(func.count()).where(_N.job_key == _J.key, waits).scalar_subquery()
        waiting = _J.key.in_(select(_N.job_key).where(waits))
        connection.execute(update(queue_jobs).where(waiting).values(open_needs=_J.open_needs + count))


def _forget_needs(connection: Connection, keys: Sequence[int]) -> None:
    for page in pages(keys):
        connection.execute(delete(queue_needs).where(_N.job_key.in_(page)))


def _queue_time(connection: Connection) -> float:
    """Return the time at which the next job counts as queued: after all others, even if a clock was set.

    Also after those that run: they may have to wait again.
    """
    newest = connection.execute(select(func.max(_J.queued_at)).where(_J.state.in_(QueueState.open()))).scalar()
    now = store_clock(connection)
    return now if newest is None else max(now, newest + SHORTEST_SECONDS)


def _row(job: Job, key: int, queued_at: float, open_ids: set[str]) -> dict[str, Any]:
    return {
        "key": key,
        "id": job.id,
        "name": storable(job.name),
        "group_name": storable(job.group),
        "state": QueueState.QUEUED.value,
        "open_needs": sum(need in open_ids for need in set(job.needs)),
        "rank": rank_of(queued_at, job.priority),
        "priority": job.priority,
        "seconds": job.seconds,
        "code": storable(job.code),
        "queued_at": queued_at,
        "progress": "{}",
        "adjustments": json.dumps(job.adjustments),
        "job": job.to_json(),
    }


@cache
def _replace(again: bool) -> Update:
    names, reset = (_OF_A_ROUND, _UNSET) if again else (_OF_THE_PLAN, {"refusal": ""})
    given: dict[str, Any] = {name: bindparam(name) for name in names}
    return update(queue_jobs).where(_J.key == bindparam("of")).values(**reset, **given)


def _replacement(row: Mapping[str, Any], known: _Known, again: bool) -> dict[str, Any]:
    values = {**row, "round": known.round + 1}
    if not again:
        values |= _in_its_place(row, known)
    return {"of": known.key, **{name: values[name] for name in (_OF_A_ROUND if again else _OF_THE_PLAN)}}


def _in_its_place(row: Mapping[str, Any], known: _Known) -> dict[str, Any]:
    """Return the place of a job that waits: a priority counts anew only where the plan has another one than before."""
    before = read_spec(known.text)
    unchanged = isinstance(before, Job) and before.priority == row["priority"]
    priority = known.priority if unchanged else row["priority"]
    return {"priority": priority, "rank": rank_after(known.rank, known.priority, priority)}
