"""Which jobs of the queue a command is about."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Annotated

import typer

from errors import ConfigError
from experiment_commands.completion import complete_group, complete_job
from registry import nearest
from tracking.queue.queue import Queue
from tracking.queue.records import QueuedJob, QueueState

__all__ = ["All", "Group", "SomeJobs", "chosen_ids", "find_job"]

SomeJobs = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="JOB",
        help="Jobs: ids, beginnings of them, or names.",
        autocompletion=complete_job,
        show_default=False,
    ),
]
Group = Annotated[
    str | None,
    typer.Option(
        "--group",
        "-g",
        metavar="NAME",
        help="All jobs of a group: those of one folder of results.",
        autocompletion=complete_group,
    ),
]
All = Annotated[bool, typer.Option("--all", help="All jobs that wait, are held or run.")]

_SEE = "see: python experiment_cli.py queue list"
_OPEN = (QueueState.QUEUED, QueueState.HELD, QueueState.RUNNING)


def chosen_ids(queue: Queue, texts: Sequence[str] | None, group: str | None, everything: bool) -> list[str]:
    """Return the ids of the jobs that a user means: those named, a group, or all that have not ended.

    Raises:
        ConfigError: none or several ways to choose, or a text that names no job or several.
    """
    if sum((bool(texts), group is not None, everything)) != 1:
        raise ConfigError("name jobs, or give --group, or --all; one of the three")
    if texts:
        jobs = queue.jobs()
        return list(dict.fromkeys(find_job(jobs, text).job.id for text in texts))
    chosen = queue.jobs(states=_OPEN, group=group)
    if group is not None and not chosen and not sum(queue.counts(group).values()):
        known = sorted({each.job.group for each in queue.jobs()})
        raise ConfigError(f"{group}: no such group in the queue{nearest(group, known)}; {_SEE}")
    return [each.job.id for each in chosen]


def find_job(jobs: Collection[QueuedJob], text: str) -> QueuedJob:
    """Return the job that a text names: its id, its name, or the beginning of its id; those that ended come last.

    Raises:
        ConfigError: none, or several.
    """
    ways = (
        [each for each in jobs if each.job.id == text],
        [each for each in jobs if each.job.name == text and not each.state.is_final],
        [each for each in jobs if each.job.name == text],
        [each for each in jobs if text and each.job.id.startswith(text)],
    )
    found = next((each for each in ways if each), [])
    if not found:
        raise ConfigError(f"{text}: no such job in the queue{nearest(text, [each.job.name for each in jobs])}; {_SEE}")
    if len(found) > 1:
        shown = ", ".join(f"{each.job.id} {each.job.name} of {each.job.group}" for each in found[:3])
        more = ", …" if len(found) > 3 else ""
        raise ConfigError(f"{text} names {len(found)} jobs: {shown}{more}; name one by its id")
    return found[0]
