"""Takes folders into the database. The same code serves a live run, one that catches up, and a rebuild from nothing."""

from __future__ import annotations

import hashlib
import logging
import socket
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, delete, select, text, update
from sqlalchemy.exc import DBAPIError

from errors import DataError
from tracking import schema
from tracking.columns import storable
from tracking.contents import is_experiment, read_folder
from tracking.copies import better_copy
from tracking.database import Database, TransactionConflict
from tracking.evaluation_index import forget_evaluations, take_evaluations
from tracking.experiment_index import put_experiment
from tracking.faults import explained
from tracking.folder import CONFIG, ENVIRONMENT, JOURNAL, METRICS, RESULTS, TRACKING
from tracking.metric_index import declared_metrics, forget_points, take_points, take_results
from tracking.metric_points import Bookmark
from tracking.parts import FolderContents

__all__ = ["SyncReport", "is_experiment", "lock_folder", "sync_folder", "sync_folders"]

logger = logging.getLogger(__name__)

_DESCRIBING_FILES = (TRACKING, JOURNAL, CONFIG, ENVIRONMENT, RESULTS)
_FOLDERS_A_TRANSACTION = 50
_CONFLICTS = 10


class SyncReport(NamedTuple):
    """What taking in a folder did."""

    folder: Path
    experiments: int
    """1 where the folder holds an experiment that was taken in, now or before; else 0."""
    changed: int
    """1 where something was new."""
    points: int
    """Metric points that were new."""
    problem: str | None = None
    """Why the folder was left out."""


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
        raise DataError(report.problem)
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
        if report.problem is not None:
            logger.warning("%s", report.problem)
    return reports


def _sync_guarded(connection: Connection, folder: Path, anew: bool) -> SyncReport:
    """Take in a folder; if that fails, leave everything about it as it was."""
    try:
        with connection.begin_nested():
            return _sync(connection, folder, anew)
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
    fingerprint = _fingerprint(folder)
    row = _row(connection, _lies_in(folder))
    contents = None
    if row is None or anew or row.fingerprint != fingerprint:
        contents = read_folder(folder)
        if contents is None:
            return SyncReport(folder, 0, 0, 0)
        other = better_copy(connection, contents)
        if other is not None:
            return SyncReport(
                folder, 0, 0, 0, f"{folder}: left out, as {other} holds {contents.id} too, and no less of it"
            )
        row = _put(connection, contents, fingerprint, anew)
    points, bookmark = take_points(connection, row.key, folder / METRICS, row.bookmark)
    if bookmark != row.bookmark or anew:
        _put_bookmark(connection, row.key, bookmark)
    if contents is not None:
        take_results(connection, row.key, declared_metrics(contents.results))
    return SyncReport(folder, 1, int(contents is not None or points > 0), points)


def _put(connection: Connection, contents: FolderContents, fingerprint: str, anew: bool) -> _Row:
    """Write everything but metrics of an experiment, replacing what stood there."""
    table = schema.experiments.c
    # Whoever stood under this path before has no folder any more, and so is nothing.
    connection.execute(delete(schema.experiments).where(_lies_in(contents.folder), table.id != contents.id))
    key = put_experiment(connection, contents, fingerprint)
    if anew:
        forget_points(connection, key)
        forget_evaluations(connection, key)
    take_evaluations(connection, key, contents.folder, contents.evaluations)
    row = _row(connection, table.key == key)
    assert row is not None
    return row._replace(bookmark=Bookmark()) if anew else row


def _lies_in(folder: Path) -> ColumnElement[bool]:
    # Another host's folder of the same name is another folder.
    table = schema.experiments.c
    return and_(table.folder == storable(str(folder)), table.folder_host == socket.gethostname())


def _row(connection: Connection, condition: ColumnElement[bool]) -> _Row | None:
    table = schema.experiments.c
    bookmark = (table.metrics_offset, table.metrics_lines, table.metrics_tail)
    found = connection.execute(select(table.key, table.fingerprint, *bookmark).where(condition)).one_or_none()
    return _Row(found[0], found[1], Bookmark(*found[2:])) if found else None


def _put_bookmark(connection: Connection, key: int, bookmark: Bookmark) -> None:
    table = schema.experiments
    values = {"metrics_offset": bookmark.offset, "metrics_lines": bookmark.lines, "metrics_tail": bookmark.tail}
    connection.execute(update(table).where(table.c.key == key).values(values))


def _fingerprint(folder: Path) -> str:
    digest = hashlib.sha256()
    for name in _DESCRIBING_FILES:
        try:
            status = (folder / name).stat()
        except OSError:
            continue
        digest.update(f"{name} {status.st_size} {status.st_mtime_ns} {status.st_ino}\n".encode())
    return digest.hexdigest()


def lock_folder(connection: Connection, folder: Path) -> None:
    """Let one writer at a time read this folder and write what it says; in SQLite there is only one anyway."""
    if connection.dialect.name == "postgresql":
        digest = hashlib.sha256(f"{socket.gethostname()}\n{folder}".encode("utf-8", "replace")).digest()
        number = int.from_bytes(digest[:8], signed=True)
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": number})
