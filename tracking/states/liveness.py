"""How the runs in a store stand now, and how the store is put right where it says otherwise."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, or_, select, text, update

from errors import AssayError
from tracking.folders.contents import Run, read_folder
from tracking.folders.folder import ExperimentFolder
from tracking.indexing.index import sync_folder
from tracking.states.judgement import Judgement, Observer, judge
from tracking.states.slurm import job_state
from tracking.statuses import UNDECIDED, Status
from tracking.store import schema
from tracking.store.database import Database

__all__ = ["Change", "Judgement", "Observer", "current_statuses", "judge", "reconcile", "store_clock"]

_RUN = tuple(column for column in schema.runs.c if column.name in Run.__dataclass_fields__)


class Change(NamedTuple):
    """One status that was put right."""

    experiment_id: str
    name: str
    before: Status
    after: Status
    evidence: str
    in_folder: bool
    """Whether it stands in the experiment's folder; if not, a rebuild from folders forgets it."""


class _Case(NamedTuple):
    key: int
    experiment_id: str
    name: str
    folder: Path
    run: Run


def store_clock(connection: Connection) -> float:
    """Return the time that heartbeats go by: a server's own, so that hosts whose clocks differ agree."""
    if connection.dialect.name == "sqlite":
        return time.time()
    return float(connection.execute(text("SELECT extract(epoch FROM clock_timestamp())")).scalar_one())


def current_statuses(
    database: Database, observer: Observer | None = None, experiment_id: str | None = None
) -> Mapping[int, Judgement]:
    """Return how experiments stand now that the store has as running, stale, or lost with a sign of life since.

    Nothing is written. SLURM is asked only through an observer that does so: its answers take long.

    Args:
        database: the store.
        observer: from where to look; by default from this process, without SLURM.
        experiment_id: look at this one only.

    Returns:
        The experiments' keys and judgements.

    Raises:
        DatabaseUnavailable: the database cannot be reached.
    """
    observer = observer or Observer.here()
    with database.read() as connection:
        cases, now = _undecided(connection, observer, experiment_id), store_clock(connection)
    return {case.key: _judge_case(case, now, observer) for case in cases}


def reconcile(database: Database, observer: Observer | None = None) -> list[Change]:
    """Write into folders and store how undecided runs stand now, and return what that changed.

    Raises:
        DatabaseUnavailable: the database cannot be reached or written.
    """
    observer = observer or Observer.here(job_state)
    with database.read() as connection:
        cases, now = _undecided(connection, observer), store_clock(connection)
    judged = [(case, _judge_case(case, now, observer)) for case in cases]
    tried = [_put_right(database, case, judgement) for case, judgement in judged if judgement.status != case.run.status]
    return [change for change in tried if change is not None]


def _undecided(connection: Connection, observer: Observer, experiment_id: str | None = None) -> list[_Case]:
    experiment, run = schema.experiments.c, schema.runs.c
    doubtful = or_(
        run.status.in_([Status.RUNNING, Status.STALE]),
        and_(run.status == Status.LOST, or_(run.boot_id == observer.boot_id, run.heartbeat_at > run.finished_at)),
    )
    newest = and_(run.experiment_key == experiment.key, run.attempt == experiment.num_runs)
    query = (
        select(experiment.key, experiment.id, experiment.name, experiment.folder, *_RUN)
        .join(schema.runs, newest)
        .where(experiment.status.in_(UNDECIDED), doubtful)
    )
    if experiment_id is not None:
        query = query.where(experiment.id == experiment_id)
    return [_case(row) for row in connection.execute(query)]


def _case(row: Any) -> _Case:
    key, experiment_id, name, folder, *values = row
    named = dict(zip((column.name for column in _RUN), values, strict=True))
    return _Case(key, experiment_id, name, Path(folder), Run(**{**named, "status": Status(named["status"])}))


def _judge_case(case: _Case, now: float, observer: Observer) -> Judgement:
    judgement = judge(case.run, now, observer)
    if judgement.status in (case.run.status, Status.RUNNING):
        return judgement
    # While the database could not be written, it may have ended well, or begun anew.
    folder = _visible_folder(case)
    run = None if folder is None else _run_in(folder)
    return judgement if run is None else judge(run, now, observer)


def _run_in(folder: ExperimentFolder) -> Run | None:
    try:
        contents = read_folder(folder.path)
    except AssayError:
        return None
    return None if contents is None else contents.last_run


def _visible_folder(case: _Case) -> ExperimentFolder | None:
    """Return the experiment's folder where it lies on this machine, or on a disk that this machine shares."""
    folder = ExperimentFolder(case.folder)
    return folder if folder.identity().get("id") == case.experiment_id else None


def _put_right(database: Database, case: _Case, judgement: Judgement) -> Change | None:
    """Write a status down; None where the run itself has spoken since it was judged."""
    folder = _visible_folder(case)
    written = folder is not None and _write_to_folder(database, folder, judgement)
    if not written and not _write_to_database(database, case, judgement):
        return None
    return Change(case.experiment_id, case.name, case.run.status, judgement.status, judgement.evidence, written)


def _write_to_folder(database: Database, folder: ExperimentFolder, judgement: Judgement) -> bool:
    run = _run_in(folder)
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


def _write_to_database(database: Database, case: _Case, judgement: Judgement) -> bool:
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
