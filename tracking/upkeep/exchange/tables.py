"""Write experiments as a table: one row each; parameters, final metrics and evaluations are columns; CSV or Parquet."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from atomic_files import finite
from tracking.reading.records import ExperimentRecord

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Pages", "write_csv", "write_parquet"]

Pages = Callable[[], Iterator[Sequence[ExperimentRecord]]]
"""Starts reading from the beginning: a table is read twice, for its columns and for its rows."""

_MOMENTS = ("created_at", "started_at", "finished_at")
_FAMILIES = ("params", "metrics", "evaluations")
_PLAIN = tuple(name for name in ExperimentRecord._fields if name not in _FAMILIES)
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def write_csv(pages: Pages, out: TextIO) -> int:
    """Write a CSV table and return the number of rows. Text that a spreadsheet would run as a formula begins with '.

    Raises:
        DatabaseUnavailable: the database cannot be reached.
    """
    columns = list(_columns(pages))
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(map(_cell, columns))
    count = 0
    for page in pages():
        for record in page:
            row = _row(record)
            writer.writerow([_cell(row.get(column)) for column in columns])
            count += 1
    return count


def write_parquet(pages: Pages, path: Path) -> int:
    """Write a Parquet table and return the number of rows; a column of mixed kinds becomes text.

    Raises:
        DatabaseUnavailable: the database cannot be reached.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = {name: _arrow_type(kinds) for name, kinds in _columns(pages).items()}
    schema = pa.schema(list(columns.items()))
    count = 0
    with pq.ParquetWriter(path, schema) as writer:
        for page in pages():
            rows = [_row(record) for record in page]
            arrays = [
                pa.array([_arrow_value(row.get(name), kind) for row in rows], type=kind)
                for name, kind in columns.items()
            ]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
            count += len(rows)
    return count


def _columns(pages: Pages) -> dict[str, set[type]]:
    """Return the names of the columns in their order, each with the kinds of values that stand in it."""
    kinds: dict[str, set[type]] = {name: set() for name in _PLAIN}
    more: dict[str, set[type]] = {}
    for page in pages():
        for record in page:
            for name, value in _row(record).items():
                if value is not None:
                    (kinds if name in kinds else more).setdefault(name, set()).add(type(value))
                elif name not in kinds:
                    more.setdefault(name, set())
    return {**kinds, **{name: more[name] for name in sorted(more, key=_by_family)}}


def _by_family(column: str) -> tuple[int, str]:
    return _FAMILIES.index(column.partition(".")[0]), column


def _row(record: ExperimentRecord) -> dict[str, Any]:
    row: dict[str, Any] = {name: getattr(record, name) for name in _PLAIN}
    for name in _MOMENTS:
        row[name] = None if row[name] is None else datetime.fromtimestamp(row[name], UTC)
    row["status"], row["folder"], row["tags"] = str(record.status), str(record.folder), ", ".join(record.tags)
    row.update({f"params.{name}": _plain(value) for name, value in record.params.items()})
    row.update({f"metrics.{name}": value for name, value in record.metrics.items()})
    row.update({f"evaluations.{name}": value for name, value in record.evaluations.items()})
    return row


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, bool | int | float | str) else json.dumps(finite(value))


def _cell(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, str) and value.startswith(_FORMULA_STARTS):
        return f"'{value}"
    return value


def _arrow_type(kinds: set[type]) -> pa.DataType:
    import pyarrow as pa

    if kinds == {datetime}:
        return pa.timestamp("us", tz="UTC")
    if kinds == {bool}:
        return pa.bool_()
    if kinds == {int}:
        return pa.int64()
    if kinds and kinds <= {int, float}:
        return pa.float64()
    return pa.string()


def _arrow_value(value: Any, kind: pa.DataType) -> Any:
    import pyarrow as pa

    if value is None or not pa.types.is_string(kind):
        return value
    return value if isinstance(value, str) else json.dumps(value, default=str)
