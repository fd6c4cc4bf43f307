"""Whether the experiment store can be written from where the runs are made."""

from __future__ import annotations

from execution.base import Executor
from tracking.store.database_url import database_url

__all__ = ["store_warning"]


def store_warning(executor: Executor, db: str | None) -> str:
    """Return what is wrong with a store that runs on several machines write to; empty where nothing is.

    Args:
        executor: who makes the runs.
        db: the store: a file or a URL; None means the variable EXPERIMENTS_DB_URL, else ``experiments.db``.

    Raises:
        ConfigError: no such kind of database.
    """
    url = database_url(db)
    if not executor.spans_hosts or url.drivername.partition("+")[0] != "sqlite":
        return ""
    return (
        f"the store is a file ({url.database}), and {executor.name} makes runs on several machines: a file on a "
        "network disk breaks where several write; give --db postgresql+psycopg://..., or --no-tracking and, when all "
        "is done, experiment_cli.py rebuild"
    )
