"""Two folders that hold the same experiment: the one that went further is meant, and the other is left alone."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from errors import DataError
from tracking.folders.contents import read_folder
from tracking.folders.folder import METRICS
from tracking.folders.parts import FolderContents
from tracking.indexing.experiment_index import Stored
from tracking.store import schema

__all__ = ["better_copy"]


class _Progress(NamedTuple):
    """How far a folder's experiment came; a copy stays behind as soon as the original goes on."""

    last_start: float
    events: int
    metric_bytes: int


def better_copy(connection: Connection, contents: FolderContents, stored: Stored | None) -> str | None:
    """Return where another folder of the same experiment lies that is to be kept; None where ``contents`` counts.

    Of two that came equally far on this host the one that the database has stays, so that they do not take turns.

    Args:
        connection: to the database.
        contents: what the folder says.
        stored: where the database took the experiment from.
    """
    if stored is None:
        return None
    if stored.folder_host != socket.gethostname():
        further = _stored_progress(connection, stored) > _progress(contents)
        return f"{stored.folder} on {stored.folder_host}" if further else None
    if stored.folder == contents.folder:
        return None
    other = _read(stored.folder)
    if other is None or other.id != contents.id:
        # It was moved, or made anew.
        return None
    return str(stored.folder) if _progress(other) >= _progress(contents) else None


def _read(folder: Path) -> FolderContents | None:
    try:
        return read_folder(folder)
    except DataError:
        return None


def _progress(contents: FolderContents) -> _Progress:
    try:
        size = (contents.folder / METRICS).stat().st_size
    except OSError:
        size = 0
    run = contents.last_run
    return _Progress(run.started_at if run else 0.0, len(contents.events), size)


def _stored_progress(connection: Connection, stored: Stored) -> _Progress:
    runs, events = schema.runs.c, schema.events.c
    start = connection.execute(select(func.max(runs.started_at)).where(runs.experiment_key == stored.key)).scalar()
    count = connection.execute(select(func.count()).where(events.experiment_key == stored.key)).scalar_one()
    return _Progress(start or 0.0, count, stored.metrics_offset)
