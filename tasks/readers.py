"""File formats: JSON (SQuAD v1 and v2, lists of rows), JSON lines, CSV, TSV, Parquet, and data sets of the hub.

CSV follows RFC 4180. In TSV a quote is text, as in GLUE. A delimited file whose first row holds a plain number has no
header: its columns are called ``0``, ``1`` ... (as they are where columns are mapped by position).
"""

from __future__ import annotations

import itertools
import json
import logging
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from atomic_files import read_json
from errors import DataError, ResourceError
from tasks.base import DataSource
from tasks.demo_data import LABEL_NAMES as DEMO_LABEL_NAMES
from tasks.demo_data import generate
from tasks.hub import go_offline_if_unreachable
from tasks.sources import SUFFIXES, choose_split, locate

__all__ = ["ANSWERS", "RawSplit", "read_file", "read_hub", "read_split", "rows_to_table"]

_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class RawSplit:
    """A split as it was found, before columns are recognised."""

    table: pa.Table
    where: str
    """File, folder or data set, for messages."""
    class_names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Column to the names of its integer classes, where the source knows them."""


def read_split(source: DataSource) -> RawSplit:
    """Read the rows of one split, whatever kind of source it is.

    Raises:
        DataError: missing or damaged files, an unknown split, or no rows in it.
        ResourceError: the hub is needed and cannot be reached.
    """
    location = locate(source)
    if location.kind == "hub":
        raw = read_hub(location.name, location.split)
    elif location.kind == "demo":
        names = {"label": DEMO_LABEL_NAMES}
        raw = RawSplit(rows_to_table(generate(location.name, location.split), location.name), location.name, names)
    else:
        by_position = any(value.isdigit() for value in source.columns.values())
        raw = _join([read_file(path, by_position) for path in location.files])
    if not raw.table.num_rows:
        raise DataError(f"{raw.where}: split {location.split!r} holds no rows; name a file or split that does")
    return raw


def read_file(path: Path, by_position: bool = False) -> RawSplit:
    """Read one data file.

    Args:
        path: a file whose suffix names its type.
        by_position: treat a delimited file as header-less.

    Raises:
        DataError: the file is missing, damaged or of an unknown type.
    """
    suffix = path.suffix.lower()
    if suffix in (".csv", ".tsv"):
        return RawSplit(_read_delimited(path, by_position), str(path))
    if suffix == ".parquet":
        return _read_parquet(path)
    if suffix not in SUFFIXES:
        raise DataError(f"{path}: unknown type {suffix!r}; known: {', '.join(SUFFIXES)}")
    return RawSplit(_read_json_lines(path) if suffix != ".json" else _read_any_json(path), str(path))


def rows_to_table(rows: Sequence[Any], where: str) -> pa.Table:
    """Return a table of a list of mappings; keys missing in some rows are null there.

    Raises:
        DataError: a row is not a mapping, or a column mixes types.
    """
    names: dict[str, None] = {}
    for index, row in enumerate(rows):
        if not isinstance(row, Mapping):
            raise DataError(f"{where}: row {index} is {row!r:.60}, expected a mapping of columns to values")
        names.update(dict.fromkeys(row))
    return pa.table({name: _column([row.get(name) for row in rows], name, where) for name in names})


def _column(values: list[Any], name: str, where: str) -> pa.Array:
    try:
        return pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        if all(value is None or isinstance(value, str | int | float) for value in values):
            return pa.array([None if value is None else str(value) for value in values])
        raise DataError(f"{where}: column {name!r} mixes types ({error}); give every row the same type") from error


def _join(parts: list[RawSplit]) -> RawSplit:
    if len(parts) == 1:
        return parts[0]
    try:
        table = pa.concat_tables([part.table for part in parts], promote_options="default")
    except pa.ArrowInvalid as error:
        raise DataError(f"{parts[0].where} and its further parts have different columns ({error})") from error
    return RawSplit(table, parts[0].where, parts[0].class_names)


def _read_any_json(path: Path) -> pa.Table:
    try:
        content = read_json(path)
    except DataError as error:
        cause = error.__cause__
        # Some publish JSON lines under .json: more than one value in the file.
        if isinstance(cause, json.JSONDecodeError) and cause.msg == "Extra data":
            return _read_json_lines(path)
        raise
    if isinstance(content, list):
        return rows_to_table(content, str(path))
    if not isinstance(content, dict):
        raise DataError(f"{path}: expected a SQuAD file or a list of rows, found {type(content).__name__}")
    if "data" not in content:
        return rows_to_table([content], str(path))
    articles = content["data"]
    if not isinstance(articles, list):
        raise DataError(f"{path}: field 'data' is {type(articles).__name__}, expected a list")
    if articles and isinstance(articles[0], dict) and "paragraphs" in articles[0]:
        return _read_squad(articles, str(path))
    return rows_to_table(articles, str(path))


def _read_squad(articles: list[Any], where: str) -> pa.Table:
    columns: dict[str, list[Any]] = {name: [] for name in ("id", "title", "question", "context", "answers")}
    for row in _squad_rows(articles, where):
        for name, value in zip(columns, row, strict=True):
            columns[name].append(value)
    answers = pa.array(columns.pop("answers"), ANSWERS)
    return pa.table({**{name: _column(values, name, where) for name, values in columns.items()}, "answers": answers})


ANSWERS = pa.struct([("text", pa.list_(pa.string())), ("answer_start", pa.list_(pa.int64()))])


def _squad_rows(articles: list[Any], where: str) -> Iterator[tuple[Any, ...]]:
    """Yield id, title, question, context and answers of each question of a SQuAD v1 or v2 file."""
    place: tuple[int, ...] = ()
    try:
        for a, article in enumerate(articles):
            place = (a,)
            for p, paragraph in enumerate(article["paragraphs"]):
                place = (a, p)
                context = paragraph["context"]
                for q, question in enumerate(paragraph["qas"]):
                    place = (a, p, q)
                    golds = [] if question.get("is_impossible") else question.get("answers") or []
                    answers = {
                        "text": [gold["text"] for gold in golds],
                        "answer_start": [gold["answer_start"] for gold in golds],
                    }
                    yield question.get("id"), article.get("title"), question["question"], context, answers
    except (KeyError, TypeError, AttributeError) as error:
        spot = "".join(f"{part}[{index}]" for part, index in zip((".data", ".paragraphs", ".qas"), place, strict=False))
        problem = f"no field {error}" if isinstance(error, KeyError) else str(error)
        raise DataError(f"{where}: {spot.lstrip('.')}: not the SQuAD layout ({problem})") from error


def _read_json_lines(path: Path) -> pa.Table:
    rows = []
    for number, line in enumerate(_text(path).split("\n"), start=1):
        if not line.strip():
            continue
        try:
            rows.append(json.loads(line))
        except json.JSONDecodeError as error:
            raise DataError(f"{path}: line {number} is not valid JSON ({error.msg}); is the file truncated?") from error
    return rows_to_table(rows, str(path))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise _not_utf8(path) from error
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error})") from error


def _not_utf8(path: Path) -> DataError:
    """Return the error of a file in another encoding, with the line where that shows."""
    content = path.read_bytes()
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return DataError(
            f"{path}: line {line} is not UTF-8 (byte 0x{content[error.start]:02x}); save the file as UTF-8"
        )
    return DataError(f"{path}: cannot be read as text")


def _read_delimited(path: Path, by_position: bool) -> pa.Table:
    from pyarrow import csv

    tabs = path.suffix.lower() == ".tsv"
    parse = csv.ParseOptions(
        delimiter="\t" if tabs else ",", quote_char=False if tabs else '"', newlines_in_values=not tabs
    )
    first = _first_row(path, parse.delimiter, tabs)
    if not first:
        return pa.table({})
    headerless = by_position or any(_NUMBER.fullmatch(cell.strip()) for cell in first)
    names = [str(position) for position in range(len(first))] if headerless else first
    _refuse_repeats(names, path)
    convert = csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False)

    def read(use_threads: bool) -> pa.Table:
        options = csv.ReadOptions(use_threads=use_threads, column_names=names, skip_rows=0 if headerless else 1)
        return csv.read_csv(path, options, parse, convert)

    try:
        return read(use_threads=True)
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error})") from error
    except pa.ArrowInvalid as error:
        if "UTF8" in str(error):
            raise _not_utf8(path) from error
    try:
        return read(use_threads=False)  # once more: only without threads does the message count rows
    except pa.ArrowInvalid as error:
        raise DataError(f"{path}: {error}; quote cells that hold the delimiter, or complete the row") from error


def _first_row(path: Path, delimiter: str, tabs: bool) -> list[str]:
    import csv

    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.reader(file, delimiter=delimiter, quoting=csv.QUOTE_NONE if tabs else csv.QUOTE_MINIMAL)
            return next(rows, [])
    except UnicodeDecodeError as error:
        raise _not_utf8(path) from error
    except (OSError, csv.Error) as error:
        raise DataError(f"{path}: cannot be read ({error})") from error


def _refuse_repeats(names: list[str], path: Path) -> None:
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise DataError(f"{path}: the header names {repeated[0]!r} twice; give every column a name of its own")


def _read_parquet(path: Path) -> RawSplit:
    from datasets import Features
    from pyarrow import parquet

    try:
        table = parquet.read_table(path)
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"{path}: not a readable Parquet file ({error}); is it truncated?") from error
    return RawSplit(table, str(path), _class_names(Features.from_arrow_schema(table.schema)))


def _class_names(features: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    from datasets import ClassLabel

    return {name: tuple(kind.names) for name, kind in features.items() if isinstance(kind, ClassLabel)}


def read_hub(name: str, split: str) -> RawSplit:
    """Load a split of a data set on the hub, or of one that is in the local cache.

    Args:
        name: ``owner/name`` or ``owner/name:subset``.
        split: wanted split; ``validation`` falls back as in folders.

    Raises:
        DataError: no such data set, subset or split.
        ResourceError: the hub cannot be reached and the data set is not cached.
    """
    path, _, subset = name.partition(":")
    splits = _ask_hub(name, lambda load: load(path, subset or None))
    chosen = splits[choose_split(split, splits, name)]
    return RawSplit(chosen.with_format("arrow")[:], f"{name} ({split})", _class_names(chosen.features))


def _ask_hub(name: str, ask: Callable[[Callable[..., Any]], Any]) -> Any:
    import datasets
    from datasets.exceptions import DatasetNotFoundError, DatasetsError

    go_offline_if_unreachable()
    try:
        return ask(datasets.load_dataset)
    except DatasetNotFoundError as error:
        raise DataError(f"{name}: neither a file or folder here nor a data set on the hub; check the name") from error
    except OSError as error:
        raise ResourceError(
            f"{name}: neither a file or folder here nor in the local cache, and the hub cannot be reached "
            f"({_first_line(error)}); go online, give a local file, or use the embedded data set 'demo'"
        ) from error
    except (ValueError, DatasetsError) as error:
        raise DataError(f"{name}: the hub's data set cannot be loaded ({_first_line(error)})") from error


def _first_line(error: Exception) -> str:
    return next(itertools.chain(str(error).splitlines(), [type(error).__name__]))
