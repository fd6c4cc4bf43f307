"""Jobs that were handed to a cluster and left, as ``status`` shows them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from experiment_commands.output import print_table, remark
from experiment_commands.queueing.glance import made_in
from terminal.text import printable
from tracking.queue.queue import Queue
from tracking.reading.whereabouts import suite_folders
from tracking.store.database import Database

if TYPE_CHECKING:
    from execution.left import LeftJob

__all__ = ["left_as", "left_in", "left_text", "print_left"]

_LOGS = ".execution"
"""Beside the experiments of a suite."""
_MOST_SHOWN = 50


def left_in(database: Database) -> list[LeftJob]:
    """Return what was submitted for the experiments of a store and has not come to a good end.

    What the queue knows is left out: whoever works on it tells it.

    Raises:
        DatabaseUnavailable: the store cannot be reached.
    """
    folders = [folder / _LOGS for folder in suite_folders(database)]
    folders = [folder for folder in folders if folder.is_dir()]
    if not folders:
        return []
    # Loaded only where somebody may have left something: status is to answer at once.
    from execution.left import left_jobs

    found = [job for folder in folders for job in left_jobs(folder)]
    queued = {each.job.id for each in Queue(database).jobs(ids=[each.job.id for each in found])} if found else set()
    return [each for each in found if each.job.id not in queued]


def left_as(database: Database, text: str, folder: Path | None = None) -> LeftJob | None:
    """Return the job of a name or id; None where none was left, or it came to a good end.

    Args:
        database: the store.
        text: its id or name.
        folder: of the experiment; None where it is not known.

    Raises:
        DatabaseUnavailable: the store cannot be reached.
    """
    found = [each for each in left_in(database) if text in (each.job.id, each.job.name)]
    return next((each for each in found if folder is None or made_in(each.job) == folder), None)


def left_text(left: LeftJob) -> str:
    """Return in a line how a job stands."""
    reason = f": {left.reason}" if left.reason else ""
    return printable(f"{left.where}: {left.state}{reason}")


def print_left(jobs: Sequence[LeftJob]) -> None:
    """Print how jobs stand, those first that will not run any more."""
    if not jobs:
        return
    counts = Counter(sorted(each.state for each in jobs))
    print(f"\nsubmitted and left: {', '.join(f'{count:,} {state}' for state, count in counts.items())}")
    ordered = sorted(jobs, key=lambda each: not each.state.is_final)
    rows = [(each.job.name, each.state, each.where, each.reason) for each in ordered[:_MOST_SHOWN]]
    print_table(("job", "state", "with", "why"), rows)
    if len(ordered) > _MOST_SHOWN:
        remark(f"{len(ordered) - _MOST_SHOWN:,} more: status --json")
    if any(each.state.is_final for each in jobs):
        print("those that failed or were cancelled are submitted anew by the command that submitted them")
