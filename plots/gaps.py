"""The part of a table that has no gaps: means over its rows or columns can be compared."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Set
from typing import TypeVar

__all__ = ["without_gaps"]

Row = TypeVar("Row", bound=Hashable)
Column = TypeVar("Column", bound=Hashable)


def without_gaps(table: Mapping[Row, Set[Column]]) -> tuple[list[Row], list[Column]]:
    """Leave out the row or the column that lacks the largest share, again and again, until nothing is missing.

    Args:
        table: which columns each row has.

    Returns:
        Rows and columns that are left, in the order in which they came; of equal shares the column is left out.
    """
    rows, columns = list(table), list(dict.fromkeys(column for own in table.values() for column in own))
    while any(column not in table[row] for row in rows for column in columns):
        of_row = {row: sum(column not in table[row] for column in columns) / len(columns) for row in rows}
        of_column = {column: sum(column not in table[row] for row in rows) / len(rows) for column in columns}
        row, column = max(rows, key=lambda each: of_row[each]), max(columns, key=lambda each: of_column[each])
        if of_row[row] > of_column[column]:
            rows.remove(row)
        else:
            columns.remove(column)
    return rows, columns
