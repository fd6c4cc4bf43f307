from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from errors import DataError
from tests.tracking.folders_made import START, make_folder
from tracking.folders.disk import checkpoints_in, disk_usage
from tracking.folders.folder import ExperimentFolder
from tracking.folders.metric_points import MetricPoint
from tracking.indexing.index import sync_folder
from tracking.indexing.rebuild import experiment_folders
from tracking.processes import host_name
from tracking.reading.local_backend import LocalBackend
from tracking.store import schema
from tracking.store.database import Database
from tracking.store.vacuum import free_bytes, vacuum
from tracking.upkeep.deletion import DELETED, Deletion, delete_experiment, plan_deletion

BIG = 1 << 20


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Database]:
    database = Database.open(tmp_path / "experiments.db")
    yield database
    database.close()


def trained(root: Path, number: int = 1, **options: Any) -> Path:
    folder = make_folder(root, number, points=[MetricPoint(1, START, "loss", 1.0)], **options)
    output = folder / "trainer_output"
    for step in (100, 200):
        (output / f"checkpoint-{step}").mkdir(parents=True)
        (output / f"checkpoint-{step}" / "optimizer.pt").write_bytes(b"x" * BIG)
    (output / "model.safetensors").write_bytes(b"x" * BIG)
    (output / "config.json").write_text("{}")
    (folder / "cache.bin").write_bytes(b"x" * BIG)
    return folder


def _plan(database: Database, **options: Any) -> list[Deletion]:
    return plan_deletion(database, LocalBackend(database).get_all_experiments(), **options)


def _rows(database: Database) -> dict[str, int]:
    tables = [
        table for table in schema.METADATA.sorted_tables if "experiment_key" in table.c or table.name == "experiments"
    ]
    with database.read() as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one() for table in tables
        }


def test_a_plan_touches_nothing_and_says_what_is_freed(database: Database, tmp_path: Path) -> None:
    folder = trained(tmp_path)
    sync_folder(database, folder)
    before = sorted(folder.rglob("*"))
    (without,), (with_weights,) = _plan(database), _plan(database, checkpoints=True)
    assert sorted(folder.rglob("*")) == before
    assert without.kept == (folder / "trainer_output",)
    assert without.freed_bytes + without.kept_bytes == pytest.approx(with_weights.freed_bytes, rel=0.05)
    assert with_weights.freed_bytes > 4 * BIG > 3 * BIG > without.kept_bytes - BIG
    assert (with_weights.kept, with_weights.kept_bytes) == ((), 0)


def test_weights_stay_and_everything_else_goes(database: Database, tmp_path: Path) -> None:
    folder, other = trained(tmp_path, 1), trained(tmp_path, 2)
    sync_folder(database, other)
    expected = _rows(database)
    sync_folder(database, folder)
    (deletion,) = (each for each in _plan(database) if each.folder == folder)
    delete_experiment(database, deletion)
    assert _rows(database) == expected
    assert sorted(path.name for path in folder.iterdir()) == [DELETED, "trainer_output"]
    assert (folder / "trainer_output" / "checkpoint-200" / "optimizer.pt").exists()
    assert list(experiment_folders(tmp_path)) == [other]
    sync_folder(database, folder)
    assert _rows(database) == expected


def test_with_checkpoints_the_folder_is_gone(database: Database, tmp_path: Path) -> None:
    folder = trained(tmp_path)
    sync_folder(database, folder)
    (deletion,) = _plan(database, checkpoints=True)
    delete_experiment(database, deletion)
    assert not folder.exists()
    assert not any(_rows(database).values())


def test_links_are_removed_and_not_followed(store: Database, tmp_path: Path) -> None:
    folder = trained(tmp_path)
    outside = tmp_path / "outside"
    (outside / "checkpoint-1").mkdir(parents=True)
    (outside / "checkpoint-1" / "precious").write_bytes(b"x" * BIG)
    (folder / "linked").symlink_to(outside)
    (folder / "checkpoint-3").symlink_to(outside / "checkpoint-1")
    (folder / "file").symlink_to(outside / "checkpoint-1" / "precious")
    ExperimentFolder(folder).append("artifact", path="linked/checkpoint-1", kind="checkpoint")
    ExperimentFolder(folder).append("artifact", path=str(outside / "checkpoint-1"), kind="checkpoint")
    ExperimentFolder(folder).append("artifact", path="../outside", kind="checkpoint")
    ExperimentFolder(folder).append("artifact", path=".", kind="checkpoint")
    sync_folder(store, folder)
    (deletion,) = _plan(store, checkpoints=True)
    assert deletion.freed_bytes < 5 * BIG
    delete_experiment(store, deletion)
    assert not folder.exists()
    assert (outside / "checkpoint-1" / "precious").stat().st_size == BIG


