"""``queue hold``, ``release``, ``cancel``, ``move`` and ``priority``."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated

import typer

from errors import ConfigError
from experiment_commands.completion import complete_job
from experiment_commands.options import Db, Json
from experiment_commands.output import print_json, remark
from experiment_commands.queueing.choosing import All, Chosen, Group, SomeJobs, chosen, find_job
from jobs.job import HIGHEST_PRIORITY
from terminal.text import printable
from tracking.queue.queue import Queue
from tracking.queue.records import Change
from tracking.store.database import Database

__all__ = ["cancel", "hold", "move", "priority", "release"]

_MOST_SHOWN = 20
_RANGE = f"From -{HIGHEST_PRIORITY} to {HIGHEST_PRIORITY}; 0 is usual."


class Place(StrEnum):
    """Where a job can be moved to."""

    FIRST = "first"
    LAST = "last"


AnyCode = Annotated[
    bool, typer.Option("--any-code", help="Let any version of the program do them, not only the one that planned them.")
]
OneJob = Annotated[
    str,
    typer.Argument(metavar="JOB", help="A job: its id, its beginning, or its name.", autocompletion=complete_job),
]
PlaceArgument = Annotated[Place | None, typer.Argument(help="To the front, or to the end.", show_default=False)]
Before = Annotated[
    str | None, typer.Option("--before", metavar="JOB", help="Right before this one.", autocompletion=complete_job)
]
To = Annotated[int, typer.Option("--to", metavar="N", min=-HIGHEST_PRIORITY, max=HIGHEST_PRIORITY, help=_RANGE)]


def hold(jobs: SomeJobs = None, group: Group = None, all: All = False, db: Db = None, as_json: Json = False) -> int:
    """Let nobody take jobs until they are released. What runs goes on. Exit status 1: nothing was changed.

    \b
    Examples:
      python experiment_cli.py queue hold baseline_seed42
      python experiment_cli.py queue hold --group experiments/core
    """
    queue, meant = _meant(db, jobs, group, all)
    return _print(queue.hold(*meant), as_json, each=bool(jobs))


def release(
    jobs: SomeJobs = None,
    group: Group = None,
    all: All = False,
    any_code: AnyCode = False,
    db: Db = None,
    as_json: Json = False,
) -> int:
    """Let held jobs be taken again. Exit status 1: nothing was changed.

    Jobs are done by the version of the program that planned them, so that a suite is of one piece. After a change of
    the code either queue them again by it, or release them with --any-code.

    \b
    Examples:
      python experiment_cli.py queue release --all
      python experiment_cli.py queue release a1b2c3 --any-code
    """
    queue, meant = _meant(db, jobs, group, all)
    return _print(queue.release(*meant, any_code=any_code), as_json, each=bool(jobs))


def cancel(jobs: SomeJobs = None, group: Group = None, all: All = False, db: Db = None, as_json: Json = False) -> int:
    """Take jobs out of the queue; those that run are stopped. Exit status 1: nothing was changed.

    What needs a cancelled job fails and says so. What a stopped one did is kept: queued again, it goes on from its
    last checkpoint.

    \b
    Examples:
      python experiment_cli.py queue cancel cluster_filter_seed42
      python experiment_cli.py queue cancel --group experiments/core
    """
    queue, meant = _meant(db, jobs, group, all)
    return _print(queue.cancel(*meant), as_json, each=bool(jobs))


def move(job: OneJob, place: PlaceArgument = None, before: Before = None, db: Db = None, as_json: Json = False) -> int:
    """Change when a job has its turn. Exit status 1: nothing was changed, as it runs or has ended.

    \b
    Examples:
      python experiment_cli.py queue move baseline_seed44 first
      python experiment_cli.py queue move a1b2c3 --before d4e5f6
    """
    if (place is None) == (before is None):
        raise ConfigError("say where to: first, last, or --before another job")
    database = Database.open(db, create=False)
    queue, id = Queue(database), find_job(database, job).id
    if before is not None:
        return _print([queue.move(id, before=find_job(database, before).id)], as_json)
    return _print([queue.move(id, "first" if place is Place.FIRST else "last")], as_json)


def priority(
    to: To, jobs: SomeJobs = None, group: Group = None, all: All = False, db: Db = None, as_json: Json = False
) -> int:
    """Change the priority of jobs that wait. Exit status 1: nothing was changed.

    One step is worth an hour of waiting: of two jobs the one of higher priority goes first, unless it was queued so
    many hours later. So nothing waits for ever.

    \b
    Examples:
      python experiment_cli.py queue priority baseline_seed42 --to 5
      python experiment_cli.py queue priority --group experiments/core --to -10
    """
    queue, meant = _meant(db, jobs, group, all)
    return _print(queue.set_priority(to, *meant), as_json, each=bool(jobs))


def _meant(db: str | None, jobs: Sequence[str] | None, group: str | None, everything: bool) -> tuple[Queue, Chosen]:
    database = Database.open(db, create=False)
    return Queue(database), chosen(database, jobs, group, everything)


def _print(changes: Sequence[Change], as_json: bool, each: bool = True) -> int:
    """Print what was done, and with ``each`` why nothing was done to others; return the exit status."""
    if as_json:
        print_json([change._asdict() for change in changes])
    else:
        said = [change for change in changes if each or change.changed]
        for change in said[:_MOST_SHOWN]:
            print(printable(f"{change.id} {change.name}: {change.message}"))
        if len(said) > _MOST_SHOWN:
            print(f"and {len(said) - _MOST_SHOWN:,} more")
    done = sum(change.changed for change in changes)
    if not as_json and done != len(changes):
        remark("nothing was changed" if not done else f"{done:,} of {len(changes):,} were changed")
    return 0 if done else 1
