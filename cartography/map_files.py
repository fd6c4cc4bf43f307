"""The map's table on disk: ``cartography_metrics.csv`` and ``.json``, written and read through Arrow."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from atomic_files import atomic_path
from cartography.arrow_ids import repeated_ids, to_numpy
from cartography.metrics import CATEGORIES
from errors import DataError, SignalError

__all__ = ["METRICS_CSV", "METRICS_JSON", "read_metrics_csv", "write_metrics_csv", "write_metrics_json"]

METRICS_CSV = "cartography_metrics.csv"
METRICS_JSON = "cartography_metrics.json"
_JSON_LIMIT = 1_000_000
"""Rows above which no JSON is written: it would take gigabytes, and nobody opens it."""
_JSON_CHUNK = 100_000
_FLOATS = ("confidence", "variability", "threshold_closeness", "aum", "el2n", "loss")
_REQUIRED = ("confidence", "variability", "category")


def write_metrics_csv(folder: Path, ids: NDArray[np.str_], columns: Mapping[str, NDArray[Any]]) -> None:
    """Write ``cartography_metrics.csv`` atomically: id and one column a metric, each (N,)."""
    import pyarrow as pa
    import pyarrow.csv

    table = pa.table({"id": pa.array(ids), **{name: pa.array(values) for name, values in columns.items()}})
    options = pa.csv.WriteOptions(quoting_style="needed")
    with atomic_path(folder / METRICS_CSV) as temporary:
        pa.csv.write_csv(table, temporary, options)


def write_metrics_json(folder: Path, ids: NDArray[np.str_], columns: Mapping[str, NDArray[Any]]) -> None:
    """Write ``cartography_metrics.json`` atomically: a list of records; left out above a million rows."""
    if len(ids) > _JSON_LIMIT:
        (folder / METRICS_JSON).unlink(missing_ok=True)
        return
    import pandas as pd

    with atomic_path(folder / METRICS_JSON) as temporary, temporary.open("w", encoding="utf-8") as out:
        out.write("[")
        for start in range(0, len(ids), _JSON_CHUNK):
            part = slice(start, start + _JSON_CHUNK)
            frame = pd.DataFrame({"id": ids[part], **{name: values[part] for name, values in columns.items()}})
            out.write(",\n" if start else "\n")
            records = frame.to_json(orient="records", lines=True, double_precision=8, force_ascii=False)
            out.write(records.rstrip("\n").replace("\n", ",\n"))
        out.write("\n]\n")


def read_metrics_csv(path: Path, num_examples: int | None = None) -> tuple[NDArray[np.str_], dict[str, NDArray[Any]]]:
    """Read ids and columns.

    Args:
        path: the CSV file.
        num_examples: rows it must hold, if known.

    Raises:
        DataError: the table is truncated or garbled.
        SignalError: an id repeats.
    """
    import pyarrow as pa
    import pyarrow.csv

    types = {name: pa.float64() for name in _FLOATS}
    types |= {"id": pa.string(), "category": pa.dictionary(pa.int32(), pa.string())}
    try:
        table = pa.csv.read_csv(
            path,
            parse_options=pa.csv.ParseOptions(newlines_in_values=True),
            convert_options=pa.csv.ConvertOptions(column_types=types),
        )
    except pa.ArrowInvalid as error:
        raise _garbled(path, str(error).splitlines()[0]) from error
    missing = [name for name in ("id", *_REQUIRED) if name not in table.column_names]
    if missing:
        raise _garbled(path, f"it lacks the columns {', '.join(missing)}")
    if num_examples is not None and table.num_rows != num_examples:
        raise _garbled(path, f"it holds {table.num_rows} rows, but provenance.json says {num_examples}")
    columns = {}
    for name in [name for name in table.column_names if name != "id"]:
        columns[name] = _values(path, name, table[name])
        # Release each column as it is copied: of 10 million rows there is no room for two tables.
        table = table.drop_columns([name])
    repeated = repeated_ids(table["id"])
    if repeated:
        shown = ", ".join(repr(value) for value in repeated[:3])
        raise SignalError(f"{path}: {len(repeated)} ids stand in it more than once ({shown}); make the map anew")
    return to_numpy(table["id"]), columns


def _values(path: Path, name: str, column: Any) -> NDArray[Any]:
    import pyarrow as pa

    if name == "category":
        encoded = column.combine_chunks()
        names = np.asarray(encoded.dictionary.to_pylist(), dtype=np.str_)
        unknown = sorted(set(names.tolist()) - set(CATEGORIES))
        if unknown or encoded.null_count:
            raise _garbled(path, f"column category holds {unknown or 'empty cells'}; known are {', '.join(CATEGORIES)}")
        values: NDArray[Any] = names[encoded.indices.to_numpy()]
        return values
    if not (pa.types.is_integer(column.type) or pa.types.is_floating(column.type)):
        raise _garbled(path, f"column {name} holds {column.type} instead of numbers")
    if name in _REQUIRED and column.null_count:
        raise _garbled(path, f"column {name} has {column.null_count} empty cells")
    numbers: NDArray[Any] = column.to_numpy()
    return numbers


def _garbled(path: Path, reason: str) -> DataError:
    return DataError(
        f"{path}: truncated or garbled ({reason}); make it anew with python -m cartography rebuild {path.parent}"
    )
