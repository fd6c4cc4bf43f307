"""Bring a store's tables to the revision that the code expects; Alembic is loaded only when there is work."""

from __future__ import annotations

import logging
import re
import threading
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from errors import ConfigError, ResourceError
from tracking.store.schema import HEAD

__all__ = ["ALEMBIC", "MIGRATIONS", "check_references", "revision_of", "upgrade"]

MIGRATIONS = Path(__file__).resolve().parent / "migrations"
ALEMBIC = threading.Lock()
"""Held by whoever migrates a database in this process: Alembic keeps what it works on in global variables."""

_VERSION_TABLE = "alembic_version"
_OUR_REVISION = re.compile(r"\d{4}")


def revision_of(connection: Connection, name: str = "the database") -> str | None:
    """Return the revision of the tables, or None where there are none.

    Args:
        connection: to the database.
        name: how messages call the database.

    Raises:
        ConfigError: the tables are another program's.
        ResourceError: the tables were made by a newer version of this program.
    """
    tables = inspect(connection).get_table_names()
    if not tables:
        return None
    revision = None
    if _VERSION_TABLE in tables:
        revision = connection.execute(text(f"SELECT version_num FROM {_VERSION_TABLE}")).scalar()
    if (revision is None and tables != [_VERSION_TABLE]) or (revision and not _OUR_REVISION.fullmatch(revision)):
        raise ConfigError(
            f"{name}: holds another program's tables ({', '.join(sorted(tables)[:3])}, …); use a database of its own"
        )
    if revision is not None and revision > HEAD:
        raise ResourceError(
            f"{name}: its tables have revision {revision}, newer than this program's {HEAD}; update the program, "
            "or use another database"
        )
    return revision


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Run the migrations that are missing up to ``revision``, in the caller's transaction; who calls holds the lock."""
    # What it does concerns nobody who merely opens a store; it chatters from its import on.
    logging.getLogger("alembic").setLevel(logging.WARNING)
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    with ALEMBIC:
        command.upgrade(config, revision)


def check_references(connection: Connection, name: str) -> None:
    """Check in SQLite what it does not check by itself while tables change.

    Raises:
        ResourceError: rows refer to others that are not there.
    """
    if connection.dialect.name == "sqlite" and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
        raise ResourceError(f"{name}: cannot be upgraded, as rows in it refer to others that are missing; rebuild it")
