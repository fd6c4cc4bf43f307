"""Marks on folders that the database could not take in: the next tracker beside them does it."""

from __future__ import annotations

import logging
import os
from pathlib import Path

from sqlalchemy import URL

from tracking.store.database_url import IN_MEMORY, shown_url
from tracking.store.places import home_of

__all__ = ["clear_mark", "marked_folders", "set_mark"]

logger = logging.getLogger(__name__)

_MARKS = ".behind"


def set_mark(folder: Path, url: URL) -> None:
    """Remember that the database ``url`` lacks something of ``folder``; where the disk refuses, nothing happens."""
    try:
        mark = _mark(folder)
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.write_text(_called(url, folder.parent), encoding="utf-8")
    except OSError as error:
        logger.debug("%s: %s", folder, error)


def clear_mark(folder: Path, url: URL) -> None:
    """Forget the mark: the database has caught up."""
    mark = _mark(folder)
    try:
        if mark.read_text(encoding="utf-8") == _called(url, folder.parent):
            mark.unlink()
            mark.parent.rmdir()
    except OSError:
        # No mark, or marks of other folders beside it.
        return


def marked_folders(experiments_dir: Path, url: URL) -> list[Path]:
    """Return the folders directly in ``experiments_dir`` of which the database ``url`` lacks something."""
    try:
        marks = sorted((experiments_dir / _MARKS).iterdir())
        name = _called(url, experiments_dir)
        return [experiments_dir / mark.name for mark in marks if mark.read_text("utf-8") == name]
    except OSError:
        return []


def _called(url: URL, experiments_dir: Path) -> str:
    """Return how marks call a database: by the way to it where they lie below its folder, as both may be moved."""
    if url.drivername == "sqlite" and url.database not in (None, IN_MEMORY):
        file, place = os.path.realpath(str(url.database)), os.path.realpath(experiments_dir)
        if Path(place).is_relative_to(home_of(Path(file))):
            return os.path.relpath(file, place)
    return shown_url(url)


def _mark(folder: Path) -> Path:
    return folder.parent / _MARKS / folder.name
