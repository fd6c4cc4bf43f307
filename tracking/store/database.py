"""The store's database: an SQLite file, SQLite in memory, or PostgreSQL; how it is opened, locked and upgraded."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from pathlib import Path

from sqlalchemy import URL, Connection, Engine
from sqlalchemy.exc import DBAPIError

from errors import ConfigError, ResourceError
from tracking.store.database_url import DEFAULT_DATABASE, ENVIRONMENT_VARIABLE, IN_MEMORY, database_url, shown_url
from tracking.store.engines import MIGRATING, READ_ONLY, memory_engine, postgresql_engine, sqlite_engine
from tracking.store.faults import DatabaseUnavailable, TransactionConflict, explained, is_damage, lacks_room
from tracking.store.migrate import check_references, revision_of, upgrade
from tracking.store.places import home_of
from tracking.store.roots import remember_root, roots_file
from tracking.store.schema import HEAD
from tracking.store.sqlite_file import begins_like_sqlite, locked

__all__ = [
    "DEFAULT_DATABASE",
    "ENVIRONMENT_VARIABLE",
    "Database",
    "DatabaseMended",
    "DatabaseUnavailable",
    "TransactionConflict",
    "database_url",
]

logger = logging.getLogger(__name__)

# Two hosts share no lock file; the number is any that nobody else takes.
_UPGRADE_LOCK = 727411


class DatabaseMended(DatabaseUnavailable):
    """The database was found broken, and has been made anew: what just failed can be done again."""


class Database:
    """One store. Writers go through :meth:`begin`, readers through :meth:`read`; both may be used from any thread.

    Args:
        url: from :func:`database_url`.
        home: the folder that folders of experiments are remembered relative to; None means that of an SQLite file.
    """

    def __init__(self, url: URL, home: Path | None = None) -> None:
        self.url = url
        self._home = home
        self.engine = self._make_engine()
        self._turn = threading.RLock()
        self._in_turn: Connection | None = None
        self._remembered: set[Path] = set()
        self._has_warned_of_disk = False

    def _make_engine(self) -> Engine:
        if not self.is_sqlite:
            return postgresql_engine(self.url)
        if self.file is None:
            return memory_engine()
        return sqlite_engine(self.file, self._home or home_of(self.file))

    @classmethod
    def open(cls, given: str | Path | None = None, *, create: bool = True) -> Database:
        """Open a store; an SQLite file is created, upgraded and mended as needed, PostgreSQL filled when it is empty.

        Args:
            given: see :func:`database_url`.
            create: make an SQLite file that does not exist; otherwise its absence is an error.

        Raises:
            ConfigError: no such kind of database, or it is somebody else's.
            DatabaseUnavailable: it cannot be reached, or not be created.
            ResourceError: its tables are of another version.
        """
        database = cls(database_url(given))
        if database.file is not None:
            database._check_file(database.file, create)
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
        return Path(name) if self.is_sqlite and name and name != IN_MEMORY else None

    @property
    def experiments_dir(self) -> Path:
        """Where experiments get their folders unless somebody says otherwise."""
        return (self.file.parent if self.file is not None else Path.cwd()) / "experiments"

    @property
    def name(self) -> str:
        """How messages call the store; a password is not in it."""
        if self.is_sqlite:
            return str(self.file or "the database in memory")
        return shown_url(self.url)

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """Yield a connection in a transaction that holds SQLite's write lock from its start (BEGIN IMMEDIATE).

        A transaction that reads first and asks for the lock later loses updates or fails at once, whatever the
        timeout says.

        Raises:
            DatabaseUnavailable: the database cannot be reached or written now.
        """
        with self._explained(), self._transaction(self.engine) as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Yield a connection that sees one state of the store throughout and blocks no writer.

        Raises:
            DatabaseUnavailable: the database cannot be reached now.
        """
        with self._explained(), ExitStack() as opened:
            yield self._begun_to_read(opened)

    def keep_open(self) -> None:
        """Keep an SQLite file open between transactions: who does many short ones gets several times as far."""
        if self.file is not None:
            self.engine = sqlite_engine(self.file, self._home or home_of(self.file), kept=True)

    def close(self) -> None:
        """Release all connections."""
        self.engine.dispose()

    def upgrade(self) -> None:
        """Run the migrations that are missing, one process at a time.

        Raises:
            DatabaseUnavailable: the database cannot be reached or written.
        """
        lock = locked(self.file) if self.file is not None else nullcontext()
        with lock, self._explained(), self._transaction(self.engine.execution_options(**MIGRATING)) as connection:
            if not self.is_sqlite:
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_UPGRADE_LOCK})")
            upgrade(connection)
            check_references(connection, self.name)

    def remember(self, root: Path) -> None:
        """Note that experiments lie below ``root``, for the day on which the file of the store breaks."""
        if self.file is not None and root not in self._remembered:
            remember_root(self.file, root)
            self._remembered.add(root)

    def _begun_to_read(self, opened: ExitStack) -> Connection:
        engine = self.engine.execution_options(**READ_ONLY)
        if not self.is_sqlite:
            engine = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        try:
            return opened.enter_context(self._transaction(engine))
        except DBAPIError as error:
            if self.file is None or not lacks_room(error, self.file):
                raise
            if not self._has_warned_of_disk:
                self._has_warned_of_disk = True
                logger.warning("%s: its disk is full; what was written last may be missing in what is shown", self.file)
            frozen = sqlite_engine(self.file, self._home or home_of(self.file), frozen=True)
            return opened.enter_context(frozen.execution_options(**READ_ONLY).begin())

    # -- transactions -------------------------------------------------------------------------------------------

    def _transaction(self, engine: Engine) -> AbstractContextManager[Connection]:
        return self._turns(engine) if self.is_sqlite and self.file is None else engine.begin()

    @contextmanager
    def _turns(self, engine: Engine) -> Iterator[Connection]:
        """In memory there is one connection: threads take turns, and a transaction inside another one joins it."""
        with self._turn:
            if self._in_turn is not None:
                yield self._in_turn
                return
            with engine.begin() as connection:
                self._in_turn = connection
                try:
                    yield connection
                finally:
                    self._in_turn = None

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn what a driver raises when the database cannot be reached or written into one error with one line."""
        try:
            yield
        except DBAPIError as error:
            if is_damage(error):
                self._mend()
            unavailable = explained(error, self.name)
            if unavailable is None:
                raise
            raise unavailable from error

    # -- opening ------------------------------------------------------------------------------------------------

    def _check_file(self, file: Path, create: bool) -> None:
        """Refuse what is no store, and make one where none is."""
        from tracking.store.mending import make_missing, suit_disk

        if file.is_dir():
            raise ConfigError(f"{file}: a folder, not a database; name a file in it, such as {file / DEFAULT_DATABASE}")
        known = roots_file(file).exists()
        if not file.exists() and not create and not known:
            raise DatabaseUnavailable(
                f"{file}: no such database; run something first, name one with --db or {ENVIRONMENT_VARIABLE}, "
                "or make it from folders: python experiment_cli.py rebuild FOLDER"
            )
        if not file.exists() or not file.stat().st_size:
            make_missing(file)
        elif not begins_like_sqlite(file) and not known:
            raise ConfigError(f"{file}: not an SQLite database; name another file")
        suit_disk(file)

    def _prepare(self) -> None:
        try:
            revision = self._revision()
        except DatabaseMended:
            revision = self._revision()
        if revision == HEAD:
            return
        if revision is None or self.is_sqlite:
            self.upgrade()
            return
        raise ResourceError(
            f"{self.name}: its tables have revision {revision}, this program needs {HEAD}; "
            "when nobody writes to it, run: python experiment_cli.py migrate"
        )

    def _revision(self) -> str | None:
        with self.read() as connection:
            return revision_of(connection, self.name)

    def _mend(self) -> None:
        """Make the file anew where it is really broken.

        Raises:
            DatabaseMended: it was.
        """
        from tracking.store.mending import mend

        if self.file is not None and mend(self.file) is not None:
            raise DatabaseMended(f"{self.file}: was damaged, and has been made anew; do the same again")
