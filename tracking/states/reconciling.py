"""How the store is put right where runs stand otherwise than it says."""

from __future__ import annotations

from contextlib import suppress
from typing import NamedTuple

from sqlalchemy import and_, update

from errors import AssayError, DataError
from tracking.folders.contents import Run
from tracking.folders.folder import ExperimentFolder
from tracking.folders.unsaved import put_back_all
from tracking.indexing.index import sync_folder
from tracking.states.judgement import Judgement, Observer
from tracking.states.liveness import Case, judge_case, run_in, store_clock, undecided_runs, visible_folder
from tracking.states.slurm import job_state
from tracking.statuses import Status
from tracking.store import schema
from tracking.store.database import Database

__all__ = ["Change", "reconcile"]


class Change(NamedTuple):
    """One status that was put right."""

    experiment_id: str
    name: str
    before: Status
    after: Status
    evidence: str
    in_folder: bool
    """Whether it stands in the experiment's folder; if not, a rebuild from folders forgets it."""


def reconcile(database: Database, observer: Observer | None = None) -> list[Change]:
    """Write into folders and store how undecided runs stand now, and return what that changed.

    Raises:
        DatabaseUnavailable: the database cannot be reached or written.
    """
    observer = observer or Observer.here(job_state)
    for folder in put_back_all():
        with suppress(DataError):
            sync_folder(database, folder)
    with database.read() as connection:
        cases, now = undecided_runs(connection, observer), store_clock(connection)
    judged = [(case, judge_case(case, now, observer)) for case in cases]
    tried = [_put_right(database, case, judgement) for case, judgement in judged if judgement.status != case.run.status]
    return [change for change in tried if change is not None]


def _put_right(database: Database, case: Case, judgement: Judgement) -> Change | None:
    """Write a status down; None where the run itself has spoken since it was judged."""
    folder = visible_folder(case)
    written = folder is not None and _write_to_folder(database, folder, judgement)
    if not written and not _write_to_database(database, case, judgement):
        return None
    return Change(case.experiment_id, case.name, case.run.status, judgement.status, judgement.evidence, written)


def _write_to_folder(database: Database, folder: ExperimentFolder, judgement: Judgement) -> bool:
    run = run_in(folder)
    if run is None:
        return False
    if run.status != judgement.status:
        end = _end(run, judgement.status)
        try:
            folder.append("judged", attempt=run.attempt, finished_at=end, **judgement._asdict())
        except AssayError:
            return False
    sync_folder(database, folder.path)
    return True


def _write_to_database(database: Database, case: Case, judgement: Judgement) -> bool:
    run, experiment = schema.runs.c, schema.experiments.c
    values = {
        "status": judgement.status,
        "status_reason": judgement.evidence,
        "finished_at": _end(case.run, judgement.status),
    }
    before = case.run.status
    with database.begin() as connection:
        newest = and_(run.experiment_key == case.key, run.attempt == case.run.attempt, run.status == before)
        if not connection.execute(update(schema.runs).where(newest).values(values)).rowcount:
            return False
        same = and_(experiment.key == case.key, experiment.num_runs == case.run.attempt)
        connection.execute(update(schema.experiments).where(same).values(values))
    return True


def _end(run: Run, status: Status) -> float | None:
    """Return when a dead run gave its last sign of life."""
    if status in (Status.RUNNING, Status.STALE):
        return None
    return max(run.started_at, run.heartbeat_at or 0.0)
