"""Folders are taken in when they change, and watched no longer than needed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import URL, select

from tests.waiting import until
from tracking.folders.folder import ExperimentFolder
from tracking.indexing.behind import marked_folders, set_mark
from tracking.indexing.indexer import Indexer
from tracking.store import schema
from tracking.store.database import Database


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Database]:
    store = Database.open(tmp_path / "experiments.db")
    yield store
    store.close()


@pytest.fixture
def indexer(store: Database) -> Iterator[Indexer]:
    indexer = Indexer(store)
    yield indexer
    indexer.close()


def _experiment(path: Path) -> Path:
    folder = ExperimentFolder(path)
    folder.identify(f"exp_{path.name}", path.name, 1.0)
    folder.append("started")
    return path


def _ids(store: Database) -> set[str]:
    with store.read() as connection:
        return set(connection.execute(select(schema.experiments.c.id)).scalars())


def test_finished_folders_are_watched_no_longer(indexer: Indexer, store: Database, tmp_path: Path) -> None:
    folders = [_experiment(tmp_path / "runs" / str(number)) for number in range(3)]
    for folder in folders:
        indexer.watch(folder)
    indexer.retire(folders[0])
    indexer.retire(folders[1])
    assert indexer.sync(60.0)
    assert _ids(store) == {"exp_0", "exp_1", "exp_2"}
    assert set(indexer._seen) == {folders[2]} and not indexer._retired


def test_folders_left_behind_are_caught_up_with(indexer: Indexer, store: Database, tmp_path: Path) -> None:
    behind, now = _experiment(tmp_path / "runs" / "behind"), _experiment(tmp_path / "runs" / "now")
    set_mark(behind, store.url)
    indexer.watch(now)
    assert indexer.sync(60.0)
    assert _ids(store) == {"exp_behind", "exp_now"}
    assert set(indexer._seen) == {now} and not (tmp_path / "runs" / ".behind").exists()


def test_what_another_database_lacks_is_its_own_affair(indexer: Indexer, store: Database, tmp_path: Path) -> None:
    other = URL.create("sqlite", database="other.db")
    behind, now = _experiment(tmp_path / "runs" / "behind"), _experiment(tmp_path / "runs" / "now")
    set_mark(behind, other)
    indexer.watch(now)
    assert indexer.sync(60.0)
    assert _ids(store) == {"exp_now"} and marked_folders(tmp_path / "runs", other) == [behind]


def test_a_mark_tells_no_password(tmp_path: Path) -> None:
    url = URL.create("postgresql+psycopg", "app", "hunter2", "host", database="x")
    set_mark(tmp_path / "runs" / "a", url)
    assert "hunter2" not in (tmp_path / "runs" / ".behind" / "a").read_text()
    assert marked_folders(tmp_path / "runs", url) == [tmp_path / "runs" / "a"]


def test_a_folder_that_is_removed_stops_nothing(indexer: Indexer, store: Database, tmp_path: Path) -> None:
    gone, stays = _experiment(tmp_path / "gone"), _experiment(tmp_path / "stays")
    indexer.watch(gone)
    indexer.watch(stays)
    for path in gone.iterdir():
        path.unlink()
    gone.rmdir()
    assert indexer.sync(60.0)
    assert "exp_stays" in _ids(store)


def test_a_change_is_noticed_without_being_told(indexer: Indexer, store: Database, tmp_path: Path) -> None:
    indexer.watch(tmp_path / "later")
    assert indexer.sync(60.0) and not _ids(store)
    _experiment(tmp_path / "later")
    until(lambda: _ids(store) == {"exp_later"})
