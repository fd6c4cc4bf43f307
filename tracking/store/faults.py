"""What a database's driver complains of, as errors of one line that say what to do."""

from __future__ import annotations

import os
import re
from pathlib import Path

from sqlalchemy.exc import DatabaseError, DBAPIError, InterfaceError, InternalError, OperationalError, ProgrammingError

from errors import ResourceError

__all__ = ["DatabaseUnavailable", "TransactionConflict", "explained", "is_damage", "lacks_room", "without_password"]

_PASSWORD = re.compile(r"(://[^:/@\s]*):[^\s]*@")
_QUERY_PASSWORD = re.compile(r"([?&](?:ssl)?password=)[^&\s]+", re.IGNORECASE)
_CONFLICTS = ("40001", "40P01")
_NO_PERMISSION = "42501"
_NO_COLUMN = "42703"
_NO_SQLITE_COLUMN = re.compile("no such column|has no column named")
_LITTLE_ROOM = ("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_CANTOPEN")
_ROOM_BYTES = 1 << 18
_DAMAGE = ("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_CANTOPEN")


class DatabaseUnavailable(ResourceError):
    """The database cannot be reached or written now; it may be later."""


class TransactionConflict(DatabaseUnavailable):
    """PostgreSQL broke this transaction off in favour of another one; doing it again helps."""


def without_password(text: str) -> str:
    """Return ``text`` with the passwords of a URL in it replaced by stars, in whichever of its parts they stand."""
    return _QUERY_PASSWORD.sub(r"\1***", _PASSWORD.sub(r"\1:***@", text))


def explained(error: DBAPIError, name: str) -> ResourceError | None:
    """Return what to raise instead of a driver's error; None where the fault lies in the program.

    Args:
        error: what SQLAlchemy raised.
        name: how messages call the database.
    """
    state = getattr(error.orig, "sqlstate", None)
    if state == _NO_COLUMN or _NO_SQLITE_COLUMN.search(str(error.orig)):
        # Not away: waiting would not help.
        return ResourceError(
            f"{name}: its tables are not those of this version of the program ({str(error.orig).splitlines()[0]}); "
            "name another store with --db, and fill it: python experiment_cli.py rebuild FOLDER"
        )
    outside = isinstance(error, OperationalError | InterfaceError | InternalError) or type(error) is DatabaseError
    if not outside and not (isinstance(error, ProgrammingError) and state == _NO_PERMISSION):
        return None
    kind = TransactionConflict if state in _CONFLICTS else DatabaseUnavailable
    return kind(f"{name}: {' '.join(str(error.orig).split())}{_remedy(error, name)}")


def is_damage(error: DBAPIError) -> bool:
    """Whether SQLite says this because its file is broken, emptied or gone."""
    code = getattr(error.orig, "sqlite_errorname", "")
    return code.startswith(_DAMAGE) or (code == "SQLITE_ERROR" and "no such table" in str(error.orig))


def lacks_room(error: DBAPIError, file: Path) -> bool:
    """Whether SQLite says this because the disk of its file is full, which it often calls a disk I/O error."""
    code = getattr(error.orig, "sqlite_errorname", "")
    if not code.startswith(_LITTLE_ROOM):
        return False
    try:
        status = os.statvfs(file.parent)
    except OSError:
        return False
    return code == "SQLITE_FULL" or status.f_bavail * status.f_frsize < _ROOM_BYTES


def _remedy(error: DBAPIError, name: str) -> str:
    code = getattr(error.orig, "sqlite_errorname", "")
    if code.startswith("SQLITE_READONLY"):
        return "; choose a file that you may write to"
    if code.startswith("SQLITE_BUSY"):
        return "; another process has been writing for long: look for one that hangs"
    if lacks_room(error, Path(name)):
        return "; its disk is full: free space there"
    return ""
