"""How a user names a store: a file, SQLite in memory, or a PostgreSQL server."""

from __future__ import annotations

import os
from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from errors import ConfigError
from tracking.store.faults import without_password

__all__ = ["DEFAULT_DATABASE", "ENVIRONMENT_VARIABLE", "IN_MEMORY", "database_url", "shown_url"]

DEFAULT_DATABASE = "experiments.db"
ENVIRONMENT_VARIABLE = "EXPERIMENTS_DB_URL"
IN_MEMORY = ":memory:"

_KINDS = "use a file's path, sqlite:///path or postgresql+psycopg://user:password@host/name"


def database_url(given: str | Path | None = None) -> URL:
    """Return the URL of a store: as given, else from the environment variable EXPERIMENTS_DB_URL, else a local file.

    Args:
        given: a URL (``postgresql+psycopg://user@host/name``, ``sqlite:///file``), a path, or ``:memory:``.

    Raises:
        ConfigError: no such kind of database.
    """
    text = str(given or os.environ.get(ENVIRONMENT_VARIABLE) or DEFAULT_DATABASE)
    if "://" not in text:
        return _file_url(text)
    try:
        url = make_url(text)
    except (ArgumentError, ValueError) as error:
        raise ConfigError(f"{without_password(text)}: not a database URL; {_KINDS}") from error
    if url.drivername in ("postgresql", "postgres"):
        url = url.set(drivername="postgresql+psycopg")
    if url.drivername not in ("sqlite", "postgresql+psycopg"):
        raise ConfigError(f"{url.drivername}: no such kind of database; {_KINDS}")
    if url.drivername == "sqlite":
        if url.host or url.query or (url.database or "").startswith("file:"):
            raise ConfigError(f"{without_password(text)}: options and hosts mean nothing to SQLite here; {_KINDS}")
        return _file_url(url.database)
    return url


def shown_url(url: URL) -> str:
    """Return a URL as people and files may see it: libpq takes passwords as parameters too, which are left out."""
    return url.difference_update_query(["password", "sslpassword"]).render_as_string()


def _file_url(name: str | None) -> URL:
    if name in (None, "", IN_MEMORY):
        return URL.create("sqlite", database=IN_MEMORY)
    # A process that changes its folder later still means the same file.
    return URL.create("sqlite", database=str(Path(name or "").expanduser().absolute()))
