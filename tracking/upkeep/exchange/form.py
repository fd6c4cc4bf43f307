"""The file that ``export`` writes and ``import`` reads: JSON, one experiment a line, so that neither fills the memory.

::

    {"format": "assay-experiments", "version": 1, "experiments": [
    {"id": "exp_...", "name": ..., ...},
    {"id": "exp_...", "name": ..., ...}
    ]}

:class:`Record` names the fields from which ``import`` makes a folder. All others (status, params, metrics, runs, tags,
notes, ...) follow from those; they are there for whoever reads the file with other tools.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, TextIO

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, FiniteFloat, TypeAdapter, ValidationError

from atomic_files import read_json
from errors import DataError

__all__ = ["FOOT", "HEAD", "EvaluationRecord", "EventRecord", "Record", "read_records"]

FORMAT = "assay-experiments"
VERSION = 1
HEAD = f'{{"format": "{FORMAT}", "version": {VERSION}, "experiments": [\n'
FOOT = "]}\n"


def _inside_the_folder(text: str) -> str:
    path = PurePosixPath(text)
    if path.is_absolute() or ".." in path.parts or len(path.parts) < 2 or "\0" in text or "\\" in text:
        raise ValueError("expected a path below the experiment's folder, such as evaluations/name.jsonl")
    return text


FileName = Annotated[str, AfterValidator(_inside_the_folder)]
Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
Point = tuple[int, FiniteFloat, str, FiniteFloat | None]


class _Model(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)


class EventRecord(_Model):
    """A line of the journal; what it says besides stands in further fields."""

    model_config = ConfigDict(strict=True, extra="allow", frozen=True)
    time: FiniteFloat
    event: str
    samples_file: FileName | None = None


class HeartbeatRecord(_Model):
    """The last sign of life."""

    attempt: int
    time: FiniteFloat


class EvaluationRecord(_Model):
    """The newest result on a benchmark."""

    benchmark: str
    samples_file: FileName | None = None
    samples: list[dict[str, Any]] | None = None


class Record(_Model):
    """What makes an experiment's folder."""

    id: Id
    name: Annotated[str, Field(min_length=1, max_length=255)]
    created_at: FiniteFloat
    variant: str = ""
    config: dict[str, Any] = {}
    environment: dict[str, Any] | None = None
    """Content of environment.json."""
    results: dict[str, Any] | None = None
    """Content of results.json."""
    heartbeat: HeartbeatRecord | None = None
    journal: list[EventRecord]
    evaluations: list[EvaluationRecord] = []
    points: list[Point]
    """Step, time, name and value of each metric point; null stands for a value that is not finite."""


_RECORD = TypeAdapter(Record)


def read_records(path: Path) -> Iterator[tuple[str, Record]]:
    """Yield the experiments of a file, each with where it stands in it.

    Raises:
        DataError: the file is missing, no such export, of a newer version, malformed or cut off; the message names the
            line and the field.
    """
    try:
        with path.open(encoding="utf-8") as file:
            head = file.readline()
            if _is_head(head, path):
                yield from _by_lines(file, path)
                return
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error})") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: not UTF-8; is it a JSON export?") from error
    yield from _from_whole(path)


def _is_head(line: str, path: Path) -> bool:
    try:
        head = json.loads(line + FOOT)
    except ValueError:
        return False
    _check_head(head, path)
    return True


def _check_head(head: Any, path: Path) -> None:
    if not isinstance(head, dict) or head.get("format") != FORMAT or not isinstance(head.get("version"), int):
        raise DataError(f'{path}: no export of experiments; its first line should say "format": "{FORMAT}"')
    if head["version"] > VERSION:
        raise DataError(
            f"{path}: version {head['version']} of the format, this program knows {VERSION}; update the program"
        )


def _by_lines(file: TextIO, path: Path) -> Iterator[tuple[str, Record]]:
    number = 1
    for number, line in enumerate(file, 2):
        if line == FOOT:
            return
        where = f"{path}, line {number}"
        yield where, _parse(line.rstrip("\n").removesuffix(","), where)
    raise DataError(f"{path}: breaks off after line {number}; the file is cut off")


def _from_whole(path: Path) -> Iterator[tuple[str, Record]]:
    """Read a file that another program laid out anew."""
    content = read_json(path)
    _check_head(content, path)
    if not isinstance(content.get("experiments"), list):
        raise DataError(f"{path}: experiments: expected a list")
    for position, value in enumerate(content["experiments"]):
        where = f"{path}, experiments.{position}"
        yield where, _parse(json.dumps(value), where)


def _parse(text: str, where: str) -> Record:
    try:
        return _RECORD.validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"]))
        raise DataError(f"{where}: {field + ': ' if field else ''}{first['msg']}") from None
