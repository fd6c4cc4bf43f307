"""What the store and the experiments' folders no longer need, and how it is removed."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, Table, delete, select

from tracking.folders.contents import is_experiment
from tracking.folders.disk import checkpoints_in, disk_usage, outside_of, remove
from tracking.folders.folder import read_object
from tracking.indexing.rebuild import known_roots
from tracking.reading.whereabouts import Whereabouts, all_places
from tracking.statuses import Status
from tracking.store import schema
from tracking.store.database import Database
from tracking.store.vacuum import free_bytes, vacuum
from tracking.upkeep.deletion import DELETED, forget, recorded_artifacts

__all__ = ["Garbage", "checkpoints_elsewhere", "find_garbage"]

_DAY = 86_400.0
_HALF_WRITTEN = re.compile(r"\..+(?P<ending>\.[A-Za-z]+)\.[a-z0-9_]{8}(?P=ending)|\..+\.[a-z0-9_]{8}\.import")
"""Names that ``atomic_files`` and ``import`` give to what they have not finished."""


@dataclass(frozen=True)
class Garbage:
    """Something that can go."""

    kind: str
    what: str
    frees_bytes: int
    remove: Callable[[], None]
    """Does it.

    Raises:
        ResourceError: it cannot be removed.
        DatabaseUnavailable: the database cannot be written.
    """


def find_garbage(
    database: Database,
    *,
    keep_checkpoints: int = 1,
    older_than_days: float = 7.0,
    deleted: bool = False,
    now: float | None = None,
) -> Iterator[Garbage]:
    """Yield what can be freed; nothing is touched.

    Args:
        database: the store.
        keep_checkpoints: how many of the newest checkpoints of a completed experiment stay. Others' stay all: they can
            be taken up again.
        older_than_days: broken databases that were set aside go when they are older; half-written files after a day.
        deleted: also the checkpoints and models that stayed when their experiment was deleted.
        now: seconds since 1970, UTC.

    Raises:
        DatabaseUnavailable: the database cannot be read.
    """
    now = time.time() if now is None else now
    for place in all_places(database):
        if not place.is_here:
            continue
        if is_experiment(place.folder):
            yield from _half_written(map(Path, _below(place.folder)), now)
            if place.status == Status.COMPLETED:
                yield from _checkpoints(database, place, keep_checkpoints)
        elif place.folder.parent.is_dir():
            # Where even the folder above is missing, a disk is not mounted.
            yield _row(database, place)
    for root in known_roots(database):
        if root.is_dir():
            yield from _remains(root, deleted)
            yield from _half_written(root.iterdir(), now)
            yield from _marks(root)
    if database.file is not None:
        yield from _set_aside(database.file, now - older_than_days * _DAY)
    yield from _unused(database)
    yield from _free_pages(database)


def _checkpoints(database: Database, place: Whereabouts, keep: int) -> Iterator[Garbage]:
    recorded = recorded_artifacts(database, place.key, ["checkpoint"])
    found = checkpoints_in(place.folder, recorded)
    for path in found[: max(0, len(found) - keep)]:
        yield _path("checkpoint of a completed experiment", path)


def checkpoints_elsewhere(database: Database) -> list[Path]:
    """Return checkpoints of completed experiments that lie outside of their folders: they are no garbage of the store.

    Raises:
        DatabaseUnavailable: the database cannot be read.
    """
    completed = (place for place in all_places(database) if place.is_here and place.status == Status.COMPLETED)
    return [
        path
        for place in completed
        for path in outside_of(place.folder, recorded_artifacts(database, place.key, ["checkpoint"]))
    ]


def _path(kind: str, path: Path) -> Garbage:
    return Garbage(kind, str(path), disk_usage([path]), lambda: remove(path))


def _row(database: Database, place: Whereabouts) -> Garbage:
    what = f"{place.id} ({place.name}): {place.folder} is gone"
    return Garbage("experiment without a folder", what, 0, lambda: forget(database, [place.key]))


def _remains(root: Path, deleted: bool) -> Iterator[Garbage]:
    for folder in sorted(root.iterdir()):
        if not (folder / DELETED).is_file() or folder.is_symlink() or is_experiment(folder):
            continue
        if not read_object(folder / DELETED).get("kept"):
            yield _path("left by a deletion that was interrupted", folder)
        elif deleted:
            yield _path("checkpoints and models of a deleted experiment", folder)


def _half_written(paths: Iterable[Path], now: float) -> Iterator[Garbage]:
    for path in paths:
        if _HALF_WRITTEN.fullmatch(path.name) and not path.is_symlink() and path.stat().st_mtime < now - _DAY:
            yield _path("half-written file", path)


def _below(folder: Path) -> Iterator[str]:
    for parent, folders, files in os.walk(folder):
        yield from (os.path.join(parent, name) for name in [*folders, *files])  # noqa: PTH118 - a path each costs more


def _marks(root: Path) -> Iterator[Garbage]:
    """Yield marks that the store lacks something of a folder, where the folder itself is gone."""
    marks = root / ".behind"
    if marks.is_dir():
        for mark in sorted(marks.iterdir()):
            if not (root / mark.name).exists():
                yield _path("mark of a folder that is gone", mark)


def _set_aside(file: Path, before: float) -> Iterator[Garbage]:
    for path in sorted(file.absolute().parent.glob(f"{_escaped(file.name)}.corrupt-*")):
        if path.stat().st_mtime < before:
            yield _path("broken database that was set aside", path)


def _escaped(name: str) -> str:
    return re.sub(r"([*?[])", r"[\1]", name)


def _unused(database: Database) -> Iterator[Garbage]:
    with database.read() as connection:
        environments, names = _unused_environments(connection), _unused_names(connection)
    if environments:
        yield Garbage(
            "description of machines or code that no experiment uses",
            f"{len(environments)} rows",
            0,
            lambda: _delete(database, _unused_environments, schema.environment),
        )
    if names:
        yield Garbage(
            "name of a metric that no experiment uses",
            f"{len(names)} rows",
            0,
            lambda: _delete(database, _unused_names, schema.metric_names),
        )


def _unused_environments(connection: Connection) -> Sequence[int]:
    table, users = schema.environment.c, schema.experiments.c
    used = [select(column).where(column.is_not(None)) for column in (users.environment_key, users.code_key)]
    return connection.execute(select(table.key).where(*(table.key.not_in(each) for each in used))).scalars().all()


def _unused_names(connection: Connection) -> Sequence[int]:
    table = schema.metric_names.c
    return (
        connection.execute(select(table.key).where(table.key.not_in(select(schema.metrics.c.name_key)))).scalars().all()
    )


def _delete(database: Database, find: Callable[[Connection], Sequence[int]], table: Table) -> None:
    with database.begin() as connection:
        # Looked for once more: a run may have begun to use one.
        for key in find(connection):
            connection.execute(delete(table).where(table.c.key == key))


def _free_pages(database: Database) -> Iterator[Garbage]:
    free = free_bytes(database)
    if free:
        yield Garbage("free pages in the store's file", str(database.file), free, lambda: vacuum(database))
