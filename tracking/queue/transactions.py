"""How the queue writes: one transaction after another, whatever the database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from sqlalchemy import Connection, text

from tracking.store.database import Database

__all__ = ["alone", "pages"]

T = TypeVar("T")

_PAGE = 500
# The number is any that nobody else takes. A process that is frozen or cut off while it holds the lock loses it.
_ALONE = text("SELECT set_config('idle_in_transaction_session_timeout', '30s', true), pg_advisory_xact_lock(727412)")


@contextmanager
def alone(database: Database) -> Iterator[Connection]:
    """Yield a connection in a transaction beside which nobody else changes the queue.

    SQLite knows nothing else. On PostgreSQL, rows that are locked one by one would be enough to hand no job to two,
    but not to keep the order of turns, nor limits that count over the whole queue.
    """
    with database.begin() as connection:
        if connection.dialect.name != "sqlite":
            connection.execute(_ALONE)
        yield connection


def pages(items: Iterable[T]) -> Iterator[Sequence[T]]:
    """Yield as many at a time as one statement takes well."""
    listed = list(items)
    for start in range(0, len(listed), _PAGE):
        yield listed[start : start + _PAGE]
