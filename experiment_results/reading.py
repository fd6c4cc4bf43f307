"""Read experiment folders: configuration, results and the progress of training. Predictions and models stay unread."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import UnionType
from typing import Any, NamedTuple

from atomic_files import read_json
from errors import DataError

__all__ = ["ExperimentFolders", "RunRecord", "read_experiments", "read_training_metrics"]

_FIELDS: tuple[tuple[tuple[str, ...], type | UnionType, str], ...] = (
    (("primary_metric", "started_at", "finished_at"), str, "a text"),
    (("seed", "train_steps", "train_rows"), int, "a whole number"),
    (("duration_seconds",), int | float, "a number"),
)
"""Fields of results.json that tables are made by, and what they hold where they are there."""


class RunRecord(NamedTuple):
    """One finished run, whether it succeeded or failed."""

    folder: Path
    config: Mapping[str, Any]
    """Content of config.json; empty where an older version wrote none."""
    results: Mapping[str, Any]
    """Content of results.json."""


class ExperimentFolders(NamedTuple):
    """What an experiments folder holds."""

    experiments_dir: Path
    runs: tuple[RunRecord, ...]
    """Finished runs, by folder name."""
    unfinished: tuple[str, ...]
    """Folder names of runs that have not written results.json: waiting, in progress or killed."""
    unreadable: tuple[str, ...]
    """One message for each run that was skipped because a file of it cannot be read."""


def read_experiments(experiments_dir: str | Path) -> ExperimentFolders:
    """Read every experiment below ``experiments_dir``.

    Args:
        experiments_dir: folder whose sub-folders are experiments. What is not one (``shared``) is passed over.

    Raises:
        DataError: no such folder.
    """
    root = Path(experiments_dir)
    if not root.is_dir():
        raise DataError(f"{root}: no such folder; run a suite first, or name the right one with --experiments-dir")
    runs, unfinished, unreadable = [], [], []
    for folder in _sub_folders(root):
        try:
            run = _read_run(folder)
        except DataError as error:
            unreadable.append(str(error))
            continue
        if run is not None:
            runs.append(run)
        elif (folder / "config.json").is_file():
            unfinished.append(folder.name)
    return ExperimentFolders(root, tuple(runs), tuple(unfinished), tuple(unreadable))


def _sub_folders(root: Path) -> list[Path]:
    with os.scandir(root) as entries:
        return sorted(Path(entry.path) for entry in entries if entry.is_dir() and not entry.name.startswith("."))


def _read_run(folder: Path) -> RunRecord | None:
    results = _read_object(folder / "results.json")
    if results is None:
        return None
    damage = _damage(results)
    if damage:
        raise DataError(f"{folder / 'results.json'}: {damage}")
    return RunRecord(folder, _read_object(folder / "config.json") or {}, results)


def _damage(results: Mapping[str, Any]) -> str:
    """Return which field holds what no run writes there; such a run is left out and named, and others still count."""
    for names, kind, expected in _FIELDS:
        for name in names:
            value = results.get(name)
            if value is not None and (isinstance(value, bool) or not isinstance(value, kind)):
                return f"{name}: expected {expected}, got {value!r:.40}"
            if isinstance(value, int) and not -(2**63) <= value < 2**63:
                return f"{name}: {value} is too large a number"
    return ""


def _read_object(path: Path) -> Mapping[str, Any] | None:
    if not path.is_file():
        return None
    value = read_json(path)
    if not isinstance(value, dict):
        raise DataError(f"{path}: expected a JSON object, got {type(value).__name__}")
    return value


def read_training_metrics(folder: Path) -> dict[str, tuple[list[int], list[float]]]:
    """Read a run's metrics.jsonl.

    A resumed run writes the steps after its checkpoint again: the last value of a step counts. A last line that was
    cut off, and lines that are no metric, are passed over; so is what the Trainer logs at the end of training as
    ``train/loss``, together with ``train/runtime``: the mean over the whole run.

    Returns:
        steps, ascending, and values of each metric; empty when the run kept no metrics.
    """
    points = list(_points(folder / "metrics.jsonl"))
    ends = {time for _, time, name, _ in points if name == "train/runtime"}
    series: dict[str, dict[int, float]] = {}
    for step, time, name, value in points:
        if name != "train/loss" or time not in ends:
            series.setdefault(name, {})[step] = value
    return {name: _unzip(values) for name, values in series.items()}


def _points(path: Path) -> Iterator[tuple[int, float, str, float]]:
    for line in _lines(path):
        try:
            point = json.loads(line)
            yield int(point["step"]), float(point.get("time", 0)), str(point["name"]), float(point["value"])
        except (ValueError, TypeError, KeyError, AttributeError):
            continue


def _lines(path: Path) -> Iterator[str]:
    try:
        with path.open(encoding="utf-8", errors="replace") as lines:
            yield from lines
    except OSError:
        return


def _unzip(points: Mapping[int, float]) -> tuple[list[int], list[float]]:
    steps = sorted(points)
    return steps, [points[step] for step in steps]
