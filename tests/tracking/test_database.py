"""What opening a store says of names, files, disks and servers that are not as they should be."""

from __future__ import annotations

import logging
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from sqlalchemy import text

from errors import ConfigError, ResourceError
from tests.tracking.stored_rows import add_name, names
from tracking.store import mending
from tracking.store.database import Database, DatabaseUnavailable, database_url
from tracking.store.sqlite_file import network_disk

# -- names of stores ------------------------------------------------------------------------------------------------


def test_what_is_meant_without_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EXPERIMENTS_DB_URL", "sqlite:///other.db")
    assert Database(database_url()).file == tmp_path / "other.db"
    assert Database(database_url("given.db")).file == tmp_path / "given.db"
    monkeypatch.delenv("EXPERIMENTS_DB_URL")
    assert Database(database_url()).file == tmp_path / "experiments.db"


def test_a_file_stays_the_same_when_the_process_moves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    database = Database.open("experiments.db")
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    add_name(database, "loss")
    assert names(Database.open(tmp_path / "experiments.db")) == ["loss"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("mysql://me:secret@host/db", "mysql: no such kind of database"),
        ("postgresql+psycopg://me:secret@host:port/db", r"me:\*\*\*@host:port/db: not a database URL"),
        ("postgresql+psycopg://me:sec/r@et@host:port/db", "not a database URL"),
        ("sqlite:///file.db?timeout=5", "options and hosts mean nothing"),
        ("sqlite://host/file.db", "options and hosts mean nothing"),
    ],
)
def test_names_that_mean_nothing(given: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        Database.open(given)
    assert "sec" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["postgresql://me:secret@127.0.0.1:1/db", "postgresql://me@127.0.0.1:1/db?password=secret"]
)
def test_a_server_that_is_away_is_said_at_once_without_the_password(url: str) -> None:
    began = time.monotonic()
    with pytest.raises(DatabaseUnavailable, match="Connection refused") as caught:
        Database.open(url)
    assert time.monotonic() - began < 5
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_driver_is_named_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "psycopg.py").write_text("raise ImportError('no module named psycopg')")
    code = (
        "from tracking.store.database import Database\n"
        "from errors import ConfigError\n"
        "try:\n    Database.open('postgresql+psycopg://me@host/db')\n"
        "except ConfigError as error:\n    print(error)"
    )
    path = os.pathsep.join([str(tmp_path), str(Path.cwd())])
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, env={**os.environ, "PYTHONPATH": path})
    assert b"pip install 'psycopg[binary]'" in done.stdout, done.stderr


# -- files ----------------------------------------------------------------------------------------------------------


def test_a_file_that_reading_commands_miss(tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnavailable, match=r"no such database; run something first.*rebuild FOLDER"):
        Database.open(tmp_path / "none.db", create=False)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_no_database(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=f"{tmp_path}: a folder, not a database; name a file in it"):
        Database.open(tmp_path)


def test_a_file_of_another_kind_is_refused_and_stays(tmp_path: Path) -> None:
    file = tmp_path / "thesis.tex"
    file.write_text(r"\documentclass{article}" * 100)
    with pytest.raises(ConfigError, match="not an SQLite database; name another file"):
        Database.open(file)
    assert file.read_text().startswith(r"\documentclass")
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize(
    "statement", ["CREATE TABLE t (x)", "CREATE TABLE alembic_version AS SELECT 'c48cb773bb87' AS version_num"]
)
def test_another_programs_database_is_refused(tmp_path: Path, statement: str) -> None:
    file = tmp_path / "mlflow.db"
    with sqlite3.connect(file) as connection:
        connection.execute(statement)
    before = file.read_bytes()
    with pytest.raises(ConfigError, match="another program's tables"):
        Database.open(file)
    assert file.read_bytes() == before


def test_another_programs_schema_is_refused(empty_postgresql_url: str) -> None:
    database = Database(database_url(empty_postgresql_url))
    with database.begin() as connection:
        connection.execute(text("CREATE TABLE accounts (id int)"))
    with pytest.raises(ConfigError, match=r"another program's tables \(accounts"):
        Database.open(empty_postgresql_url)


def test_an_existing_empty_file_becomes_a_store(tmp_path: Path) -> None:
    (tmp_path / "experiments.db").touch()
    assert names(Database.open(tmp_path / "experiments.db")) == []


