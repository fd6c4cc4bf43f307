from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from tests.tracking.folders_made import make_folder
from tests.tracking.test_deletion import trained
from tracking.indexing.behind import marked_folders, set_mark
from tracking.indexing.index import sync_folder
from tracking.reading.local_backend import LocalBackend
from tracking.store.database import Database
from tracking.upkeep.deletion import delete_experiment, plan_deletion
from tracking.upkeep.garbage import Garbage, find_garbage

OLD = time.time() - 30 * 86_400


@pytest.fixture
def store(tmp_path: Path) -> Database:
    return Database.open(tmp_path / "experiments.db")


def _found(database: Database, **options: object) -> dict[str, list[Garbage]]:
    found: dict[str, list[Garbage]] = {}
    for each in find_garbage(database, **options):  # type: ignore[arg-type]
        found.setdefault(each.kind, []).append(each)
    return found


def _take(root: Path, database: Database, number: int, status: str = "completed") -> Path:
    folder = trained(root, number, status=status)
    for step in (100, 200):
        os.utime(folder / "trainer_output" / f"checkpoint-{step}", (step, step))
    sync_folder(database, folder)
    return folder


def test_completed_experiments_keep_their_newest_checkpoint(store: Database, tmp_path: Path) -> None:
    root = tmp_path / "runs"
    done, failed = _take(root, store, 1), _take(root, store, 2, status="failed")
    (garbage,) = _found(store)["checkpoint of a completed experiment"]
    assert garbage.what == str(done / "trainer_output" / "checkpoint-100")
    assert garbage.frees_bytes >= 1 << 20
    garbage.remove()
    left = {path.name for path in (done / "trainer_output").iterdir()}
    assert left == {"checkpoint-200", "model.safetensors", "config.json"}
    assert len(list((failed / "trainer_output").glob("checkpoint-*"))) == 2
    assert len(_found(store, keep_checkpoints=0)["checkpoint of a completed experiment"]) == 1


def test_old_half_written_files_and_databases_set_aside(store: Database, tmp_path: Path) -> None:
    folder = _take(tmp_path / "runs", store, 1)
    half = [
        folder / ".results.json.ab12cd_9.json",
        folder / "evaluations" / ".demo.jsonl.abcdefgh.jsonl",
        folder.parent / ".all_results.json.abcdefgh.json",
    ]
    stays = [folder / ".config.settings", folder / ".hidden.json", folder / ".results.json.zzzzzzzz.json"]
    aside = [tmp_path / "experiments.db.corrupt-20250101", tmp_path / "other.db.corrupt-20250101"]
    for path in [*half, *stays, *aside]:
        path.parent.mkdir(exist_ok=True)
        path.write_text("{")
        if path != stays[-1]:
            os.utime(path, (OLD, OLD))
    found = _found(store)
    assert sorted(each.what for each in found["half-written file"]) == sorted(map(str, half))
    assert [each.what for each in found["broken database that was set aside"]] == [str(aside[0])]


def test_rows_without_a_folder_go_unless_the_disk_is_not_there(store: Database, tmp_path: Path) -> None:
    gone, unmounted = make_folder(tmp_path / "runs", 1), make_folder(tmp_path / "disk", 2)
    for folder in (gone, unmounted):
        sync_folder(store, folder)
    gone.rename(tmp_path / "moved")
    (tmp_path / "disk").rename(tmp_path / "elsewhere")
    (garbage,) = _found(store)["experiment without a folder"]
    garbage.remove()
    assert [record.folder for record in LocalBackend(store).get_all_experiments()] == [unmounted]


def test_what_deletions_leave(store: Database, tmp_path: Path) -> None:
    folder = _take(tmp_path / "runs", store, 1)
    store.remember(folder.parent)
    (deletion,) = plan_deletion(store, LocalBackend(store).get_all_experiments())
    delete_experiment(store, deletion)
    kind = "checkpoints and models of a deleted experiment"
    assert kind not in _found(store)
    (garbage,) = _found(store, deleted=True)[kind]
    garbage.remove()
    assert not folder.exists()


def test_marks_of_folders_that_are_gone(store: Database, tmp_path: Path) -> None:
    folder = _take(tmp_path / "runs", store, 1)
    for gone_or_here in (folder, folder.with_name("gone")):
        set_mark(gone_or_here, store.url)
    (garbage,) = _found(store)["mark of a folder that is gone"]
    garbage.remove()
    assert marked_folders(folder.parent, store.url) == [folder]


def test_unused_rows_and_free_pages_go_and_then_there_is_nothing(store: Database, tmp_path: Path) -> None:
    folder = _take(tmp_path / "runs", store, 1)
    (deletion,) = plan_deletion(store, LocalBackend(store).get_all_experiments(), checkpoints=True)
    delete_experiment(store, deletion)
    assert not folder.exists()
    found = [each for group in _found(store).values() for each in group]
    kinds = " ".join(each.kind for each in found)
    assert "description of machines" in kinds
    assert "name of a metric" in kinds
    for each in found:
        each.remove()
    assert set(_found(store)) <= {"free pages in the store's file"}
