"""Where experiments' folders lie, as each kind of store tells it."""

from __future__ import annotations

import time
from pathlib import Path

from tracking.folders.folder import ExperimentFolder
from tracking.indexing.index import sync_folder
from tracking.reading.whereabouts import suite_folders
from tracking.store.database import Database


def test_the_folders_of_suites_are_named_once_each(database: Database, tmp_path: Path) -> None:
    assert suite_folders(database) == []
    suites = [tmp_path / "a suite %_'", tmp_path / "another"]
    for number, suite in enumerate([*suites, *suites]):
        folder = ExperimentFolder(suite / f"run {number}")
        folder.identify(f"exp_20260101_000000_{number:06x}", f"run {number}", time.time())
        sync_folder(database, folder.path)
    assert suite_folders(database) == suites
