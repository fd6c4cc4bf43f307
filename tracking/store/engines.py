"""How connections to each kind of database are made."""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import NullPool, QueuePool, StaticPool

from errors import ConfigError
from tracking.store.places import HOME, register

__all__ = ["MIGRATING", "READ_ONLY", "memory_engine", "postgresql_engine", "sqlite_engine"]

logger = logging.getLogger(__name__)

_BUSY_SECONDS = 10.0
_SILENT_SECONDS = 2.0
"""For so long people wait without being told what for."""
_CONNECT_SECONDS = 5
_FROZEN = "mode=ro&immutable=1"
# A server that vanished without a word is noticed within about 20 seconds.
_KEEPALIVE = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 2, "tcp_user_timeout": 20_000}

_inherited: list[Any] = []

READ_ONLY: dict[str, Any] = {"read_only": True}
"""Execution options of a transaction that only reads."""

MIGRATING: dict[str, Any] = {"migrating": True}
"""Execution options of a transaction that changes tables."""


def sqlite_engine(file: Path, home: Path, *, frozen: bool = False, kept: bool = False) -> Engine:
    """Return an engine over an SQLite file that exists; a file that was set aside or made again is noticed.

    Args:
        file: the database.
        home: the folder to which folders of experiments are relative.
        frozen: only read, what stands in the file itself: this needs no files beside it, and so no room on the disk.
        kept: keep connections between transactions, instead of opening the file for each: opening it, and merging its
            log when it is closed, takes longer than a short transaction.
    """
    options = {HOME: home}
    connect = partial(_open, file, _FROZEN) if frozen else partial(_connect, file)
    if kept:
        engine = create_engine(
            "sqlite://", creator=connect, poolclass=QueuePool, pool_size=2, execution_options=options
        )
        event.listen(engine, "connect", partial(_remember_file, file))
        event.listen(engine, "checkout", partial(_check_same_file, file))
        return _with_own_begin(engine, home)
    engine = create_engine("sqlite://", creator=connect, poolclass=NullPool, execution_options=options)
    return _with_own_begin(engine, home)


def memory_engine() -> Engine:
    """Return an engine over one SQLite connection in memory; threads have to take turns."""
    arguments = {"check_same_thread": False, "isolation_level": None}
    return _with_own_begin(create_engine("sqlite://", poolclass=StaticPool, connect_args=arguments))


def postgresql_engine(url: URL) -> Engine:
    """Return an engine over a PostgreSQL server; it connects on first use.

    Raises:
        ConfigError: the driver is not installed.
    """
    arguments = {"connect_timeout": _CONNECT_SECONDS, **_KEEPALIVE}
    try:
        # Whoever waits for his turn to write has to see what the one before him wrote, whatever the server's usual is.
        engine = create_engine(
            url, pool_pre_ping=True, pool_size=2, connect_args=arguments, isolation_level="READ COMMITTED"
        )
    except ImportError as error:
        raise ConfigError(
            f"PostgreSQL needs a driver that is not installed ({error}); install it: pip install 'psycopg[binary]'"
        ) from error
    event.listen(engine, "connect", _limit_waiting)
    return engine


def _connect(file: Path) -> sqlite3.Connection:
    # mode=rw: what is gone stays gone, instead of coming back empty.
    connection = _open(file, "mode=rw")
    if os.access(file, os.W_OK) and os.access(file.parent, os.W_OK):
        return connection
    try:
        connection.execute("SELECT 1 FROM sqlite_master")
    except sqlite3.OperationalError:
        # Where SQLite may not put its files beside the database, it reads only what it is told is not being written.
        connection.close()
        connection = _open(file, _FROZEN)
    return connection


def _open(file: Path, options: str) -> sqlite3.Connection:
    address = f"{file.absolute().as_uri()}?{options}"
    return sqlite3.connect(address, _BUSY_SECONDS, isolation_level=None, check_same_thread=False, uri=True)


def _remember_file(file: Path, _: Any, record: Any) -> None:
    record.info["file"] = _identity(file)


def _check_same_file(file: Path, connection: Any, record: Any, proxy: Any) -> None:
    """Give up a kept connection whose file is not the one of that name any more."""
    if record.info["file"] == _identity(file):
        return
    if record.info["file"][0] != os.getpid():
        # Closing what a parent process goes on with would take away its locks.
        _inherited.append(connection)
        record.dbapi_connection = proxy.dbapi_connection = None
    raise DisconnectionError(f"{file} was set aside or made anew")


def _identity(file: Path) -> tuple[int, ...]:
    try:
        status = file.stat()
    except OSError:
        return (os.getpid(),)
    return os.getpid(), status.st_dev, status.st_ino, status.st_size > 0


def _with_own_begin(engine: Engine, home: Path | None = None) -> Engine:
    event.listen(engine, "connect", _set_pragmas)
    event.listen(engine, "connect", lambda connection, _: register(connection, home))
    event.listen(engine, "begin", _begin)
    return engine


def _set_pragmas(connection: Any, _: Any) -> None:
    # NORMAL syncs at checkpoints: the folders hold the truth anyway.
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("PRAGMA foreign_keys=ON")


def _begin(connection: Connection) -> None:
    options = connection.get_execution_options()
    # SQLite changes a table by copying and dropping it, and dropping it would take along what refers to its rows. In
    # memory the same connection goes on afterwards.
    connection.exec_driver_sql(f"PRAGMA foreign_keys={'OFF' if options.get('migrating', False) else 'ON'}")
    if options.get("read_only", False):
        connection.exec_driver_sql("BEGIN")
        # Whether it can be read shows with the first row.
        connection.exec_driver_sql("SELECT 1 FROM sqlite_master LIMIT 1")
    elif threading.current_thread() is not threading.main_thread() or not _begins_soon(connection):
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _begins_soon(connection: Connection) -> bool:
    """Begin to write; where another process does so for long, say so to whoever waits for this."""
    driver = connection.connection.driver_connection
    assert driver is not None
    driver.execute(f"PRAGMA busy_timeout={_SILENT_SECONDS * 1000:.0f}")
    try:
        driver.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        if getattr(error, "sqlite_errorcode", None) != sqlite3.SQLITE_BUSY:
            raise
        logger.warning(
            "the database is locked by another process; waiting for at most %.0f s more",
            _BUSY_SECONDS - _SILENT_SECONDS,
        )
        return False
    finally:
        driver.execute(f"PRAGMA busy_timeout={(_BUSY_SECONDS - _SILENT_SECONDS) * 1000:.0f}")
    return True


def _limit_waiting(connection: Any, _: Any) -> None:
    connection.execute(f"SET lock_timeout = '{_BUSY_SECONDS:.0f}s'")
    connection.commit()