def test_a_new_file_keeps_a_write_ahead_log_and_leaves_nothing_beside(tmp_path: Path) -> None:
    database = Database.open(tmp_path / "deep" / "er" / "experiments.db")
    with database.read() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1
    assert sorted(file.name for file in database.file.parent.iterdir()) == ["experiments.db", "experiments.db.lock"]  # type: ignore[union-attr]


def test_the_log_of_a_deleted_database_is_not_played_into_the_new_one(tmp_path: Path) -> None:
    file = tmp_path / "experiments.db"
    database = Database.open(file)
    with sqlite3.connect(file) as holding:
        # A connection that stays open keeps the log from being merged into the file.
        holding.execute("SELECT count(*) FROM metric_names").fetchone()
        add_name(database, "old")
        log = Path(f"{file}-wal").read_bytes()
    holding.close()
    file.unlink()
    Path(f"{file}-wal").write_bytes(log)
    assert names(Database.open(file)) == []


# -- read-only ------------------------------------------------------------------------------------------------------

READING = """
import os, sys
from pathlib import Path
from sqlalchemy import insert, select
from tracking.store import schema
from tracking.store.database import Database, DatabaseUnavailable
from tracking.store.engines import READ_ONLY
if os.geteuid() == 0:
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
database = Database.open(sys.argv[1], create=False)
with database.read() as connection:
    print(connection.execute(select(schema.metric_names.c.name)).scalars().all())
try:
    with database.begin() as connection:
        connection.execute(insert(schema.metric_names).values(name="new"))
except DatabaseUnavailable as error:
    print("refused:", error)
"""


@pytest.mark.parametrize("folder_mode", [0o755, 0o555])
@pytest.mark.parametrize("with_log", [False, True])
def test_a_read_only_file_is_read_and_not_written(folder_mode: int, with_log: bool) -> None:

    # Not below pytest's folder, which is closed to the user that this test turns into.
    with tempfile.TemporaryDirectory(prefix="assay-read-only-") as name:
        file = Path(name) / "experiments.db"
        database = Database.open(file)
        add_name(database, "loss")
        with sqlite3.connect(file) as holding:
            if with_log:
                holding.execute("SELECT count(*) FROM metric_names").fetchone()
                add_name(database, "accuracy")
            for each in Path(name).iterdir():
                each.chmod(0o444)
            Path(name).chmod(folder_mode)
            done = subprocess.run([sys.executable, "-c", READING, str(file)], capture_output=True, text=True)
        holding.close()
        Path(name).chmod(0o755)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == ("['loss', 'accuracy']" if with_log else "['loss']")
    assert lines[1].startswith(f"refused: {file}: attempt to write a readonly database; choose a file")


# -- network disks --------------------------------------------------------------------------------------------------

MOUNTS = """\
/dev/vda / ext4 rw 0 0
proc /proc proc rw 0 0
server:/home /home nfs4 rw 0 0
tmpfs /home/me/fast tmpfs rw 0 0
//server/lab /mnt/my\\040lab cifs rw 0 0
"""


@pytest.mark.parametrize(
    ("file", "kind"),
    [
        ("/data/experiments.db", None),
        ("/home/me/experiments.db", "nfs4"),
        ("/home/me/fast/experiments.db", None),
        ("/homework/experiments.db", None),
        ("/mnt/my lab/experiments.db", "cifs"),
    ],
)
def test_network_disks_are_known_by_the_table_of_mounts(file: str, kind: str | None) -> None:
    assert network_disk(Path(file), MOUNTS) == kind


def test_a_network_disk_brings_one_warning_and_no_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    local, file = tmp_path / "local.db", tmp_path / "experiments.db"
    Database.open(local)
    # No network disk can be mounted here.
    monkeypatch.setattr(mending, "network_disk", lambda _: "nfs4")
    for each in (file, file, local):
        with Database.open(each).read() as connection:
            assert connection.execute(text("PRAGMA journal_mode")).scalar() == "delete"
    warnings = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert len(warnings) == 2
    assert f"{file} lies on a network disk (nfs4)" in warnings[0]


def test_a_newer_store_is_refused(database: Database) -> None:
    with database.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(ResourceError, match=r"revision 9999, newer than this program's .*; update the program"):
        database._prepare()
