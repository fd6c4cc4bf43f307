"""What ``status`` says of the queue."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from experiment_commands.output import print_table
from experiment_commands.queueing.groups import shown_group
from experiment_commands.queueing.outlook import GroupOutlook, Outlook, look_ahead
from experiment_commands.queueing.wording import counts_line, progress_text, why
from experiment_commands.wording import span
from jobs import Job
from terminal.text import printable
from tracking.queue.queue import Queue
from tracking.queue.records import QueuedJob, QueueState
from tracking.queue.seeking import counts_by_group, seek_jobs, standings
from tracking.store.database import Database

__all__ = ["Glance", "glance_at", "made_in", "place_text", "print_glance", "queued_as"]


class Glance(NamedTuple):
    """The queue at a glance."""

    outlook: Outlook
    running: Sequence[QueuedJob]
    counts: dict[QueueState, int]

    def to_mapping(self) -> dict[str, Any]:
        """Return it as JSON knows it."""
        outlook = self.outlook
        running = [
            {"id": each.job.id, "name": each.job.name, "worker": each.worker, "progress": each.progress}
            for each in self.running
        ]
        return {
            "counts": self.counts,
            "running": running,
            "groups": [
                {"group": each.group, "counts": each.counts, "seconds_left": each.seconds_left}
                for each in outlook.groups
            ],
            "done_last_hour": outlook.done_last_hour,
            "per_hour": outlook.per_hour,
        }


def glance_at(database: Database) -> Glance | None:
    """Look at the queue of a store; None where it is empty.

    Raises:
        DatabaseUnavailable: the store cannot be reached.
    """
    queue = Queue(database)
    counts = dict(queue.counts())
    if not sum(counts.values()):
        return None
    outlook = look_ahead(standings(database), time.time(), counts_by_group(database))
    return Glance(outlook, queue.jobs(states=[QueueState.RUNNING]), counts)


def print_glance(glance: Glance) -> None:
    """Print it."""
    outlook = glance.outlook
    speed = "" if outlook.per_hour is None else f"; {_rate(outlook.per_hour)} an hour"
    if outlook.done_last_hour:
        speed += f", {outlook.done_last_hour:,} in the last one"
    print(f"\nqueue: {counts_line(glance.counts)}{speed}")
    if glance.running:
        rows = [(each.job.name, progress_text(each.progress), each.worker, why(each)) for each in glance.running]
        print_table(("job", "progress", "worker", "why"), rows, spare=("why", "worker"))
    for group in outlook.groups:
        print(printable(f"{shown_group(group.group)}: {_left(group, outlook.num_running)}"))


def _rate(number: float) -> str:
    return f"{number:,.0f}" if number >= 10 else f"{number:.2g}"


def _left(group: GroupOutlook, num_running: int) -> str:
    waiting, held = group.counts[QueueState.QUEUED], group.counts[QueueState.HELD]
    parts = [f"{group.counts[QueueState.COMPLETED]:,} done", f"{group.counts[QueueState.RUNNING]:,} running"]
    parts += [f"{waiting:,} waiting", *([f"{held:,} held"] if held else [])]
    if group.seconds_left is not None:
        return f"{', '.join(parts)}; about {span(group.seconds_left)} left"
    if not waiting and not group.counts[QueueState.RUNNING]:
        return ", ".join(parts)
    if not num_running:
        return f"{', '.join(parts)}; nobody works on them: python experiment_cli.py work"
    return f"{', '.join(parts)}; no time is known yet"


def queued_as(database: Database, text: str, folder: Path | None = None) -> QueuedJob | None:
    """Return the newest job of a name or id; None where there is none.

    Args:
        database: the store.
        text: its id or name.
        folder: of the experiment; None where it is not known.
    """
    ids = [each.id for each in seek_jobs(database, text) if text in (each.id, each.name)]
    jobs = Queue(database).jobs(ids=ids) if ids else []
    return next((each for each in jobs if folder is None or made_in(each.job) == folder), None)


def place_text(queued: QueuedJob) -> str:
    """Return in a line where a job stands in the queue."""
    place = "" if queued.position is None else f", number {queued.position:,} of those that can begin"
    progress = f", {text}" if (text := progress_text(queued.progress)) else ""
    reason = f": {text}" if (text := why(queued)) else ""
    return printable(f"in the queue: {queued.state}{place}{progress}{reason}")


def made_in(job: Job) -> Path:
    """Return the folder of what a job makes."""
    payload = job.payload
    return Path(payload.get("cwd", ""), payload.get("node", {}).get("folder", ""))
