"""Where experiments' folders lie: on this machine, on another, or nowhere any more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import select

from errors import DataError
from tracking import schema
from tracking.database import Database
from tracking.index import is_experiment
from tracking.processes import host_name

__all__ = ["Whereabouts", "local_folders", "locate"]

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
    table = schema.experiments.c
    columns = (table.key, table.id, table.name, table.status, table.folder, table.folder_host)
    for start in range(0, len(ids), _IDS_A_QUERY):
        with database.read() as connection:
            rows = connection.execute(select(*columns).where(table.id.in_(ids[start : start + _IDS_A_QUERY]))).all()
        for key, name, title, status, folder, host in rows:
            yield Whereabouts(key, name, title, status, Path(folder), host)


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
