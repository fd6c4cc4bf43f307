"""Give what an SQLite store's file no longer needs back to the disk."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from tracking.store.database import Database
from tracking.store.faults import DatabaseUnavailable

__all__ = ["free_bytes", "vacuum"]

_BUSY_SECONDS = 30.0


def free_bytes(database: Database) -> int:
    """Return the bytes that :func:`vacuum` would give back; 0 where the store is no file.

    Raises:
        DatabaseUnavailable: the database cannot be read.
    """
    if database.file is None:
        return 0
    with database.read() as connection:
        count, page = (
            connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in ("freelist_count", "page_size")
        )
    return int(count * page)


def vacuum(database: Database) -> None:
    """Shrink an SQLite store's file; PostgreSQL looks after itself.

    Raises:
        DatabaseUnavailable: it is being written all the time, or cannot be written.
    """
    if database.file is None:
        return
    try:
        # Outside of any transaction, where VACUUM has to be.
        with closing(sqlite3.connect(database.file, _BUSY_SECONDS, isolation_level=None)) as connection:
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.Error as error:
        raise DatabaseUnavailable(
            f"{database.name}: cannot be shrunk now ({error}); try again when nobody writes to it"
        ) from error
