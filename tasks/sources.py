"""What the name of a data set means: an embedded one, a file, a folder with one file a split, or a name on the hub.

* ``demo``, ``demo-nli``: generated, splits ``train``, ``validation`` and ``ood``.
* a folder: ``train.json``, ``dev.tsv``, ``test-00000-of-00002.parquet``, ``train-v2.0.json``. A file belongs to a split
  by its whole stem or by what stands before the first ``-``, ``_`` or ``.``.
* a file: one split, the one its name begins with (``dev-v1.1.json``), else ``train``. Asking for another split is an
  error, never a silent evaluation on training rows. The split ``all`` reads any file.
* else a hub name, ``name:subset`` for one of its configurations.

``validation`` also answers to ``valid``, ``val`` and ``dev``; where there is none of them, ``test`` is read and a
warning says so.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from errors import ConfigError, DataError
from tasks.base import DataSource
from tasks.demo_data import NAMES as DEMO_NAMES

__all__ = [
    "SUFFIXES",
    "WHOLE_FILE",
    "Location",
    "choose_split",
    "locate",
    "lone_file_of_another_split",
    "parse_dataset",
]

SUFFIXES = (".json", ".jsonl", ".ndjson", ".csv", ".tsv", ".parquet")
"""File types that can be read."""

WHOLE_FILE = "all"
"""The split that reads a lone file whatever its name says."""

_VALIDATION = ("validation", "valid", "val", "dev")
_KNOWN_STEM = re.compile(rf"(train|test|{'|'.join(_VALIDATION)})(?:[-_.].*)?")
_SHARD = re.compile(r"-\d{5}-of-\d{5}$")

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Location:
    """Where the rows of one split really are."""

    kind: Literal["demo", "files", "hub"]
    name: str
    """Name of the embedded or hub data set; the path as given for files."""
    split: str
    files: tuple[Path, ...] = ()


def parse_dataset(name: str, default_split: str = "validation") -> DataSource:
    """Return the source that ``name`` or ``name@split`` stands for, as in --eval_datasets.

    Args:
        name: a data set as --dataset takes it, with ``@split`` to choose its split.
        default_split: split of a name without ``@``. A lone file is read whole, as it was named on purpose.

    Raises:
        ConfigError: nothing stands before or after the ``@``.
    """
    if Path(name).exists():
        return DataSource(name, split=WHOLE_FILE if Path(name).is_file() else default_split)
    base, at, split = name.rpartition("@")
    if not at:
        return DataSource(name, split=default_split)
    if not base or not split:
        raise ConfigError(f"data set {name!r}: expected NAME or NAME@SPLIT, such as demo@ood")
    return DataSource(base, split=split)


def parse_columns(pairs: Iterable[str]) -> dict[str, str]:
    """Return the mapping that ``--columns canonical=name ...`` gives by hand.

    Raises:
        ConfigError: a pair without name or column.
    """
    columns = {}
    for pair in pairs:
        name, separator, column = pair.partition("=")
        if not (name and separator and column):
            raise ConfigError(f"--columns: expected canonical=name, such as label=gold_label, got {pair!r}")
        columns[name] = column
    return columns


def locate(source: DataSource) -> Location:
    """Find the rows that a source names.

    Raises:
        DataError: no such file, or a folder or file without the split; the message lists what is there.
    """
    if source.name in DEMO_NAMES:
        return Location("demo", source.name, source.split)
    path = Path(source.name).expanduser()
    if path.is_dir():
        return _locate_in_folder(path, source.split)
    if path.is_file():
        return _locate_file(path, source.split)
    if path.suffix.lower() in SUFFIXES or source.name.startswith((".", "/", "~")):
        raise DataError(f"{source.name}: no such file or folder")
    return Location("hub", source.name, source.split)


def choose_split(wanted: str, available: Iterable[str], where: str) -> str:
    """Return the available split that answers to ``wanted``.

    Raises:
        DataError: there is none; the message lists the available ones.
    """
    names = list(available)
    fallbacks = (*_VALIDATION, "test") if wanted in _VALIDATION else ()
    for name in (wanted, *fallbacks):
        if name in names:
            if name != wanted:
                level = logging.WARNING if name == "test" else logging.INFO
                _log.log(level, "%s has no split %r: reading %r", where, wanted, name)
            return str(name)
    raise DataError(f"{where}: no split {wanted!r} (it has: {', '.join(sorted(names)) or 'none'})")


def lone_file_of_another_split(source: DataSource) -> bool:
    """Tell whether the source is a lone data file that holds another split than the one it is asked for."""
    path = Path(source.name).expanduser()
    return path.is_file() and not _serves_as(_split_of_name(path), source.split)


def _locate_in_folder(folder: Path, split: str) -> Location:
    files = [path for path in sorted(folder.iterdir()) if path.suffix.lower() in SUFFIXES and path.is_file()]
    by_split: dict[str, list[Path]] = {}
    for path in files:
        for name in {path.stem, re.split(r"[-_.]", path.stem)[0], _SHARD.sub("", path.stem)}:
            by_split.setdefault(name, []).append(path)
    if not files:
        raise DataError(f"{folder}: no data file ({', '.join(SUFFIXES)}) in this folder")
    chosen = choose_split(split, by_split, str(folder))
    return Location("files", str(folder), chosen, _one_or_shards(by_split[chosen], folder, chosen))


def _one_or_shards(paths: list[Path], folder: Path, split: str) -> tuple[Path, ...]:
    exact = [path for path in paths if path.stem == split] or paths
    if len(exact) > 1 and not all(_SHARD.search(path.stem) for path in exact):
        listing = ", ".join(path.name for path in exact)
        raise DataError(
            f"{folder}: several files could be split {split!r} ({listing}); name the split by one file's stem"
        )
    return tuple(exact)


def _locate_file(path: Path, split: str) -> Location:
    if path.suffix.lower() not in SUFFIXES:
        raise DataError(f"{path}: unknown type {path.suffix or 'without a suffix'!r}; known: {', '.join(SUFFIXES)}")
    own = _split_of_name(path)
    if not _serves_as(own, split):
        raise DataError(
            f"{path}: one file holds one split, here {own!r}, but split {split!r} is asked for; give a folder with "
            f"one file a split, name evaluation files in --eval_datasets, or ask for the split {WHOLE_FILE!r} "
            f"(--eval_split {WHOLE_FILE}) to read this file whatever its name says"
        )
    return Location("files", str(path), split, (path,))


def _split_of_name(path: Path) -> str:
    match = _KNOWN_STEM.fullmatch(path.stem)
    return str(match.group(1)) if match else "train"


def _serves_as(own: str, wanted: str) -> bool:
    return wanted in (own, WHOLE_FILE) or (own in (*_VALIDATION, "test") and wanted in _VALIDATION)
