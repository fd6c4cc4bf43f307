"""Delete experiments: what would go is said first; trained weights stay unless they are named too."""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import delete, select

from atomic_files import write_json
from errors import DataError
from tracking.folders.contents import is_experiment
from tracking.folders.disk import checkpoints_in, disk_usage, models_in, outside_of, remove, removed_with
from tracking.folders.folder import ENVIRONMENT, RESULTS, TRACKING, read_object
from tracking.reading.records import ExperimentRecord
from tracking.reading.whereabouts import Whereabouts, locate
from tracking.statuses import Status
from tracking.store import schema
from tracking.store.database import Database

__all__ = ["DELETED", "Deletion", "delete_experiment", "forget", "plan_deletion"]

DELETED = "deleted.json"
"""Stands in a folder of which only the weights are left."""

_SHOWN = 5
_WEIGHTS = ("checkpoint", "model")


@dataclass(frozen=True)
class Deletion:
    """What deleting one experiment does."""

    id: str
    name: str
    status: Status
    key: int
    folder: Path | None
    """None where there is none any more, or it is not touched."""
    freed_bytes: int
    kept: tuple[Path, ...]
    """Checkpoints and models that stay where they are."""
    kept_bytes: int
    outside: tuple[Path, ...] = ()
    """What the experiment recorded outside of its folder, such as checkpoints elsewhere: it is never touched."""

    @property
    def outside_bytes(self) -> int:
        """How much room that takes."""
        return disk_usage(self.outside)


def plan_deletion(
    database: Database,
    records: Sequence[ExperimentRecord],
    *,
    checkpoints: bool = False,
    force: bool = False,
    rows_only: bool = False,
) -> list[Deletion]:
    """Return what deleting the experiments would do; nothing is touched.

    Args:
        database: the store.
        records: what is to go, with the status that each has now.
        checkpoints: checkpoints and models go too.
        force: also experiments that run or may run.
        rows_only: only the store forgets them; folders stay, and a rebuild takes them in again.

    Raises:
        DataError: something runs, lies on another machine or is no experiment's folder; then nothing is to be deleted.
        DatabaseUnavailable: the database cannot be reached.
    """
    status = {record.id: record.status for record in records}
    places = locate(database, list(status))
    refused = [
        reason for place in places for reason in _objections(database, place, status[place.id], force, rows_only)
    ]
    if refused:
        more = f"\n... and {len(refused) - _SHOWN} more" if len(refused) > _SHOWN else ""
        raise DataError("nothing was deleted:\n" + "\n".join(refused[:_SHOWN]) + more)
    return [_plan(database, place, status[place.id], checkpoints, rows_only) for place in places]


def _objections(database: Database, place: Whereabouts, status: Status, force: bool, rows_only: bool) -> Iterator[str]:
    if status in (Status.RUNNING, Status.STALE) and not force:
        yield f"{place.id} ({place.name}) is {status}; stop it first, or add --force"
    if rows_only:
        return
    folder = place.folder
    if not place.is_here:
        yield f"{place.id}: its folder is {folder} on {place.host}; delete it there, or only its rows with --rows-only"
    elif folder.is_symlink():
        yield f"{place.id}: {folder} is a link; remove it by hand"
    elif folder.exists():
        yield from _folder_objections(database, place, folder)


def _folder_objections(database: Database, place: Whereabouts, folder: Path) -> Iterator[str]:
    found = read_object(folder / TRACKING).get("id", place.id)
    if not is_experiment(folder) or found != place.id:
        yield f"{place.id}: {folder} holds something else now; rebuild the store, or delete only rows with --rows-only"
    inner = next((parent for parent, _, files in os.walk(folder) if TRACKING in files and parent != str(folder)), None)
    if inner is not None:
        yield f"{place.id}: {folder} holds another experiment, {inner}; move that first"
    if database.file is not None and database.file.resolve().is_relative_to(folder.resolve()):
        yield f"{place.id}: {folder} holds the store itself; move {database.file} first"


def _plan(database: Database, place: Whereabouts, status: Status, checkpoints: bool, rows_only: bool) -> Deletion:
    if rows_only:
        return Deletion(place.id, place.name, status, place.key, None, 0, (), 0)
    outside = tuple(outside_of(place.folder, recorded_artifacts(database, place.key)))
    if not place.folder.exists():
        return Deletion(place.id, place.name, status, place.key, None, 0, (), 0, outside)
    kept: Collection[Path] = ()
    if not checkpoints:
        recorded = recorded_artifacts(database, place.key, _WEIGHTS)
        kept = {*checkpoints_in(place.folder, recorded), *models_in(place.folder, recorded)}
        kept = sorted(path for path in kept if not kept.intersection(path.parents))
    freed = disk_usage(removed_with(place.folder, kept))
    return Deletion(
        place.id, place.name, status, place.key, place.folder, freed, tuple(kept), disk_usage(kept), outside
    )


def recorded_artifacts(database: Database, key: int, kinds: Sequence[str] | None = None) -> list[str]:
    """Return the paths of what an experiment recorded, relative to its folder; only of some kinds, or (None) of all."""
    table = schema.artifacts.c
    query = select(table.path).where(table.experiment_key == key)
    if kinds is not None:
        query = query.where(table.kind.in_(kinds))
    with database.read() as connection:
        return list(connection.execute(query).scalars())


def delete_experiment(database: Database, deletion: Deletion) -> None:
    """Do what :func:`plan_deletion` returned.

    First the folder ceases to be an experiment, so that no rebuild brings back half of one if this is interrupted; then
    ``gc`` removes what is left.

    Raises:
        DatabaseUnavailable: the database cannot be written.
        ResourceError: a file cannot be removed.
    """
    folder = deletion.folder
    if folder is not None:
        kept = [str(path.relative_to(folder)) for path in deletion.kept]
        write_json(
            folder / DELETED,
            {"id": deletion.id, "name": deletion.name, "deleted_at": time.time(), "kept": kept},
        )
        for name in (TRACKING, RESULTS, ENVIRONMENT):
            remove(folder / name)
    forget(database, [deletion.key])
    if folder is not None:
        spared = [*deletion.kept, folder / DELETED] if deletion.kept else []
        for path in list(removed_with(folder, spared)):
            remove(path)


def forget(database: Database, keys: Sequence[int]) -> None:
    """Remove rows of experiments, and all that belongs to them.

    Raises:
        DatabaseUnavailable: the database cannot be written.
    """
    table = schema.experiments
    for key in keys:
        with database.begin() as connection:
            connection.execute(delete(table).where(table.c.key == key))
