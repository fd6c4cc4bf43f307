"""``status``: what runs now, and what became of the rest, with the evidence."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from errors import ConfigError, DataError
from experiment_commands.left_behind import left_as, left_in, left_text, print_left
from experiment_commands.options import Db, Json
from experiment_commands.output import print_json, print_table
from experiment_commands.queueing.glance import Glance, glance_at, place_text, print_glance, queued_as
from experiment_commands.queueing.listing import as_mapping
from experiment_commands.wording import span
from terminal.text import printable
from tracking.folders.contents import Run
from tracking.queue.records import QueuedJob, QueueState
from tracking.reading.local_backend import LocalBackend
from tracking.reading.overview import Overview, RunGoingOn, overview
from tracking.reading.records import ExperimentDetails
from tracking.states.judgement import Judgement, Observer
from tracking.states.liveness import current_statuses
from tracking.states.reconciling import Change, reconcile
from tracking.states.slurm import job_state
from tracking.statuses import Status
from tracking.store.database import Database

if TYPE_CHECKING:
    from execution.left import LeftJob

__all__ = ["status"]

_WELL = (Status.PLANNED, Status.RUNNING, Status.COMPLETED)

Id = Annotated[str | None, typer.Argument(metavar="ID", help="One experiment; without it, the whole store.")]
Reconcile = Annotated[bool, typer.Option("--reconcile", help="Write down what is found out, and print the evidence.")]


def status(experiment: Id = None, reconcile_store: Reconcile = False, db: Db = None, as_json: Json = False) -> int:
    """Say what runs now, how far it is, which runs died, and where the queue stands.

    A run is lost when its process is known to be gone, and stale when nothing is heard of it and nobody can look from
    here. A slow run is neither. Exit status 1: the experiment failed, was stopped, or is lost or stale.

    The time that a group of the queue has left comes from what its finished jobs took, and from how many run now.

    \b
    Examples:
      python experiment_cli.py status
      python experiment_cli.py status a1b2c3
      python experiment_cli.py status --reconcile
    """
    if experiment is not None and reconcile_store:
        raise ConfigError("--reconcile looks at the whole store; leave out the ID")
    database = Database.open(db, create=False)
    if experiment is not None:
        return _show_one(database, experiment, as_json)
    if reconcile_store:
        return _show_changes(reconcile(database), as_json)
    return _show_overview(overview(database), glance_at(database), left_in(database), as_json)


# -- the whole store --------------------------------------------------------------------------------------------------


def _show_overview(seen: Overview, queue: Glance | None, left: Sequence[LeftJob], as_json: bool) -> int:
    if as_json:
        others = {"queue": None if queue is None else queue.to_mapping(), "left": [each.to_mapping() for each in left]}
        print_json({**dataclasses.asdict(seen), **others})
        return 0
    if not seen.counts and queue is None:
        print("no experiments")
        return 0
    _print_overview(seen)
    if queue is not None:
        print_glance(queue)
    print_left(left)
    return 0


def _print_overview(seen: Overview) -> None:
    print(", ".join(f"{count:,} {name}" for name, count in seen.counts.items()) or "no experiments")
    if seen.going_on:
        print()
        columns = ("id", "name", "status", "progress", "since", "heartbeat", "host", "process")
        print_table(columns, [_row(run) for run in seen.going_on])
    for run in seen.going_on:
        if run.status == Status.STALE:
            print(printable(f"{run.name}: {run.evidence}"))
    if seen.out_of_date:
        print(f"\n{seen.out_of_date} of them stand otherwise in the store; to write it down: status --reconcile")


def _row(run: RunGoingOn) -> Sequence[str]:
    process = "" if run.pid is None else str(run.pid)
    if run.slurm_job_id:
        process += f" (job {run.slurm_job_id})"
    since = span(time.time() - run.started_at)
    beat = "none" if run.heartbeat_age_seconds is None else f"{span(run.heartbeat_age_seconds)} ago"
    return (run.id, run.name, run.status, _progress(run), since, beat, run.host, process)


def _progress(run: RunGoingOn) -> str:
    if run.step is None:
        return ""
    if not run.total_steps:
        return f"step {run.step:,}"
    return f"step {run.step:,} of {run.total_steps:,} ({100 * run.step / run.total_steps:.0f} %)"


def _show_changes(changes: Sequence[Change], as_json: bool) -> int:
    if as_json:
        print_json([change._asdict() for change in changes])
        return 0
    for change in changes:
        print(printable(f"{change.experiment_id} {change.name}: {change.before} -> {change.after}"))
        print(f"    {change.evidence}")
        if not change.in_folder:
            print("    its folder cannot be written from here: this stands in the database alone, a rebuild forgets it")
    if not changes:
        print("every status is as the store says")
    return 0


# -- one experiment ---------------------------------------------------------------------------------------------------


def _show_one(database: Database, text: str, as_json: bool) -> int:
    try:
        found = LocalBackend(database).get_experiment(text)
    except DataError:
        # Data maps and clusterings are no experiments, and yet have their turn.
        if (queued := queued_as(database, text)) is not None:
            return _show_queued(queued, as_json)
        if (left := left_as(database, text)) is not None:
            return _show_left(left, as_json)
        raise
    left = left_as(database, found.record.name, found.record.folder)
    queued = queued_as(database, found.record.name, found.record.folder)
    judged = current_statuses(database, Observer.here(job_state), found.record.id)
    now = next(iter(judged.values()), Judgement(found.record.status, found.record.status_reason))
    if as_json:
        runs = [dataclasses.asdict(run) for run in found.runs]
        print_json(
            {"id": found.record.id, "name": found.record.name, "status": now.status, "evidence": now.evidence}
            | {"runs": runs, "queue": None if queued is None else as_mapping(queued)}
            | {"left": None if left is None else left.to_mapping()}
        )
    else:
        _print_one(found, now)
        if queued is not None and not queued.state.is_final:
            print(f"    {place_text(queued)}")
        if left is not None:
            print(f"    {left_text(left)}")
    return 0 if now.status in _WELL and not (left is not None and left.state.is_final) else 1


def _show_queued(queued: QueuedJob, as_json: bool) -> int:
    if as_json:
        print_json({"id": None, "name": queued.job.name, "queue": as_mapping(queued)})
    else:
        print(printable(f"{queued.job.id} {queued.job.name}: {place_text(queued)}"))
    return 1 if queued.state in (QueueState.FAILED, QueueState.CANCELLED) else 0


def _show_left(left: LeftJob, as_json: bool) -> int:
    if as_json:
        print_json({"id": None, "name": left.job.name, "left": left.to_mapping()})
    else:
        print(printable(f"{left.job.id} {left.job.name}: {left_text(left)}"))
    return int(left.state.is_final)


def _print_one(found: ExperimentDetails, now: Judgement) -> None:
    print(printable(f"{found.record.id} {found.record.name}: {now.status}"))
    evidence = now.evidence or found.record.error
    if evidence:
        print(printable(f"    {evidence}", one_line=False))
    if found.runs:
        print()
        columns = ("attempt", "status", "started", "ended", "host", "process", "reason")
        print_table(columns, [_attempt(run, now, run is found.runs[-1]) for run in found.runs])


def _attempt(run: Run, now: Judgement, newest: bool) -> Sequence[str]:
    status = now.status if newest else run.status
    error = f"{run.error_type}: {run.error_message}" if run.error_type else ""
    process = "" if run.pid is None else str(run.pid)
    reason = "" if newest else run.status_reason or error
    return (str(run.attempt), status, _clock(run.started_at), _clock(run.finished_at), run.host, process, reason)


def _clock(moment: float | None) -> str:
    return "" if moment is None else f"{datetime.fromtimestamp(moment):%Y-%m-%d %H:%M:%S}"
