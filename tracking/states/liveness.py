"""How the runs in a store stand now, whatever it says of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, or_, select

from errors import AssayError
from tracking.folders.contents import Run, read_folder, take_heartbeat
from tracking.folders.folder import ExperimentFolder
from tracking.folders.unsaved import put_back
from tracking.states.judgement import Judgement, Observer, judge
from tracking.statuses import UNDECIDED, Status
from tracking.store import schema
from tracking.store.clock import store_clock
from tracking.store.database import Database

__all__ = [
    "Case",
    "Judgement",
    "Observer",
    "current_statuses",
    "judge",
    "judge_case",
    "run_in",
    "statuses_now",
    "store_clock",
    "undecided_runs",
    "visible_folder",
]

_RUN = tuple(column for column in schema.runs.c if column.name in Run.__dataclass_fields__)


class Case(NamedTuple):
    """A run whose status others find out, as the store has it."""

    key: int
    experiment_id: str
    name: str
    folder: Path
    fingerprint: str
    """Of the folder when it was taken in."""
    run: Run


def statuses_now(connection: Connection) -> Mapping[int, Judgement]:
    """Return how experiments stand now that the store has as running, stale, or lost with a sign of life since.

    Nothing is written, and SLURM is not asked.

    Args:
        connection: from :meth:`tracking.store.database.Database.read`.

    Returns:
        The experiments' keys and judgements.
    """
    observer = Observer.here()
    now = store_clock(connection)
    return {case.key: judge_case(case, now, observer) for case in undecided_runs(connection, observer)}


def current_statuses(
    database: Database, observer: Observer | None = None, experiment_id: str | None = None
) -> Mapping[int, Judgement]:
    """Return the same as somebody sees it who may ask SLURM, whose answers take long: no connection stays open.

    Args:
        database: the store.
        observer: from where to look; by default from this process, without SLURM.
        experiment_id: look at this one only.

    Raises:
        DatabaseUnavailable: the database cannot be reached.
    """
    observer = observer or Observer.here()
    with database.read() as connection:
        cases, now = undecided_runs(connection, observer, experiment_id), store_clock(connection)
    return {case.key: judge_case(case, now, observer) for case in cases}


def undecided_runs(connection: Connection, observer: Observer, experiment_id: str | None = None) -> list[Case]:
    """Return the runs that are to be judged; see :func:`current_statuses`."""
    experiment, run = schema.experiments.c, schema.runs.c
    doubtful = or_(
        run.status.in_([Status.RUNNING, Status.STALE]),
        and_(run.status == Status.LOST, or_(run.boot_id == observer.boot_id, run.heartbeat_at > run.finished_at)),
    )
    newest = and_(run.experiment_key == experiment.key, run.attempt == experiment.num_runs)
    query = (
        select(experiment.key, experiment.id, experiment.name, experiment.folder, experiment.fingerprint, *_RUN)
        .join(schema.runs, newest)
        .where(experiment.status.in_(UNDECIDED), doubtful)
    )
    if experiment_id is not None:
        query = query.where(experiment.id == experiment_id)
    return [_case(row) for row in connection.execute(query)]


def _case(row: Any) -> Case:
    key, experiment_id, name, folder, fingerprint, *values = row
    named = dict(zip((column.name for column in _RUN), values, strict=True))
    return Case(
        key, experiment_id, name, Path(folder), fingerprint, Run(**{**named, "status": Status(named["status"])})
    )


def judge_case(case: Case, now: float, observer: Observer) -> Judgement:
    """Judge a run by what the store knows of it, and where that is not enough, by its folder."""
    judgement = judge(case.run, now, observer)
    if judgement.status in (case.run.status, Status.RUNNING):
        return judgement
    # While the database could not be written, it may have ended well, or begun anew.
    run = _run_in_folder(case)
    return judgement if run is None else judge(run, now, observer)


def _run_in_folder(case: Case) -> Run | None:
    folder = ExperimentFolder(case.folder)
    put_back(folder.path)
    if folder.fingerprint() == case.fingerprint:
        # Thousands of runs may be open that came from elsewhere: each is looked at in each list, so it is not read.
        take_heartbeat(case.run, folder)
        return case.run
    seen = visible_folder(case)
    return None if seen is None else run_in(seen)


def run_in(folder: ExperimentFolder) -> Run | None:
    """Return the newest attempt of a folder; None where it has none, or cannot be read."""
    try:
        contents = read_folder(folder.path)
    except AssayError:
        return None
    return None if contents is None else contents.last_run


def visible_folder(case: Case) -> ExperimentFolder | None:
    """Return the experiment's folder where it lies on this machine, or on a disk that this machine shares."""
    folder = ExperimentFolder(case.folder)
    return folder if folder.identity().get("id") == case.experiment_id else None
