"""An SQLite file that stays open between transactions: others lose nothing by it, and a new file is noticed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tracking.stored_rows import add_name, names
from tracking.store.database import Database, DatabaseMended

ADDING = """
import sys
from tests.tracking.stored_rows import add_name
from tracking.store.database import Database
add_name(Database.open(sys.argv[1]), sys.argv[2])
"""


@pytest.fixture
def kept(tmp_path: Path) -> Database:
    database = Database.open(tmp_path / "experiments.db")
    database.keep_open()
    return database


def add_elsewhere(file: Path, name: str) -> None:
    subprocess.run([sys.executable, "-c", ADDING, str(file), name], check=True)


def test_the_log_stays_between_transactions(kept: Database, tmp_path: Path) -> None:
    log = tmp_path / "experiments.db-wal"
    add_name(kept, "a")
    before = log.stat().st_ino
    add_name(kept, "b")
    assert log.stat().st_ino == before
    kept.close()
    assert not log.exists()


def test_opening_the_same_file_again_takes_away_no_lock(kept: Database, tmp_path: Path) -> None:
    file, log = tmp_path / "experiments.db", tmp_path / "experiments.db-wal"
    add_name(kept, "a")
    before = log.stat().st_ino
    assert names(Database.open(file)) == ["a"]
    # Another process that took itself for the last one would merge the log and delete it on its way out, and what is
    # written into the deleted one were lost.
    add_elsewhere(file, "b")
    assert log.stat().st_ino == before
    add_name(kept, "c")
    add_elsewhere(file, "d")
    assert names(kept) == names(Database.open(file)) == ["a", "b", "c", "d"]


def test_a_file_that_was_replaced_is_noticed(kept: Database, tmp_path: Path) -> None:
    add_name(kept, "old")
    other = Database.open(tmp_path / "other.db")
    add_name(other, "new")
    other.close()
    (tmp_path / "other.db").replace(tmp_path / "experiments.db")
    (tmp_path / "experiments.db-wal").unlink()
    (tmp_path / "experiments.db-shm").unlink()
    assert names(kept) == ["new"]
    add_name(kept, "newer")
    kept.close()
    assert names(Database.open(tmp_path / "experiments.db")) == ["new", "newer"]


def test_a_file_that_is_gone_is_made_anew(kept: Database, tmp_path: Path) -> None:
    add_name(kept, "old")
    kept.remember(tmp_path)
    (tmp_path / "experiments.db").unlink()
    with pytest.raises(DatabaseMended):
        names(kept)
    add_name(kept, "new")
    assert names(kept) == ["new"]


def test_a_process_that_was_forked_off_leaves_the_connection_alone(kept: Database, tmp_path: Path) -> None:
    add_name(kept, "parent")
    child = os.fork()
    if child == 0:
        try:
            add_name(kept, "child")
            status = names(kept) != ["parent", "child"]
        except BaseException:
            status = True
        os._exit(status)
    assert os.waitpid(child, 0)[1] == 0
    add_elsewhere(tmp_path / "experiments.db", "other")
    add_name(kept, "parent again")
    assert sorted(names(kept)) == ["child", "other", "parent", "parent again"]
