"""Threads and processes that use one store, and servers that come and go."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text

from tests.tracking.postgres import PostgresqlServer
from tests.tracking.stored_rows import add_name, names
from tracking.store import schema
from tracking.store.database import Database, DatabaseUnavailable, database_url


def test_threads_take_turns(database: Database) -> None:
    def work(number: int) -> None:
        for step in range(20):
            add_name(database, f"{number}/{step}")
            with database.read() as connection:
                connection.execute(select(schema.metric_names)).all()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(names(database)) == 80


def test_reading_within_writing_and_reading(database: Database) -> None:
    with database.begin() as connection:
        connection.execute(insert(schema.metric_names).values(name="loss"))
        names(database)
    with database.read():
        assert names(database) == ["loss"]


def test_a_transaction_that_fails_leaves_nothing(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.begin() as connection:
        connection.execute(insert(schema.metric_names).values(name="loss"))
        raise ZeroDivisionError
    assert names(database) == []


@pytest.mark.parametrize("given", ["file", "postgresql"])
def test_a_reader_sees_one_state_throughout(given: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    database = Database.open(tmp_path / "a.db" if given == "file" else request.getfixturevalue("postgresql_url"))
    with database.read() as connection:
        query = select(schema.metric_names.c.name)
        before = connection.execute(query).all()
        add_name(database, "loss")
        assert connection.execute(query).all() == before
    assert names(database) == ["loss"]


OPENING = """
import sys
from sqlalchemy import insert
from tracking.store import schema
from tracking.store.database import Database
sys.stdin.readline()
database = Database.open(sys.argv[1])
with database.begin() as connection:
    connection.execute(insert(schema.metric_names).values(name=sys.argv[2]))
"""


@pytest.mark.parametrize("given", ["file", "postgresql"])
def test_processes_that_open_a_new_store_at_once(given: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    store = str(tmp_path / "experiments.db") if given == "file" else request.getfixturevalue("empty_postgresql_url")
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", OPENING, store, f"from {number}"],
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in range(8)
    ]
    ends = [process.communicate("go\n") for process in processes]
    assert [process.returncode for process in processes] == [0] * 8, ends
    assert sorted(names(Database.open(store))) == [f"from {number}" for number in range(8)]


def test_a_server_that_stops_and_comes_back(postgresql_server: PostgresqlServer, postgresql_url: str) -> None:
    database = Database.open(postgresql_url)
    add_name(database, "before")
    postgresql_server.stop()
    began = time.monotonic()
    for _ in range(2):
        with pytest.raises(DatabaseUnavailable) as caught:
            add_name(database, "meanwhile")
    assert time.monotonic() - began < 5
    assert "\n" not in str(caught.value)
    postgresql_server.start()
    add_name(database, "after")
    assert names(database) == ["before", "after"]


def test_a_user_who_may_only_read(postgresql_url: str) -> None:
    admin = Database.open(postgresql_url)
    with admin.begin() as connection:
        connection.execute(text("DROP ROLE IF EXISTS reader"))
        connection.execute(text("CREATE ROLE reader LOGIN PASSWORD 'pw'"))
        connection.execute(text("GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader"))
    url = database_url(postgresql_url).set(username="reader", password="pw").render_as_string(hide_password=False)
    reader = Database.open(url)
    assert names(reader) == []
    with pytest.raises(DatabaseUnavailable, match="permission denied"):
        add_name(reader, "loss")
    with admin.begin() as connection:
        connection.execute(text("DROP OWNED BY reader"))
        connection.execute(text("DROP ROLE reader"))
