"""Stores to test with: SQLite in memory, SQLite in a file, and a real PostgreSQL."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import URL, text

from tests.tracking.postgres import PostgresqlServer, find_programs
from tracking.store.database import Database
from tracking.store.schema import HEAD, METADATA

REQUIRED = "ASSAY_REQUIRE_POSTGRESQL"
"""Environment variable that makes a missing PostgreSQL a failure instead of skipped tests."""


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgresqlServer]:
    """A running server, shared by the tests of a session; :func:`postgresql_url` gives a test a database of its own."""
    programs = find_programs()
    if programs is None:
        message = "PostgreSQL is not installed; on Debian: apt-get install postgresql"
        if os.environ.get(REQUIRED):
            pytest.fail(message)
        pytest.skip(message)
    # Not below pytest's folder: as root that is closed to the user who runs the server.
    with tempfile.TemporaryDirectory(prefix="assay-postgresql-") as folder:
        server = PostgresqlServer(programs, Path(folder))
        try:
            server.create()
            yield server
        finally:
            server.stop()


@pytest.fixture
def postgresql_server(postgresql: PostgresqlServer) -> Iterator[PostgresqlServer]:
    """The server, to be stopped and started by a test; afterwards it runs again."""
    yield postgresql
    if not postgresql.is_running:
        postgresql.start()


@pytest.fixture(scope="session")
def _postgresql_template(postgresql: PostgresqlServer) -> URL:
    """A database with all tables: copying it is faster than running the migrations."""
    url = postgresql.new_database()
    Database.open(url.render_as_string(hide_password=False)).close()
    return url


@pytest.fixture
def postgresql_url(postgresql: PostgresqlServer, _postgresql_template: URL) -> str:
    """URL of a PostgreSQL database of the test's own, with tables and without rows."""
    return postgresql.new_database(_postgresql_template).render_as_string(hide_password=False)


@pytest.fixture
def empty_postgresql_url(postgresql: PostgresqlServer) -> str:
    """URL of a PostgreSQL database of the test's own, without tables."""
    return postgresql.new_database().render_as_string(hide_password=False)


@pytest.fixture(params=["file", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """What ``--db`` takes, for each kind of store that several processes can share."""
    if request.param == "file":
        return str(tmp_path / "experiments.db")
    url: str = request.getfixturevalue("postgresql_url")
    return url


@pytest.fixture(scope="session")
def _emptied_postgresql_url(postgresql: PostgresqlServer, _postgresql_template: URL) -> str:
    return postgresql.new_database(_postgresql_template).render_as_string(hide_password=False)


@pytest.fixture
def emptied_postgresql(_emptied_postgresql_url: str) -> Iterator[Database]:
    """A PostgreSQL database that tests share one after another: emptying it is faster than making another."""
    store = Database.open(_emptied_postgresql_url)
    yield store
    with store.begin() as connection:
        tables = ", ".join(f'"{name}"' for name in METADATA.tables)
        connection.execute(text(f"TRUNCATE {tables} RESTART IDENTITY"))
        connection.execute(text("UPDATE alembic_version SET version_num = :head"), {"head": HEAD})
    store.close()


@pytest.fixture(params=["memory", "file", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An open, empty store of each kind."""
    if request.param == "postgresql":
        yield request.getfixturevalue("emptied_postgresql")
        return
    store = Database.open(":memory:" if request.param == "memory" else tmp_path / "experiments.db")
    yield store
    store.close()
