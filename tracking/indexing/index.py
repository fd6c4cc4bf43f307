"""Takes folders into the database. The same code serves a live run, one that catches up, and a rebuild from nothing."""

from __future__ import annotations

import hashlib
import logging
import socket
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, bindparam, delete, select, text, update
from sqlalchemy.exc import DBAPIError

from errors import DataError
from tracking.folders.contents import is_experiment, read_folder
from tracking.folders.folder import METRICS, ExperimentFolder
from tracking.folders.metric_points import Bookmark
from tracking.folders.parts import FolderContents
from tracking.folders.unsaved import put_back
from tracking.indexing.columns import storable
from tracking.indexing.copies import better_copy
from tracking.indexing.evaluation_index import take_evaluations
from tracking.indexing.experiment_index import Stored, put_experiment, stored_experiment
from tracking.indexing.metric_index import declared_metrics, take_points, take_results
from tracking.indexing.stored_files import stored_files
from tracking.store import schema
from tracking.store.database import Database, DatabaseUnavailable, TransactionConflict
from tracking.store.faults import explained
from tracking.store.places import placed

__all__ = ["SyncReport", "is_experiment", "lock_folder", "sync_folder", "sync_folders"]

logger = logging.getLogger(__name__)

_FOLDERS_A_TRANSACTION = 50
_CONFLICTS = 10

_EXPERIMENTS = schema.experiments.c
_SELECT = select(
    _EXPERIMENTS.key,
    _EXPERIMENTS.fingerprint,
    _EXPERIMENTS.metrics_offset,
    _EXPERIMENTS.metrics_lines,
    _EXPERIMENTS.metrics_tail,
)
_BY_KEY = _SELECT.where(_EXPERIMENTS.key == bindparam("wanted_key"))
_BY_FOLDER = _SELECT.where(
    _EXPERIMENTS.folder == bindparam("wanted_folder"), _EXPERIMENTS.folder_host == bindparam("wanted_host")
)
_DELETE = delete(schema.experiments).where(_EXPERIMENTS.key == bindparam("wanted_key"))
_UPDATE = update(schema.experiments).where(_EXPERIMENTS.key == bindparam("wanted_key"))


class SyncReport(NamedTuple):
    """What taking in a folder did."""

    folder: Path
    experiments: int
    """1 where the folder holds an experiment that was taken in, now or before; else 0."""
    changed: int
    """1 where something was new."""
    points: int
    """Metric points that were taken in."""
    problem: str | None = None
    """Why the folder was left out, or what of it."""
    key: int | None = None
    """The experiment's in the database."""
    is_new: bool = False
    """Whether the database did not have the experiment before."""


class _Row(NamedTuple):
    """What the database knows of a folder's files."""

    key: int
    fingerprint: str
    bookmark: Bookmark


def sync_folder(database: Database, folder: Path) -> SyncReport:
    """Take in what is new in one folder.

    Raises:
        DatabaseUnavailable: the database cannot be written.
        DataError: the folder cannot be taken in; the message says why.
    """
    [report] = sync_folders(database, [folder])
    if report.problem is not None:
        if not report.experiments:
            raise DataError(report.problem)
        logger.warning("%s", report.problem)
    return report


def sync_folders(database: Database, folders: Iterable[Path], *, anew: bool = False) -> Iterator[SyncReport]:
    """Take in what is new in many folders, and yield what was done with each; one that is broken stops no other.

    Args:
        database: where to.
        folders: experiments; others are passed over.
        anew: trust nothing that the database says of them, and read all.

    Raises:
        DatabaseUnavailable: the database cannot be written.
    """
    pending = [folder.resolve() for folder in folders]
    # A server has other writers, whom long transactions would hold up.
    size = _FOLDERS_A_TRANSACTION if database.is_sqlite else 1
    for start in range(0, len(pending), size):
        yield from _sync_together(database, pending[start : start + size], anew)


def _sync_together(database: Database, folders: Sequence[Path], anew: bool) -> list[SyncReport]:
    for remaining in reversed(range(_CONFLICTS)):
        try:
            with database.begin() as connection:
                reports = [_sync_guarded(connection, folder, anew) for folder in folders]
            break
        except TransactionConflict:
            if not remaining:
                raise
    for report in reports:
        if report.experiments:
            database.remember(report.folder.parent)
    return reports


