"""Broken database files are recognised, set aside and made anew from the experiments' folders."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.tracking.folders_made import START, make_folder
from tests.tracking.stored_rows import add_name, names, stored_rows
from tracking.folders.metric_points import MetricPoint
from tracking.indexing.index import sync_folder
from tracking.store.database import Database, DatabaseMended, DatabaseUnavailable
from tracking.store.roots import read_roots

POINTS = [MetricPoint(step, START + step, "loss", 1.0 / step) for step in range(1, 2_000)]


def filled(file: Path) -> Database:
    """A store of three experiments, large enough to be cut."""
    database = Database.open(file)
    for number in range(3):
        sync_folder(database, make_folder(file.parent / "experiments", number, points=POINTS))
    return database


def cut(file: Path) -> None:
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 2])


def cut_short(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:50])


def empty(file: Path) -> None:
    file.write_bytes(b"")


def overwrite_head(file: Path) -> None:
    file.write_bytes(b"\xff" * 4096 + file.read_bytes()[4096:])


def overwrite_all_but_head(file: Path) -> None:
    content = file.read_bytes()
    file.write_bytes(content[:100] + os.urandom(len(content) - 100))


def overwrite_rows(file: Path) -> None:
    content = file.read_bytes()
    kept = len(content) * 3 // 4
    file.write_bytes(content[:kept] + b"\xee" * (len(content) - kept))


DAMAGES = [cut, cut_short, empty, overwrite_head, overwrite_all_but_head, Path.unlink]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_broken_file_is_set_aside_and_made_anew_from_the_folders(
    tmp_path: Path, damage: Callable[[Path], None], caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "experiments.db"
    before = stored_rows(filled(file))
    damage(file)
    broken = file.read_bytes() if file.exists() else b""
    assert stored_rows(Database.open(file)) == before
    aside = list(tmp_path.glob("experiments.db.corrupt-*"))
    assert [each.read_bytes() for each in aside] == ([broken] if broken else [])
    assert f"made it anew from the folders below {tmp_path / 'experiments'}" in caplog.text.replace(
        "and made", "made it"
    )


@pytest.mark.parametrize("damage", [*DAMAGES, overwrite_rows])
def test_damage_while_a_store_is_open_is_mended_for_the_next_use(
    tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    file = tmp_path / "experiments.db"
    database = filled(file)
    before = stored_rows(database)
    damage(file)
    with pytest.raises(DatabaseMended, match="was damaged, and has been made anew; do the same again"):
        stored_rows(database)
    assert stored_rows(database) == before


def test_damage_among_the_rows_is_noticed_when_they_are_read(tmp_path: Path) -> None:
    file = tmp_path / "experiments.db"
    before = stored_rows(filled(file))
    overwrite_rows(file)
    database = Database.open(file)
    with pytest.raises(DatabaseMended):
        stored_rows(database)
    assert stored_rows(database) == before


def test_a_broken_file_without_known_folders_starts_empty(tmp_path: Path) -> None:
    file = tmp_path / "experiments.db"
    add_name(Database.open(file), "loss")
    overwrite_all_but_head(file)
    assert names(Database.open(file)) == []
    assert len(list(tmp_path.glob("*.corrupt-*"))) == 1


def test_a_fault_of_the_program_breaks_nothing(tmp_path: Path) -> None:
    database = filled(tmp_path / "experiments.db")
    with pytest.raises(DatabaseUnavailable, match="no such table: nonsense"), database.read() as connection:
        connection.execute(text("SELECT * FROM nonsense"))
    assert list(tmp_path.glob("*.corrupt-*")) == []


def test_the_folders_that_a_store_knows_stand_beside_it(tmp_path: Path) -> None:
    filled(tmp_path / "experiments.db")
    assert read_roots(tmp_path / "experiments.db") == [tmp_path / "experiments"]
