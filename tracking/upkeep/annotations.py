"""Notes and tags that people add to experiments: a line in the folder's journal, and the store knows it too."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from errors import ConfigError
from tracking.folders.folder import ExperimentFolder
from tracking.folders.tags import checked_tag
from tracking.indexing.index import sync_folder
from tracking.reading.whereabouts import local_folders
from tracking.store.database import Database, DatabaseUnavailable

__all__ = ["add_note", "change_tags"]

logger = logging.getLogger(__name__)


def add_note(database: Database, ids: Sequence[str], text: str) -> None:
    """Add a note to each of the experiments.

    Raises:
        ConfigError: the note is empty.
        DataError: an experiment's folder is not on this machine; then none is changed.
        ResourceError: a folder cannot be written.
    """
    if not text.strip():
        raise ConfigError("the note is empty")
    for folder in local_folders(database, ids):
        ExperimentFolder(folder).append("note", text=text.strip())
        _take_in(database, folder)


def change_tags(database: Database, ids: Sequence[str], add: Sequence[str], remove: Sequence[str]) -> None:
    """Add tags to each of the experiments, and remove others; what is already so stays so.

    Raises:
        ConfigError: a tag is empty, too long or of several lines, or is both to come and to go.
        DataError: an experiment's folder is not on this machine; then none is changed.
        ResourceError: a folder cannot be written.
    """
    added, removed = (list(dict.fromkeys(map(checked_tag, tags))) for tags in (add, remove))
    both = sorted(set(added) & set(removed))
    if both:
        raise ConfigError(f"{', '.join(both)}: cannot be added and removed at once")
    for folder in local_folders(database, ids):
        ExperimentFolder(folder).append("tags", add=added, remove=removed)
        _take_in(database, folder)


def _take_in(database: Database, folder: Path) -> None:
    try:
        sync_folder(database, folder)
    except DatabaseUnavailable as error:
        logger.warning("%s: written in the folder; the store will take it in later (%s)", folder, error)
