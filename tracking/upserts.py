"""INSERT statements that say what happens where a row stands already."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from typing import Any

from sqlalchemy import Connection, Table, delete, insert

from tracking.columns import fitted

__all__ = ["insert_or", "replace_rows"]


def insert_or(connection: Connection, table: Table) -> Any:
    """Return an INSERT that knows ON CONFLICT in the connection's dialect."""
    # On use: loading a dialect that nobody needs would cost every command 40 ms.
    return import_module(f"sqlalchemy.dialects.{connection.dialect.name}").insert(table)


def replace_rows(connection: Connection, table: Table, experiment_key: int, rows: Iterable[Mapping[str, Any]]) -> None:
    """Let an experiment's rows in ``table`` be ``rows``; of two with the same primary key the later one counts."""
    connection.execute(delete(table).where(table.c.experiment_key == experiment_key))
    names: Sequence[str] = [column.name for column in table.primary_key]
    unique = {}
    for row in rows:
        values = {"experiment_key": experiment_key, **fitted(table, row)}
        unique[tuple(values[name] for name in names)] = values
    if unique:
        connection.execute(insert(table), list(unique.values()))
