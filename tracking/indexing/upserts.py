"""Statements that the index runs for every folder; making them takes longer than running them, so they are kept."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from typing import Any

from sqlalchemy import Connection, Delete, Insert, Table, bindparam, delete, insert

from tracking.indexing.columns import fitted

__all__ = ["insert_or", "insert_rows", "insert_unless_there", "replace_rows", "rows_of"]


def insert_or(dialect: str, table: Table) -> Any:
    """Return an INSERT that knows ON CONFLICT in the dialect of that name."""
    # On use: loading a dialect that nobody needs would cost every command 40 ms.
    return import_module(f"sqlalchemy.dialects.{dialect}").insert(table)


@functools.cache
def insert_unless_there(dialect: str, table: Table, unique: str) -> Any:
    """Return an INSERT that does nothing where a row has the same value in the column ``unique``."""
    return insert_or(dialect, table).on_conflict_do_nothing(index_elements=[unique])


def replace_rows(
    connection: Connection, table: Table, experiment_key: int, rows: Iterable[Mapping[str, Any]], fresh: bool = False
) -> None:
    """Let an experiment's rows in ``table`` be ``rows``; of two with the same primary key the later one counts.

    Args:
        connection: to the database.
        table: with a column ``experiment_key``.
        experiment_key: whose rows.
        rows: the new ones.
        fresh: whether there are no rows yet.
    """
    if not fresh:
        connection.execute(_delete_of(table), {"wanted_key": experiment_key})
    names: Sequence[str] = [column.name for column in table.primary_key]
    unique = {}
    for row in rows:
        values = {"experiment_key": experiment_key, **fitted(table, row)}
        unique[tuple(values[name] for name in names)] = values
    insert_rows(connection, table, list(unique.values()))


def insert_rows(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    """Insert rows that all have the same columns; none is fine."""
    if rows:
        connection.execute(_insert(table), rows)


def rows_of(table: Table) -> Any:
    """Return the condition that a row of ``table`` is of the experiment given as ``wanted_key``."""
    return table.c.experiment_key == bindparam("wanted_key")


@functools.cache
def _delete_of(table: Table) -> Delete:
    return delete(table).where(rows_of(table))


@functools.cache
def _insert(table: Table) -> Insert:
    return insert(table)
