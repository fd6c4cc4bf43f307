"""Stores that earlier versions made are brought up to date and keep their rows; the migrations make the tables."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, func, insert, select, text

from errors import ResourceError
from jobs import Outcome
from tests.tracking.folders_made import make_folder
from tests.tracking.stored_rows import stored_rows
from tracking.indexing.index import sync_folder
from tracking.queue.queue import Queue
from tracking.queue.records import Fit, QueueState, WorkerIdentity
from tracking.store import database as database_module
from tracking.store import migrate, schema
from tracking.store.database import Database, database_url
from tracking.store.migrate import MIGRATIONS, upgrade

DATA = Path(__file__).parent / "data"
OLD_REVISIONS = sorted(path.stem.removeprefix("revision_") for path in DATA.glob("revision_*.sql"))

NEXT = '''
"""A change of the table that all others refer to."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    with op.batch_alter_table("experiments") as table:
        table.add_column(sa.Column("colour", sa.String(8), nullable=False, server_default="blue"))
        table.alter_column("variant", existing_type=sa.String(255), type_=sa.String(300), existing_nullable=False)
'''


def old_file(path: Path, revision: str) -> Path:
    with sqlite3.connect(path) as connection:
        connection.executescript((DATA / f"revision_{revision}.sql").read_text())
        connection.execute("PRAGMA journal_mode=WAL")
    connection.close()
    return path


def old_server(url: str, revision: str, source: Path) -> None:
    """Give an empty PostgreSQL database the tables of a revision and the rows of an SQLite file."""
    given, old = Database(database_url(source)), Database(database_url(url))
    with old.begin() as target, given.read() as rows:
        upgrade(target, revision)
        tables = MetaData()
        tables.reflect(target)
        for table in tables.sorted_tables:
            values = [dict(row._mapping) for row in rows.execute(select(table))]
            if values and table.name != "alembic_version":
                target.execute(insert(table), values)
    old.close()


def rows_of(connection: Connection) -> dict[str, list[dict[str, Any]]]:
    tables = MetaData()
    tables.reflect(connection)
    return {
        table.name: sorted((dict(row._mapping) for row in connection.execute(select(table))), key=repr)
        for table in tables.sorted_tables
        if table.name != "alembic_version"
    }


@pytest.fixture
def next_revision(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A version of the program that needs one more migration."""
    migrations = Path(shutil.copytree(MIGRATIONS, tmp_path / "migrations"))
    (migrations / "versions" / "0003_next.py").write_text(NEXT)
    monkeypatch.setattr(migrate, "MIGRATIONS", migrations)
    for module in (migrate, database_module):
        monkeypatch.setattr(module, "HEAD", "0003")


def test_the_program_expects_the_newest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_heads() == [schema.HEAD]


def test_the_migrations_make_the_tables_that_the_program_uses(database: Database) -> None:
    with database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, schema.METADATA) == []


@pytest.mark.parametrize("revision", OLD_REVISIONS)
def test_an_old_file_is_brought_up_to_date_by_opening_it(tmp_path: Path, revision: str) -> None:
    database = Database.open(old_file(tmp_path / "experiments.db", revision))
    rows = stored_rows(database)
    assert [len(rows[name]) for name in ("experiments", "metrics", "per_sample_results", "events")] == [2, 8, 4, 12]
    sync_folder(database, make_folder(tmp_path, 7))
    assert len(stored_rows(database)["experiments"]) == 3


@pytest.mark.parametrize("revision", OLD_REVISIONS)
def test_an_old_server_is_brought_up_to_date_by_one_call(
    tmp_path: Path, revision: str, empty_postgresql_url: str
) -> None:
    file = old_file(tmp_path / "experiments.db", revision)
    old_server(empty_postgresql_url, revision, file)
    Database(database_url(empty_postgresql_url)).upgrade()
    assert stored_rows(Database.open(empty_postgresql_url)) == stored_rows(Database.open(file))


@pytest.mark.parametrize("revision", [each for each in OLD_REVISIONS if each >= "0002"])
def test_an_old_queue_goes_on(tmp_path: Path, revision: str) -> None:
    queue = Queue(Database.open(old_file(tmp_path / "experiments.db", revision)))
    found = {each.job.id: (each.state, len(each.attempts)) for each in queue.jobs()}
    assert found == {"filter": ("running", 1), "wide": ("held", 0), "map": ("completed", 2)}
    queue.release(["wide"])
    [claim] = queue.claim(WorkerIdentity.here(), lambda job, taken: Fit.NOW)
    assert claim.job.resources.gpus == 2
    assert queue.settle(claim, Outcome()).state == QueueState.COMPLETED


def test_every_table_has_rows_in_the_old_files(tmp_path: Path) -> None:
    for revision in OLD_REVISIONS:
        with sqlite3.connect(old_file(tmp_path / f"{revision}.db", revision)) as connection:
            names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            assert [
                name for name in names if not connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0]
            ] == []
        connection.close()


@pytest.mark.usefixtures("next_revision")
def test_changing_the_table_that_others_refer_to_keeps_their_rows_in_a_file(tmp_path: Path) -> None:
    file = old_file(tmp_path / "experiments.db", "0002")
    with Database(database_url(file)).read() as connection:
        before = rows_of(connection)
    with Database.open(file).read() as connection:
        after = rows_of(connection)
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == "0003"
    assert [row.pop("colour") for row in after["experiments"]] == ["blue", "blue"]
    assert after == before


@pytest.mark.usefixtures("next_revision")
def test_a_server_waits_for_the_command(tmp_path: Path, empty_postgresql_url: str) -> None:
    old_server(empty_postgresql_url, "0002", old_file(tmp_path / "experiments.db", "0002"))
    with pytest.raises(
        ResourceError, match=r"have revision 0002, this program needs 0003; .* experiment_cli.py migrate"
    ):
        Database.open(empty_postgresql_url)
    Database(database_url(empty_postgresql_url)).upgrade()
    with Database.open(empty_postgresql_url).read() as connection:
        assert [row["colour"] for row in rows_of(connection)["experiments"]] == ["blue", "blue"]
        assert connection.execute(select(func.count()).select_from(schema.metrics)).scalar() == 8


@pytest.mark.usefixtures("next_revision")
def test_a_migration_that_fails_leaves_everything_as_it_was(tmp_path: Path) -> None:
    script = tmp_path / "migrations" / "versions" / "0003_next.py"
    script.write_text(NEXT + "    raise ZeroDivisionError\n")
    file = old_file(tmp_path / "experiments.db", "0002")
    with Database(database_url(file)).read() as connection:
        before = rows_of(connection)
    with pytest.raises(ZeroDivisionError):
        Database.open(file)
    with Database(database_url(file)).read() as connection:
        assert rows_of(connection) == before
    script.write_text(NEXT)
    Database.open(file).close()


UPGRADING = """
import sys
from pathlib import Path
from tracking.store import database
from tracking.store import migrate
migrate.MIGRATIONS = Path(sys.argv[2])
migrate.HEAD = database.HEAD = "0003"
sys.stdin.readline()
database.Database.open(sys.argv[1])
"""


@pytest.mark.usefixtures("next_revision")
def test_processes_that_upgrade_an_old_file_at_once(tmp_path: Path) -> None:
    file = old_file(tmp_path / "experiments.db", "0002")
    command = [sys.executable, "-c", UPGRADING, str(file), str(migrate.MIGRATIONS)]
    processes = [subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(4)]
    errors = [process.communicate("go\n")[1] for process in processes]
    assert [process.returncode for process in processes] == [0] * 4, errors
    with Database.open(file).read() as connection:
        assert len(rows_of(connection)["experiments"]) == 2


def test_making_a_store_says_nothing_to_a_script_that_logs(tmp_path: Path) -> None:
    script = (
        "import logging; logging.basicConfig(level=logging.INFO); "
        f"from tracking.store.database import Database; Database.open({str(tmp_path / 'x.db')!r}).close()"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert done.stderr == b""
