"""``migrate``: bring a store's tables to the revision that this program needs."""

from __future__ import annotations

from typing import Annotated

import typer

from errors import DataError
from experiment_commands.options import Db
from tracking.store.database import Database, database_url
from tracking.store.migrate import revision_of
from tracking.store.schema import HEAD

__all__ = ["migrate"]

Check = Annotated[bool, typer.Option("--check", help="Only say whether there is work: exit status 1 if so.")]


def migrate(db: Db = None, check: Check = False) -> int:
    """Bring a PostgreSQL store's tables up to date.

    SQLite files are upgraded by whatever opens them.

    Run it when a command says so, while nobody writes to the store.

    \b
    Examples:
      python experiment_cli.py migrate --check --db postgresql+psycopg://me@host/experiments
      python experiment_cli.py migrate --db postgresql+psycopg://me@host/experiments
    """
    database = Database(database_url(db))
    if database.file is not None and not database.file.exists():
        raise DataError(f"{database.file}: no such database; name one with --db")
    with database.read() as connection:
        before = revision_of(connection, database.name)
    if before == HEAD:
        print(f"revision {HEAD}: up to date")
        return 0
    if check:
        print(f"revision {before or 'none'}; this program needs {HEAD}: run migrate")
        return 1
    database.upgrade()
    print(f"migrated from revision {before or 'none'} to {HEAD}")
    return 0
