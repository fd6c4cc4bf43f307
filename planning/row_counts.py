"""Rows of a split, counted from the file itself without the libraries that load it."""

from __future__ import annotations

import csv
import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from atomic_files import read_json
from errors import DataError
from tasks.base import DataSource
from tasks.demo_data import num_rows
from tasks.sources import locate

__all__ = ["RowCount", "count_rows"]

_READ_WHOLE = 8_000_000
"""Bytes; of a larger file only the beginning is read, and its rows are estimated from that."""
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")


@dataclass(frozen=True)
class RowCount:
    """A number of rows and how sure it is."""

    rows: int | None
    """None where it cannot be known without loading the data."""
    sure: bool = True

    def __str__(self) -> str:
        return "?" if self.rows is None else f"{'' if self.sure else '~'}{self.rows:,}"


@functools.cache
def count_rows(dataset: str, split: str) -> RowCount:
    """Count the rows of one split.

    Raises:
        DataError: no such file or split, or a file that is not what its suffix says.
    """
    location = locate(DataSource(dataset, split))
    if location.kind == "demo":
        return RowCount(num_rows(location.name, location.split))
    if location.kind == "hub":
        return RowCount(None, sure=False)
    counts = [_count_file(path) for path in location.files]
    return RowCount(sum(count.rows or 0 for count in counts), all(count.sure for count in counts))


def _count_file(path: Path) -> RowCount:
    suffix = path.suffix.lower()
    if suffix == ".parquet":
        return RowCount(_parquet_rows(path))
    size = path.stat().st_size
    if size > _READ_WHOLE:
        return RowCount(round(_text_rows(suffix, _beginning(path)) * size / _READ_WHOLE), sure=False)
    return RowCount(_json_rows(path) if suffix == ".json" else _text_rows(suffix, _beginning(path)))


def _text_rows(suffix: str, text: str) -> int:
    """Count the rows of a file, or of its beginning."""
    if suffix == ".json":
        return text.count('"question":')
    if suffix == ".csv":
        return _delimited_rows(csv.reader(text.splitlines(keepends=True)))
    if suffix == ".tsv":
        return _delimited_rows(line.split("\t") for line in text.splitlines())
    return _filled_lines(text)


def _filled_lines(text: str) -> int:
    return sum(1 for line in text.splitlines() if line.strip())


def _beginning(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(_READ_WHOLE).decode("utf-8-sig", errors="ignore")
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error})") from error


def _delimited_rows(rows: Iterator[list[str]]) -> int:
    """Count rows, less the header: a first row without any plain number is one."""
    first = next(rows, None)
    if first is None:
        return 0
    header = not any(_NUMBER.fullmatch(cell.strip()) for cell in first)
    return sum(1 for row in rows if row) + (0 if header else 1)


def _json_rows(path: Path) -> int:
    try:
        content = read_json(path)
    except DataError:
        lines = _beginning(path).splitlines()
        if len(lines) > 1 and all(line.startswith("{") for line in lines if line.strip()):
            return len([line for line in lines if line.strip()])
        raise
    rows = content.get("data", [content]) if isinstance(content, dict) else content
    if not isinstance(rows, list):
        raise DataError(f"{path}: expected a SQuAD file or a list of rows")
    return sum(_questions(row) for row in rows)


def _questions(row: Any) -> int:
    paragraphs = row.get("paragraphs") if isinstance(row, dict) else None
    if not isinstance(paragraphs, list):
        return 1
    return sum(len(paragraph.get("qas", ())) for paragraph in paragraphs if isinstance(paragraph, dict))


def _parquet_rows(path: Path) -> int:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return int(pq.read_metadata(path).num_rows)
    except (OSError, pa.ArrowException) as error:
        raise DataError(f"{path}: not a readable Parquet file ({error})") from error
