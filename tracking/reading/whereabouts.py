"""Where experiments' folders lie: on this machine, on another, or nowhere any more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import func, select

from errors import DataError
from tracking.folders.contents import is_experiment
from tracking.processes import host_name
from tracking.store import schema
from tracking.store.database import Database

__all__ = ["Whereabouts", "all_places", "local_folders", "locate", "suite_folders"]

_E = schema.experiments.c
_COLUMNS = (_E.key, _E.id, _E.name, _E.status, _E.folder, _E.folder_host)
_IDS_A_QUERY = 500


class Whereabouts(NamedTuple):
    """What the store knows of an experiment's place."""

    key: int
    id: str
    name: str
    status: str
    folder: Path
    host: str

    @property
    def is_here(self) -> bool:
        """Whether the folder lies, or lay, on this machine."""
        return self.host == host_name()


def locate(database: Database, ids: Sequence[str]) -> list[Whereabouts]:
    """Return where the experiments lie, in the order of ``ids``; ids that the store does not know are left out.

    Raises:
        DatabaseUnavailable: the database cannot be reached.
    """
    found = {place.id: place for place in _places(database, ids)}
    return [found[each] for each in ids if each in found]


def _places(database: Database, ids: Sequence[str]) -> Iterator[Whereabouts]:
    for start in range(0, len(ids), _IDS_A_QUERY):
        with database.read() as connection:
            query = select(*_COLUMNS).where(_E.id.in_(ids[start : start + _IDS_A_QUERY]))
            found = [_place(row) for row in connection.execute(query).tuples()]
        yield from found


def _place(row: tuple[int, str, str, str, str, str]) -> Whereabouts:
    key, experiment_id, name, status, folder, host = row
    return Whereabouts(key, experiment_id, name, status, Path(folder), host)


def all_places(database: Database) -> Iterator[Whereabouts]:
    """Yield where each experiment lies; a page at a time is read.

    Raises:
        DatabaseUnavailable: the database cannot be reached.
    """
    last, more = 0, True
    while more:
        with database.read() as connection:
            query = select(*_COLUMNS).where(_COLUMNS[0] > last).order_by(_COLUMNS[0]).limit(_IDS_A_QUERY)
            found = [_place(row) for row in connection.execute(query).tuples()]
        yield from found
        last, more = (found[-1].key, True) if found else (last, False)


def suite_folders(database: Database) -> list[Path]:
    """Return the folders that the experiments' folders lie in, each once.

    Raises:
        DatabaseUnavailable: the database cannot be reached.
    """
    # What stands behind the last slash holds none of it: strip all other characters from the end.
    parent = func.rtrim(_E.folder, func.replace(_E.folder, "/", ""), type_=_E.folder.type)
    with database.read() as connection:
        return [Path(folder) for folder in connection.scalars(select(parent).distinct().order_by(parent))]


def local_folders(database: Database, ids: Sequence[str]) -> list[Path]:
    """Return the folders of experiments that are to be written to.

    Raises:
        DataError: one lies on another machine, or is gone.
        DatabaseUnavailable: the database cannot be reached.
    """
    places = locate(database, ids)
    for place in places:
        if not place.is_here:
            raise DataError(f"{place.id}: its folder is {place.folder} on {place.host}; run the command there")
        if not is_experiment(place.folder):
            raise DataError(
                f"{place.id}: its folder {place.folder} is gone; if it was moved, take it in where it is now: "
                "python experiment_cli.py rebuild FOLDER"
            )
    return [place.folder for place in places]
