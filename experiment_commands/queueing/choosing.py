"""Which jobs of the queue a command is about."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, NamedTuple

import typer

from errors import ConfigError
from experiment_commands.completion import complete_group, complete_job
from experiment_commands.queueing.groups import group_called, shown_group
from registry import nearest
from tracking.queue.seeking import JobName, names_like, open_ids, seek_jobs
from tracking.store.database import Database

__all__ = ["All", "Chosen", "Group", "SomeJobs", "chosen", "find_job"]

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

_MOST_COMPARED = 500
_SEE = "see: python experiment_cli.py queue list"


class Chosen(NamedTuple):
    """What the commands of :class:`tracking.queue.queue.Queue` are told."""

    ids: Sequence[str] = ()
    group: str | None = None


def chosen(database: Database, texts: Sequence[str] | None, group: str | None, everything: bool) -> Chosen:
    """Return the jobs that a user means: those named, a group, or all that have not ended.

    Raises:
        ConfigError: none or several ways to choose, or a text that names no job or several.
        DatabaseUnavailable: the store cannot be reached.
    """
    if sum((bool(texts), group is not None, everything)) != 1:
        raise ConfigError("name jobs, or give --group, or --all; one of the three")
    if group is not None:
        return Chosen(group=group_called(database, group))
    if everything:
        ids = open_ids(database)
        if not ids:
            raise ConfigError(f"nothing in the queue waits, is held or runs; {_SEE} --state completed")
        return Chosen(ids)
    return Chosen(list(dict.fromkeys(find_job(database, text).id for text in texts or ())))


def find_job(database: Database, text: str) -> JobName:
    """Return the job that a text names: its id, its name, or the beginning of its id; those that ended come last.

    Raises:
        ConfigError: none, or several.
        DatabaseUnavailable: the store cannot be reached.
    """
    jobs = seek_jobs(database, text)
    ways = (
        [each for each in jobs if each.id == text],
        [each for each in jobs if each.name == text and not each.state.is_final],
        [each for each in jobs if each.name == text],
        [each for each in jobs if each.id.startswith(text)],
    )
    found = next((each for each in ways if each), [])
    if not found:
        raise ConfigError(f"{text}: no such job in the queue{_near(database, text)}; {_SEE}")
    if len(found) > 1:
        shown = ", ".join(f"{each.id} {each.name} of {shown_group(each.group)}" for each in found[:3])
        more = ", …" if len(found) > 3 else ""
        raise ConfigError(f"{text} names {len(found)} jobs: {shown}{more}; name one by its id")
    return found[0]


def _near(database: Database, text: str) -> str:
    # Who mistypes seldom does so at the beginning, and likeness to thousands of names takes seconds.
    return nearest(text, [each.name for each in names_like(database, text[:3], _MOST_COMPARED)])
