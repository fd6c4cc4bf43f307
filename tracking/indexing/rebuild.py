"""Make the database from the folders again: they are the truth, and it is an index over them."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import delete, select

from errors import DataError
from tracking.folders.contents import is_experiment
from tracking.indexing.index import SyncReport, sync_folders
from tracking.store import schema
from tracking.store.database import Database
from tracking.store.places import HERE
from tracking.store.roots import read_roots

__all__ = ["RebuildReport", "experiment_folders", "known_roots", "rebuild"]

logger = logging.getLogger(__name__)

_PAGE = 500


class RebuildReport(NamedTuple):
    """What a rebuild did."""

    experiments: int
    """Experiments that the folders hold."""
    points: int
    """Metric points of these."""
    new: int
    """Those of them that the store did not have."""
    changed: int
    """Those that it had otherwise, or from files that were written or moved since."""
    removed: int
    """Experiments whose folder is gone."""
    problems: list[str]
    """Why folders were left out, or what of them, one line each."""


def rebuild(
    database: Database, roots: Sequence[Path], progress: Callable[[int, int], None] | None = None
) -> RebuildReport:
    """Take in all experiments below folders anew, and drop those whose folder there is gone from this machine.

    Doing it again changes nothing. What other machines wrote, or lies elsewhere, stays.

    Args:
        database: the store.
        roots: folders of experiments, at any depth.
        progress: called with how many folders are done, and how many there are.

    Raises:
        DataError: no such folder.
        DatabaseUnavailable: the database cannot be written.
    """
    places = [root.resolve() for root in roots]
    missing = next((root for root in places if not root.is_dir()), None)
    if missing is not None:
        raise DataError(f"{missing}: no such folder")
    folders = list(dict.fromkeys(folder for root in places for folder in experiment_folders(root)))
    reports = []
    for report in sync_folders(database, folders, anew=True):
        reports.append(report)
        if progress is not None:
            progress(len(reports), len(folders))
    for root in places:
        database.remember(root)
    return _summed_up(reports, _drop_gone(database, places))


def _summed_up(reports: Sequence[SyncReport], removed: int) -> RebuildReport:
    # Of two copies, one may have taken the other's place.
    points = {report.key: report.points for report in reports if report.experiments}
    new = {report.key for report in reports if report.is_new}
    changed = {report.key for report in reports if report.changed} - new
    problems = [report.problem for report in reports if report.problem is not None]
    return RebuildReport(len(points), sum(points.values()), len(new), len(changed), removed, problems)


def known_roots(database: Database) -> list[Path]:
    """Return the folders on this machine that experiments of the store lie in.

    Raises:
        DatabaseUnavailable: the database cannot be read.
    """
    remembered = read_roots(database.file) if database.file is not None else []
    return list(dict.fromkeys([*remembered, *(folder.parent for _, folder in _stored_folders(database))]))


def experiment_folders(root: Path) -> Iterator[Path]:
    """Yield the experiments at any depth below ``root``, or ``root`` itself; hidden folders are passed over."""
    seen: set[tuple[int, int]] = set()
    pending = [root]
    while pending:
        folder = pending.pop()
        try:
            status = folder.stat()
            if (status.st_dev, status.st_ino) in seen:
                continue
            seen.add((status.st_dev, status.st_ino))
            if is_experiment(folder):
                yield folder
            else:
                pending.extend(reversed(_folders_in(folder)))
        except OSError as error:
            logger.warning("%s: passed over (%s)", folder, error.strerror)


def _folders_in(folder: Path) -> list[Path]:
    with os.scandir(folder) as entries:
        return sorted(Path(entry.path) for entry in entries if entry.is_dir() and not entry.name.startswith("."))


def _drop_gone(database: Database, roots: Iterable[Path]) -> int:
    """Delete the experiments whose folder lay below one of ``roots`` on this host and holds none any more."""
    gone = [
        key
        for key, folder in _stored_folders(database)
        if any(folder.is_relative_to(root) for root in roots) and not is_experiment(folder)
    ]
    for start in range(0, len(gone), _PAGE):
        with database.begin() as connection:
            chosen = schema.experiments.c.key.in_(gone[start : start + _PAGE])
            connection.execute(delete(schema.experiments).where(chosen))
    return len(gone)


def _stored_folders(database: Database) -> Iterator[tuple[int, Path]]:
    """Yield key and folder of each experiment that was read from this host's disks."""
    table = schema.experiments.c
    query = (
        select(table.key, table.folder).where(table.folder_host.in_([HERE, socket.gethostname()])).order_by(table.key)
    )
    last, full = -1, True
    while full:
        with database.read() as connection:
            page = connection.execute(query.where(table.key > last).limit(_PAGE)).all()
        yield from ((row.key, Path(row.folder)) for row in page)
        last, full = (page[-1].key, len(page) == _PAGE) if page else (last, False)
