"""Take up a planned experiment, so that nobody else does."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import and_, select, update

from errors import DataError
from tracking.folders.folder import ExperimentFolder
from tracking.indexing.index import is_experiment, lock_folder, sync_folder
from tracking.processes import boot_id, host_name, process_started
from tracking.statuses import Status
from tracking.store import schema
from tracking.store.database import Database, DatabaseUnavailable

__all__ = ["claim"]


def claim(database: Database, experiment_id: str, host: str, pid: int) -> bool:
    """Turn a planned experiment into a running one, and return whether this call was the one that did.

    Who claims begins it next. If that process dies before, the experiment can be judged lost, and is planned again.

    Args:
        database: the store that all who might claim it share.
        experiment_id: the whole id.
        host: where it will run.
        pid: the process that will run it.

    Raises:
        DatabaseUnavailable: the database cannot be written.
        DataError: the experiment's folder is not on this machine.
        ResourceError: the experiment's folder cannot be written; then nobody holds it.
    """
    table = schema.experiments.c
    with database.begin() as connection:
        folder = connection.execute(select(table.folder).where(table.id == experiment_id)).scalar()
        if folder is None:
            return False
        # First of all, as whoever takes the folder in does: else what it read before the claim could undo it.
        lock_folder(connection, Path(folder))
        planned = and_(table.id == experiment_id, table.status == Status.PLANNED)
        statement = update(schema.experiments).where(planned).values(status=Status.RUNNING).returning(table.key)
        if connection.execute(statement).scalar() is None:
            return False
        _write_down(Path(folder), host, pid)
    # The claim holds; should the database be away now, it takes the line in later.
    with suppress(DatabaseUnavailable, DataError):
        sync_folder(database, Path(folder))
    return True


def _write_down(folder: Path, host: str, pid: int) -> None:
    if not is_experiment(folder):
        raise DataError(f"{folder}: not on this machine; claim the experiment where its folder is")
    known = host == host_name()
    process: dict[str, Any] = {"boot_id": boot_id(), "process_started": process_started(pid)} if known else {}
    ExperimentFolder(folder).append("claimed", host=host, pid=pid, **process)