def test_a_file_with_a_second_name_frees_nothing(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "a").write_bytes(b"x" * BIG)
    os.link(tmp_path / "run" / "a", tmp_path / "run" / "b")
    assert disk_usage([tmp_path / "run"]) == BIG
    os.link(tmp_path / "run" / "a", tmp_path / "elsewhere")
    assert disk_usage([tmp_path / "run"]) == 0


def test_recorded_checkpoints_count_whatever_their_name(tmp_path: Path) -> None:
    folder = trained(tmp_path)
    (folder / "best").mkdir()
    found = checkpoints_in(folder, ["best", "missing", "trainer_output/checkpoint-100"])
    assert {path.name for path in found} == {"best", "checkpoint-100", "checkpoint-200"}


def test_what_runs_is_refused_unless_forced(store: Database, tmp_path: Path) -> None:
    folder = make_folder(tmp_path, 1, status="running", host=host_name())
    with (folder / "journal.jsonl").open("w") as journal:
        journal.write("")
    ExperimentFolder(folder).append("started", host="elsewhere", pid=os.getpid(), heartbeat_interval=1e9)
    sync_folder(store, folder)
    with pytest.raises(DataError, match="running; stop it first"):
        _plan(store)
    assert folder.exists()
    (deletion,) = _plan(store, force=True)
    delete_experiment(store, deletion)
    assert not folder.exists()


def test_what_is_no_experiment_any_more_is_refused(store: Database, tmp_path: Path) -> None:
    folders = [make_folder(tmp_path, number) for number in range(4)]
    for folder in folders:
        sync_folder(store, folder)
    for name in ("tracking.json", "environment.json"):
        (folders[0] / name).unlink()
    (folders[1] / "tracking.json").write_text('{"id": "exp_20200101_000000_abcdef"}')
    folders[2].rename(tmp_path / "moved")
    folders[2].symlink_to(tmp_path / "moved")
    make_folder(folders[3], 9)
    with pytest.raises(DataError) as raised:
        _plan(store)
    message = str(raised.value)
    assert message.count("holds something else now") == 2
    assert "is a link" in message
    assert "holds another experiment" in message
    assert all(each.folder is None for each in _plan(store, rows_only=True))


def test_a_folder_on_another_machine_is_refused(store: Database, tmp_path: Path) -> None:
    sync_folder(store, make_folder(tmp_path, 1))
    with store.begin() as connection:
        connection.execute(schema.experiments.update().values(folder_host="gpu7"))
    with pytest.raises(DataError, match="on gpu7; delete it there"):
        _plan(store)


def test_a_folder_that_is_gone_leaves_only_rows_to_delete(store: Database, tmp_path: Path) -> None:
    folder = make_folder(tmp_path, 1)
    sync_folder(store, folder)
    folder.rename(tmp_path / "moved")
    (deletion,) = _plan(store)
    assert (deletion.folder, deletion.freed_bytes) == (None, 0)
    delete_experiment(store, deletion)
    assert not any(_rows(store).values())


def test_an_interrupted_deletion_is_no_experiment_any_more(
    store: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = trained(tmp_path)
    sync_folder(store, folder)
    (deletion,) = _plan(store, checkpoints=True)

    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("tracking.upkeep.deletion.forget", interrupted)
    with pytest.raises(KeyboardInterrupt):
        delete_experiment(store, deletion)
    assert (folder / DELETED).is_file()
    assert not list(experiment_folders(tmp_path))


def test_vacuum_gives_the_room_back(store: Database, tmp_path: Path) -> None:
    points = [MetricPoint(step, START, "loss", 1.0) for step in range(20_000)]
    sync_folder(store, make_folder(tmp_path, 1, points=points))
    vacuum(store)
    assert store.file is not None
    full = store.file.stat().st_size
    (deletion,) = _plan(store)
    delete_experiment(store, deletion)
    assert free_bytes(store) > full / 2
    vacuum(store)
    assert free_bytes(store) == 0
    assert store.file.stat().st_size < full / 2