def _sync_guarded(connection: Connection, folder: Path, anew: bool) -> SyncReport:
    """Take in a folder; if that fails, leave everything about it as it was."""
    try:
        with connection.begin_nested():
            return _sync(connection, folder, anew)
    except DatabaseUnavailable:
        raise
    except DBAPIError as error:
        if explained(error, "") is not None:
            raise
        return _left_out(folder, error.orig or error)
    except Exception as error:
        # Folders come from anywhere and hold anything: no single one may keep all others out.
        return _left_out(folder, error)


def _left_out(folder: Path, error: BaseException) -> SyncReport:
    reason = f"{type(error).__name__}: {error}" if not isinstance(error, DataError) else str(error)
    return SyncReport(folder, 0, 0, 0, f"{folder}: left out ({' '.join(reason.split())})")


def _sync(connection: Connection, folder: Path, anew: bool) -> SyncReport:
    lock_folder(connection, folder)
    put_back(folder)
    fingerprint = ExperimentFolder(folder).fingerprint()
    # Another host's folder of the same name is another folder.
    place = placed(connection, folder)
    wanted = {"wanted_folder": storable(place["folder"]), "wanted_host": place["folder_host"]}
    row = _row(connection, _BY_FOLDER, wanted)
    before = row
    contents, stored, problem = None, None, None
    if row is None or anew or row.fingerprint != fingerprint:
        contents = read_folder(folder)
        if contents is None:
            return SyncReport(folder, 0, 0, 0)
        stored = stored_experiment(connection, contents.id)
        other = better_copy(connection, contents, stored)
        if other is not None:
            problem = f"{folder}: left out, as {other} holds {contents.id} too, and no less of it; delete one of them"
            return SyncReport(folder, 0, 0, 0, problem)
        if contents.unreadable:
            contents, problem = _with_what_was_known(connection, contents, stored)
        if row is not None and (stored is None or stored.key != row.key):
            # Whoever stood under this path before has no folder any more, and so is nothing.
            connection.execute(_DELETE, {"wanted_key": row.key})
        row = _put(connection, contents, fingerprint, stored, anew)
    points, bookmark = _take_points(connection, row, folder / METRICS)
    if contents is not None:
        take_results(connection, row.key, declared_metrics(contents.results))
    changed = before != _Row(row.key, fingerprint, bookmark)
    return SyncReport(folder, 1, int(changed), points, problem, row.key, contents is not None and stored is None)


def _with_what_was_known(
    connection: Connection, contents: FolderContents, stored: Stored | None
) -> tuple[FolderContents, str]:
    """Return what a folder says with files that cannot be read, completed from the database, and what to say of it."""
    cannot = f"{contents.folder}: {' and '.join(contents.unreadable)} cannot be read; restore from a backup"
    if stored is None:
        return contents, f"{cannot}. All else was taken in"
    completed = read_folder(contents.folder, stored_files(connection, stored.key))
    return completed or contents, f"{cannot}. Until then the store keeps what it knew"


def _put(connection: Connection, contents: FolderContents, fingerprint: str, stored: Stored | None, anew: bool) -> _Row:
    key = put_experiment(connection, contents, fingerprint, stored, anew)
    take_evaluations(connection, key, contents.folder, contents.evaluations)
    row = _row(connection, _BY_KEY, {"wanted_key": key})
    assert row is not None
    return row


def _take_points(connection: Connection, row: _Row, path: Path) -> tuple[int, Bookmark]:
    points, bookmark = take_points(connection, row.key, path, row.bookmark)
    if bookmark != row.bookmark:
        values = {"metrics_offset": bookmark.offset, "metrics_lines": bookmark.lines, "metrics_tail": bookmark.tail}
        connection.execute(_UPDATE, {"wanted_key": row.key, **values})
    return points, bookmark


def _row(connection: Connection, query: Select[Any], wanted: dict[str, Any]) -> _Row | None:
    found = connection.execute(query, wanted).one_or_none()
    return _Row(found[0], found[1], Bookmark(*found[2:])) if found else None


def lock_folder(connection: Connection, folder: Path) -> None:
    """Let one writer at a time read this folder and write what it says; in SQLite there is only one anyway."""
    if connection.dialect.name == "postgresql":
        digest = hashlib.sha256(f"{socket.gethostname()}\n{folder}".encode("utf-8", "replace")).digest()
        number = int.from_bytes(digest[:8], signed=True)
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": number})
