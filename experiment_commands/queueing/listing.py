"""``queue list``: what waits, runs and failed, and why."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from errors import ConfigError
from experiment_commands.completion import complete_group, complete_queue_state
from experiment_commands.options import Db, Json
from experiment_commands.output import print_json, print_table, remark
from experiment_commands.queueing.groups import group_called
from experiment_commands.queueing.wording import counts_line, needs_text, progress_text, why
from registry import nearest
from tracking.queue.queue import Queue
from tracking.queue.records import QueuedJob, QueueState
from tracking.store.database import Database

__all__ = ["as_mapping", "list_queue"]

_USUAL = (QueueState.RUNNING, QueueState.QUEUED, QueueState.HELD, QueueState.FAILED)
_DEFAULT_LIMIT = 50
_MOST = 1_000_000_000
"""That databases can count to."""
_COLUMNS = ("#", "id", "name", "status", "priority", "takes", "attempts", "worker", "progress", "why")
_SPARE = ("takes", "worker", "priority", "attempts")

States = Annotated[
    list[str] | None,
    typer.Option(
        "--state",
        "-s",
        metavar="STATE",
        help="Only queued, held, running, completed, failed or cancelled; may be repeated.",
        autocompletion=complete_queue_state,
    ),
]
GroupOption = Annotated[
    str | None,
    typer.Option("--group", "-g", metavar="NAME", help="Only this group.", autocompletion=complete_group),
]
Limit = Annotated[
    int | None,
    typer.Option(
        "--limit",
        "-n",
        metavar="N",
        min=0,
        max=_MOST,
        help="At most so many; 0 means all (default: 50).",
        show_default=False,
    ),
]


def list_queue(
    state: States = None, group: GroupOption = None, limit: Limit = None, db: Db = None, as_json: Json = False
) -> int:
    """List the queue: what runs, what waits in the order of its turns, what failed.

    # is the position among those that can begin now. Why says what a job waits for, that its worker is silent, that no
    worker at hand can do it, or how it failed.

    \b
    Examples:
      python experiment_cli.py queue list
      python experiment_cli.py queue list --state failed --json
      python experiment_cli.py queue list --group experiments/core --limit 0
    """
    states = [_state(text) for text in state or ()] or (list(QueueState) if as_json else list(_USUAL))
    database = Database.open(db, create=False)
    queue = Queue(database)
    group = None if group is None else group_called(database, group)
    counts = queue.counts(group)
    number = None if limit == 0 or (as_json and limit is None) else limit or _DEFAULT_LIMIT
    jobs = queue.jobs(states=states, group=group, limit=number)
    if as_json:
        print_json({"counts": counts, "jobs": [as_mapping(each) for each in jobs]})
    elif sum(counts.values()):
        _print(jobs, counts)
        total = sum(counts[each] for each in states)
        if len(jobs) < total:
            remark(f"{len(jobs):,} of {total:,} jobs; all: --limit 0")
    else:
        # As it should be when all is done: nothing was looked for that is not there.
        print("the queue is empty")
    return 0


def _state(text: str) -> QueueState:
    try:
        return QueueState(text)
    except ValueError:
        names = [state.value for state in QueueState]
        raise ConfigError(f"--state {text}: no such state{nearest(text, names)} (known: {', '.join(names)})") from None


def _print(jobs: Sequence[QueuedJob], counts: Mapping[QueueState, int]) -> None:
    print(counts_line(counts))
    if jobs:
        print()
        print_table(_COLUMNS, [_row(each) for each in jobs], right=("#", "priority", "attempts"), spare=_SPARE)


def _row(queued: QueuedJob) -> Sequence[str]:
    job = queued.job
    return (
        "" if queued.position is None else str(queued.position),
        job.id,
        job.name,
        queued.state,
        str(job.priority),
        needs_text(job.resources),
        str(len(queued.attempts) or ""),
        queued.worker if queued.state == QueueState.RUNNING else "",
        progress_text(queued.progress),
        why(queued),
    )


def as_mapping(queued: QueuedJob) -> dict[str, Any]:
    """Return a job as JSON knows it."""
    job = queued.job
    return {
        "id": job.id,
        "name": job.name,
        "group": job.group,
        "state": queued.state,
        "position": queued.position,
        "reason": why(queued),
        "priority": job.priority,
        "resources": dataclasses.asdict(job.resources),
        "needs": job.needs,
        "expected_seconds": job.seconds,
        "code": job.code,
        "adjustments": job.adjustments,
        "worker": queued.worker,
        "heartbeat_age_seconds": queued.heartbeat_age,
        "progress": queued.progress,
        "queued_at": queued.queued_at,
        "started_at": queued.started_at,
        "finished_at": queued.finished_at,
        "attempts": [each._asdict() for each in queued.attempts],
    }
