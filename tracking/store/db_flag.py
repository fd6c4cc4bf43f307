"""How the next command is told of the same store."""

from __future__ import annotations

import shlex

from tracking.store.database_url import database_url, shown_url

__all__ = ["db_flag"]


def db_flag(db: str | None) -> str:
    """Return `` --db ...`` for a command that is shown to people; a password stands there as ``***``.

    Args:
        db: what ``--db`` was given; None where the next command finds the store by itself.

    Raises:
        ConfigError: no such kind of database.
    """
    if db is None:
        return ""
    shown = shown_url(url := database_url(db))
    if shown == url.render_as_string(hide_password=False) or url.drivername == "sqlite":
        return f" --db {shlex.quote(db)}"
    return f" --db {shlex.quote(shown)}"
