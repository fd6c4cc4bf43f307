"""Marks on folders that the database could not take in: the next tracker beside them does it."""

from __future__ import annotations

import logging
from pathlib import Path

from sqlalchemy import URL

from tracking.store.database_url import shown_url

__all__ = ["clear_mark", "marked_folders", "set_mark"]

logger = logging.getLogger(__name__)

_MARKS = ".behind"


def set_mark(folder: Path, url: URL) -> None:
    """Remember that the database ``url`` lacks something of ``folder``; where the disk refuses, nothing happens."""
    try:
        mark = _mark(folder)
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.write_text(shown_url(url), encoding="utf-8")
    except OSError as error:
        logger.debug("%s: %s", folder, error)


def clear_mark(folder: Path, url: URL) -> None:
    """Forget the mark: the database has caught up."""
    mark = _mark(folder)
    try:
        if mark.read_text(encoding="utf-8") == shown_url(url):
            mark.unlink()
            mark.parent.rmdir()
    except OSError:
        # No mark, or marks of other folders beside it.
        return


def marked_folders(experiments_dir: Path, url: URL) -> list[Path]:
    """Return the folders directly in ``experiments_dir`` of which the database ``url`` lacks something."""
    try:
        marks = sorted((experiments_dir / _MARKS).iterdir())
        return [experiments_dir / mark.name for mark in marks if mark.read_text("utf-8") == shown_url(url)]
    except OSError:
        return []


def _mark(folder: Path) -> Path:
    return folder.parent / _MARKS / folder.name
