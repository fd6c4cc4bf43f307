"""Bring a store's tables to the revision that the code expects; Alembic is loaded only when there is work."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from errors import ResourceError
from tracking.schema import HEAD

__all__ = ["revision_of", "upgrade"]

_MIGRATIONS = Path(__file__).resolve().parent / "migrations"


def revision_of(connection: Connection) -> str | None:
    """Return the revision of the tables, or None where there are none.

    Raises:
        ResourceError: the tables were made by a newer version of this program.
    """
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    if revision is not None and revision > HEAD:
        raise ResourceError(
            f"the database has revision {revision}, newer than this program's {HEAD}; update the program, "
            "or use another database"
        )
    return revision


def upgrade(connection: Connection) -> None:
    """Run the migrations that are missing, in the caller's transaction; who calls holds the lock."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
