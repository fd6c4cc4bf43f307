"""Per-example signals a strategy reads, always aligned to the training rows by id."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from errors import SignalError

__all__ = ["CLUSTERS", "DATA_MAP", "Signals", "align"]

DATA_MAP = "data_map"
"""Columns: confidence, variability, correctness, forgetting, threshold_closeness, aum, el2n, category."""
CLUSTERS = "clusters"
"""Columns: cluster (-1 is noise), probability."""


@dataclass(frozen=True)
class Signals:
    """Everything a strategy may look at."""

    ids: NDArray[np.str_]
    """(num_examples,) stable ids of the training rows."""
    labels: NDArray[Any] | None = None
    """(num_examples,) class of each row, or None where the task has no classes."""
    tables: Mapping[str, Mapping[str, NDArray[Any]]] = field(default_factory=dict)
    """Signal name to columns, each (num_examples,) in the order of ``ids``."""

    @property
    def num_examples(self) -> int:
        """Number of training rows."""
        return len(self.ids)

    def column(self, table: str, name: str) -> NDArray[Any]:
        """Return one column of a signal.

        Raises:
            SignalError: the signal was not supplied or lacks the column.
        """
        if table not in self.tables:
            raise SignalError(f"signal {table!r} was not supplied; name its folder or let the runner prepare it")
        columns = self.tables[table]
        if name not in columns:
            raise SignalError(f"signal {table!r} has no column {name!r} (it has: {', '.join(columns)}); make it anew")
        return columns[name]

    def scores(self, table: str, name: str, *, low: float = -np.inf, high: float = np.inf) -> NDArray[np.float64]:
        """Return a numeric column as (num_examples,) float64, every value finite and within [low, high].

        Raises:
            SignalError: the column is missing, not numeric, or has values that are not finite or out of range.
        """
        values = self.column(table, name)
        if values.dtype.kind not in "iufb":
            raise SignalError(f"signal {table!r}: column {name!r} is not numeric ({values.dtype}); make it anew")
        numbers = values.astype(np.float64)
        finite = np.isfinite(numbers)
        if not finite.all():
            where = ", ".join(repr(str(value)) for value in self.ids[~finite][:3])
            raise SignalError(
                f"signal {table!r}: {name} is not a finite number for {int((~finite).sum())} of {len(numbers)} rows "
                f"(such as {where}): they were never observed; make it anew over all training rows"
            )
        tolerance = 1e-6
        outside = (numbers < low - tolerance) | (numbers > high + tolerance)
        if outside.any():
            raise SignalError(
                f"signal {table!r}: {name} of {int(outside.sum())} of {len(numbers)} rows lies outside "
                f"[{low:g}, {high:g}]; make it anew"
            )
        return np.clip(numbers, low, high)

    def permuted(self, rng: np.random.Generator) -> Signals:
        """Return signals whose tables are shuffled across examples, all together (for placebo controls).

        Ids and labels stay. Which example gets whose values depends on ids and ``rng``, not on the rows' order.
        """
        by_id = np.argsort(self.ids, kind="stable")
        order = np.empty_like(by_id)
        order[by_id] = by_id[rng.permutation(self.num_examples)]
        tables = {
            table: {name: values[order] for name, values in columns.items()} for table, columns in self.tables.items()
        }
        return Signals(ids=self.ids, labels=self.labels, tables=tables)


def align(
    ids: NDArray[np.str_], table_ids: NDArray[np.str_], columns: Mapping[str, NDArray[Any]], source: str
) -> dict[str, NDArray[Any]]:
    """Reorder a table's columns to the training rows, by id.

    Args:
        ids: (num_examples,) training ids.
        table_ids: (num_rows,) ids of the table; may hold more than ``ids``.
        columns: name to (num_rows,) values.
        source: file named in errors.

    Raises:
        SignalError: ids repeat in the table, or training rows are missing from it.
    """
    order = np.argsort(table_ids, kind="stable")
    ordered = table_ids[order]
    if (ordered[1:] == ordered[:-1]).any():
        repeated = ordered[1:][ordered[1:] == ordered[:-1]][0]
        raise SignalError(f"{source}: id {str(repeated)!r} stands in it more than once; make it anew")
    place = np.searchsorted(ordered, ids)
    place[place == len(ordered)] = 0
    found = ordered[place] == ids if len(ordered) else np.zeros(len(ids), dtype=bool)
    if not found.all():
        missing = ", ".join(repr(str(value)) for value in ids[~found][:3])
        raise SignalError(
            f"{source}: covers {int(found.sum())} of {len(ids)} training rows (missing: {missing} ...); "
            "it was made from other data or fewer rows. Name the right folder, or make it anew for these rows"
        )
    return {name: values[order][place] for name, values in columns.items()}
