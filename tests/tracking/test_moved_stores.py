"""Working folders, each a database with the folders beside it, that are copied and moved."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.tracking.folders_made import START, make_folder
from tests.tracking.stored_rows import row_of, stored_rows
from tracking.folders.folder import ExperimentFolder
from tracking.folders.metric_points import MetricPoint
from tracking.indexing.behind import clear_mark, marked_folders, set_mark
from tracking.indexing.index import sync_folder
from tracking.indexing.rebuild import known_roots, rebuild
from tracking.reading.local_backend import LocalBackend
from tracking.reading.whereabouts import all_places
from tracking.store.database import Database
from tracking.store.database_url import database_url
from tracking.store.roots import roots_file
from tracking.upkeep.annotations import add_note
from tracking.upkeep.deletion import delete_experiment, plan_deletion
from tracking.upkeep.garbage import find_garbage

POINTS = [MetricPoint(1, START, "loss", 1.0)]


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A working folder with two experiments in ``experiments/``."""
    folder = tmp_path / "work"
    with_rows(folder, [make_folder(folder / "experiments", number, points=POINTS) for number in (1, 2)])
    return folder


def with_rows(work: Path, folders: Sequence[Path]) -> None:
    database = Database.open(work / "experiments.db")
    for each in folders:
        sync_folder(database, each)
    database.close()


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def folders_of(store: LocalBackend) -> list[Path]:
    return sorted(record.folder for record in store.get_all_experiments())


@pytest.mark.parametrize("how", ["delete", "note", "gc", "rebuild"])
def test_what_is_done_in_a_copy_never_touches_the_original(work: Path, how: str) -> None:
    for step in (1, 2):
        (work / "experiments" / "exp_20260101_000000_000001" / f"checkpoint-{step}").mkdir()
    before = contents(work / "experiments")
    copy = Path(shutil.copytree(work, work.parent / "copy of work"))
    store = LocalBackend(copy / "experiments.db")
    one, _ = all_places(store.database)
    assert one.is_here
    if how == "delete":
        for deletion in plan_deletion(store.database, store.get_all_experiments(), checkpoints=True):
            delete_experiment(store.database, deletion)
        assert list((copy / "experiments").iterdir()) == []
    elif how == "note":
        add_note(store.database, [one.id], "only here")
        assert store.get_experiment(one.id).record.notes == "only here"
    elif how == "gc":
        found = [each for each in find_garbage(store.database, keep_checkpoints=0) if "checkpoint" in each.kind]
        assert len(found) == 2
        for each in found:
            each.remove()
    else:
        report = rebuild(store.database, known_roots(store.database))
        assert (report.experiments, report.removed, report.problems) == (2, 0, [])
    assert contents(work / "experiments") == before
    assert all(path.is_dir() for path in (work / "experiments").rglob("checkpoint-*"))
    original = LocalBackend(work / "experiments.db")
    assert folders_of(original) == sorted((work / "experiments").iterdir())


def test_everything_is_found_in_a_folder_that_was_moved(work: Path) -> None:
    moved = work.rename(work.parent / "moved")
    store = LocalBackend(moved / "experiments.db")
    assert folders_of(store) == sorted((moved / "experiments").iterdir())
    assert [record.id for record in store.get_all_experiments(f'folder ~ "{moved}"', sort="folder")] == [
        "exp_20260101_000000_000001",
        "exp_20260101_000000_000002",
    ]
    assert [place.is_here for place in all_places(store.database)] == [True, True]
    assert known_roots(store.database) == [moved / "experiments"]
    before = stored_rows(store.database)
    for folder in folders_of(store):
        assert sync_folder(store.database, folder).changed == 0
    assert stored_rows(store.database) == before
    assert str(work) not in roots_file(moved / "experiments.db").read_text()


def test_a_broken_database_in_a_copy_is_made_anew_from_the_folders_of_the_copy(work: Path) -> None:
    copy = Path(shutil.copytree(work, work.parent / "copy"))
    (copy / "experiments.db").write_bytes(b"SQLite format 3\0" + b"\xff" * 5000)
    store = LocalBackend(copy / "experiments.db")
    assert folders_of(store) == sorted((copy / "experiments").iterdir())
    with store.database.read() as connection:
        rows = connection.execute(text("SELECT folder, folder_host FROM experiments ORDER BY folder")).all()
    assert rows == [(f"experiments/exp_20260101_000000_00000{number}", "") for number in (1, 2)]


def test_a_database_copied_alone_means_nothing_that_lies_elsewhere(work: Path) -> None:
    (work.parent / "backup").mkdir()
    copy = Path(shutil.copy(work / "experiments.db", work.parent / "backup"))
    store = LocalBackend(copy)
    deletions = plan_deletion(store.database, store.get_all_experiments(), checkpoints=True)
    assert [each.folder for each in deletions] == [None, None]
    assert list(find_garbage(store.database)) == []


def test_folders_elsewhere_keep_their_whole_path(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "elsewhere", points=POINTS)
    with_rows(tmp_path / "work", [folder])
    copy = Path(shutil.copytree(tmp_path / "work", tmp_path / "copy"))
    database = Database.open(copy / "experiments.db")
    row = row_of(database)
    assert (row["folder"], row["folder_host"]) == (str(folder), socket.gethostname())
    assert known_roots(database) == [folder.parent]


def test_a_store_behind_a_link_means_the_same_folders(work: Path) -> None:
    link = work.parent / "link.db"
    link.symlink_to(work / "experiments.db")
    store = LocalBackend(link)
    assert folders_of(store) == sorted((work / "experiments").iterdir())
    (folder, _) = folders_of(store)
    ExperimentFolder(folder).append("note", text="through the link")
    assert sync_folder(store.database, folder).changed == 1
    assert LocalBackend(work / "experiments.db").count('notes ~ "link"') == 1


def test_a_copy_catches_up_with_what_the_original_lacked(work: Path) -> None:
    (folder, _) = sorted((work / "experiments").iterdir())
    original = database_url(work / "experiments.db")
    set_mark(folder, original)
    copy = Path(shutil.copytree(work, work.parent / "copy"))
    url = database_url(copy / "experiments.db")
    assert marked_folders(copy / "experiments", url) == [copy / "experiments" / folder.name]
    clear_mark(copy / "experiments" / folder.name, url)
    assert marked_folders(copy / "experiments", url) == []
    assert marked_folders(work / "experiments", original) == [folder]
    assert marked_folders(work / "experiments", url) == []
