"""Where the store lies: an SQLite file, SQLite in memory, or PostgreSQL; how it is opened, locked and upgraded."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, DBAPIError
from sqlalchemy.pool import NullPool, StaticPool

from errors import ConfigError, ResourceError
from tracking.migrate import revision_of, upgrade
from tracking.schema import HEAD

__all__ = ["DEFAULT_DATABASE", "Database", "DatabaseUnavailable", "database_url"]

DEFAULT_DATABASE = "experiments.db"
ENVIRONMENT_VARIABLE = "EXPERIMENTS_DB_URL"

_BUSY_SECONDS = 30.0
_CONNECT_SECONDS = 5
_READ_ONLY = {"read_only": True}


class DatabaseUnavailable(ResourceError):
    """The database cannot be reached or written now; it may be later."""


def database_url(given: str | Path | None = None) -> URL:
    """Return the URL of a store: as given, else from the environment variable EXPERIMENTS_DB_URL, else a local file.

    Args:
        given: a URL (``postgresql+psycopg://user@host/name``, ``sqlite:///file``), a path, or ``:memory:``.

    Raises:
        ConfigError: no such kind of database.
    """
    text = str(given or os.environ.get(ENVIRONMENT_VARIABLE) or DEFAULT_DATABASE)
    if "://" not in text:
        return URL.create("sqlite", database=text)
    try:
        url = make_url(text)
    except ArgumentError as error:
        raise ConfigError(f"{text}: not a database URL; {_KINDS}") from error
    if url.drivername in ("postgresql", "postgres"):
        url = url.set(drivername="postgresql+psycopg")
    if url.drivername not in ("sqlite", "postgresql+psycopg"):
        raise ConfigError(f"{url.drivername}: no such kind of database; {_KINDS}")
    return url


_KINDS = "use a file's path, sqlite:///path or postgresql+psycopg://user:password@host/name"


class Database:
    """One store. Writers go through :meth:`begin`, readers through :meth:`read`; both may be used from any thread.

    Args:
        url: from :func:`database_url`.
    """

    def __init__(self, url: URL) -> None:
        self.url = url
        self.engine = _engine(url)

    @classmethod
    def open(cls, given: str | Path | None = None, *, create: bool = True) -> Database:
        """Open a store; an SQLite file is created and upgraded as needed, PostgreSQL only when it is empty.

        Args:
            given: see :func:`database_url`.
            create: make an SQLite file that does not exist; otherwise its absence is an error.

        Raises:
            ConfigError: no such kind of database.
            DatabaseUnavailable: it cannot be reached, or not be created.
            ResourceError: its tables are of another version.
        """
        database = cls(database_url(given))
        file = database.file
        if file is not None and not create and not file.exists():
            raise DatabaseUnavailable(
                f"{file}: no such database; run something first, name one with --db or {ENVIRONMENT_VARIABLE}, "
                "or make it from folders: python experiment_cli.py rebuild FOLDER"
            )
        with unavailable_explained(database):
            database._prepare()
        return database

    @property
    def is_sqlite(self) -> bool:
        """Whether the store is SQLite, in a file or in memory."""
        return self.url.drivername == "sqlite"

    @property
    def file(self) -> Path | None:
        """The SQLite file; None in memory or on a server."""
        name = self.url.database
        return Path(name) if self.is_sqlite and name not in (None, "", ":memory:") else None

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """Yield a connection in a transaction that holds SQLite's write lock from its start (BEGIN IMMEDIATE).

        A transaction that reads first and asks for the lock later loses updates or fails at once, whatever the
        timeout says.

        Raises:
            DatabaseUnavailable: the database cannot be reached or written now.
        """
        with unavailable_explained(self), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Yield a connection that sees one state of the store throughout and blocks no writer.

        Raises:
            DatabaseUnavailable: the database cannot be reached now.
        """
        with (
            unavailable_explained(self),
            self.engine.connect().execution_options(**_READ_ONLY) as connection,
            connection.begin(),
        ):
            yield connection

    def close(self) -> None:
        """Release all connections."""
        self.engine.dispose()

    def upgrade(self) -> None:
        """Run the migrations that are missing, one process at a time.

        Raises:
            DatabaseUnavailable: the database cannot be reached or written.
        """
        with _migration_lock(self), self.begin() as connection:
            if not self.is_sqlite:
                # Two hosts share no lock file; the number is any that nobody else takes.
                connection.exec_driver_sql("SELECT pg_advisory_xact_lock(727411)")
            upgrade(connection)

    def _prepare(self) -> None:
        with self.read() as connection:
            revision = revision_of(connection)
        if revision == HEAD:
            return
        if revision is None or self.is_sqlite:
            self.upgrade()
            return
        raise ResourceError(
            f"the database has revision {revision}, this program needs {HEAD}; "
            "when nobody writes to it, run: python experiment_cli.py migrate"
        )


def _engine(url: URL) -> Engine:
    if url.drivername != "sqlite":
        options: dict[str, Any] = {"connect_timeout": _CONNECT_SECONDS}
        return create_engine(url, pool_pre_ping=True, pool_size=2, connect_args=options)
    in_memory = url.database in (None, "", ":memory:")
    engine = create_engine(
        url,
        poolclass=StaticPool if in_memory else NullPool,
        connect_args={"timeout": _BUSY_SECONDS, "check_same_thread": False, "isolation_level": None},
    )
    event.listen(engine, "connect", _set_pragmas)
    event.listen(engine, "begin", _begin)
    return engine


def _set_pragmas(connection: Any, _: Any) -> None:
    # WAL lets readers go on while one writes; NORMAL syncs at checkpoints: the folders hold the truth anyway.
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    read_only = connection.get_execution_options().get("read_only", False)
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")


@contextmanager
def _migration_lock(database: Database) -> Iterator[None]:
    if database.file is None:
        yield
        return
    with FileLock(f"{database.file}.lock"):
        yield


@contextmanager
def unavailable_explained(database: Database) -> Iterator[None]:
    """Turn what a driver raises when the database cannot be reached or written into one error with one line."""
    try:
        yield
    except DBAPIError as error:
        if not isinstance(error, DatabaseError):
            raise
        raise DatabaseUnavailable(f"{database.url.render_as_string()}: {str(error.orig).strip()}") from error
