"""What an experiment's folder says, as one record: the store's rows are made from it, and from nothing else."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from errors import DataError
from tracking.folders.folder import (
    CONFIG,
    ENVIRONMENT,
    HEARTBEAT,
    RESULTS,
    TRACKING,
    ExperimentFolder,
    read_object,
    readable_object,
)
from tracking.folders.journal import apply_events, end_with_error
from tracking.folders.parameters import flatten, group_of, seed_of
from tracking.folders.parts import Artifact, Evaluation, FolderContents, Run, finite_number, mapping, numbers
from tracking.statuses import ENDED, Status

__all__ = [
    "Artifact",
    "Evaluation",
    "FolderContents",
    "Run",
    "flatten",
    "group_of",
    "is_experiment",
    "read_folder",
    "seed_of",
    "take_heartbeat",
]

_SEED_MARKER = re.compile(r"[-_.=+]*seed[-_.=]?\d+$", re.IGNORECASE)


def is_experiment(folder: Path) -> bool:
    """Return whether a folder holds an experiment; other programs, too, write files called results.json."""
    if (folder / TRACKING).is_file():
        return True
    return _is_ours(read_object(folder / RESULTS), read_object(folder / ENVIRONMENT))


def _is_ours(results: Mapping[str, Any], environment: Mapping[str, Any]) -> bool:
    return "success" in results or ("started_at" in environment and "machine" in environment)


def read_folder(path: str | Path, known: Mapping[str, Mapping[str, Any]] | None = None) -> FolderContents | None:
    """Read what a folder says about its experiment; None where it holds none.

    Folders that nobody tracked are read by their config.json and results.json, and get an id that is always the same.

    Args:
        path: the folder.
        known: what config.json, results.json and environment.json said, for those that cannot be read now.

    Raises:
        DataError: its tracking.json cannot be read, so that nobody knows which experiment it is.
    """
    folder = ExperimentFolder(path)
    identity = folder.identity()
    files = {name: readable_object(folder.path / name) for name in (CONFIG, RESULTS, ENVIRONMENT)}
    unreadable = tuple(name for name, values in files.items() if values is None)
    config, results, environment = (
        (known or {}).get(name, {}) if values is None else values for name, values in files.items()
    )
    if not identity:
        if (folder.path / TRACKING).exists():
            raise DataError(f"{folder.path / TRACKING}: cannot be read; restore it from a backup, or delete it")
        if not _is_ours(results, environment):
            return None
    started_at = _moment(results.get("started_at") or environment.get("started_at"))
    name = str(identity.get("name") or results.get("name") or config.get("name") or folder.path.name)
    seed = seed_of(config)
    contents = FolderContents(
        id=str(identity.get("id") or _derived_id(name if started_at else folder.path.name, started_at)),
        name=name,
        folder=folder.path.resolve(),
        status=Status.PLANNED,
        created_at=finite_number(identity.get("created_at")) or started_at or 0.0,
        variant=str(identity.get("variant") or results.get("strategy") or _SEED_MARKER.sub("", name) or name),
        config=config,
        seed=seed[1] if seed else None,
        notes=str(config.get("notes") or ""),
        environment=mapping(environment.get("machine") or results.get("environment")),
        code=mapping(environment.get("git") or results.get("git")),
        events=folder.journal(),
        unreadable=unreadable,
    )
    apply_events(contents)
    _take_results(contents, results, started_at)
    if contents.runs:
        take_heartbeat(contents.runs[-1], folder)
    _settle_status(contents, bool(environment))
    return contents


def _derived_id(name: str, started_at: float | None) -> str:
    moment = datetime.fromtimestamp(started_at or 0.0, UTC)
    digest = hashlib.sha256(f"{name}\n{started_at}".encode("utf-8", "replace")).hexdigest()[:6]
    return f"exp_{moment:%Y%m%d_%H%M%S}_{digest}"


def _moment(text: Any) -> float | None:
    try:
        return datetime.fromisoformat(text).timestamp()
    except (TypeError, ValueError, OverflowError):
        return None


def _take_results(contents: FolderContents, results: Mapping[str, Any], started_at: float | None) -> None:
    """Take in results.json, which overrules a journal that a killed process left open."""
    if not results:
        return
    contents.results = {**contents.results, **numbers(results.get("metrics"))}
    contents.primary_metric = results.get("primary_metric") or contents.primary_metric
    finished_at = _moment(results.get("finished_at"))
    run = contents.last_run
    if run is None:
        contents.duration_seconds = finite_number(results.get("duration_seconds"))
        run = Run(attempt=1, started_at=started_at or contents.created_at)
        contents.runs.append(run)
    if run.status not in ENDED and (finished_at is None or finished_at >= run.started_at):
        run.status = Status.COMPLETED if results.get("success") else Status.FAILED
        run.status_reason, run.finished_at = "", finished_at
        end_with_error(run, mapping(results.get("error")))


def take_heartbeat(run: Run, folder: ExperimentFolder) -> None:
    """Give the newest attempt the heartbeat that stands in its folder, unless a later one is known."""
    heartbeat = read_object(folder.path / HEARTBEAT)
    moment = finite_number(heartbeat.get("time"))
    if moment is not None and heartbeat.get("attempt") == run.attempt:
        run.heartbeat_at = max(moment, run.heartbeat_at or moment)


def _settle_status(contents: FolderContents, begun: bool) -> None:
    """Give the experiment its last run's status; a folder that nobody tracked and nobody finished is lost."""
    run = contents.last_run
    if run is None:
        if begun:
            contents.status, contents.status_reason = Status.LOST, "begun without tracking, and it left no results"
        elif all(event.event != "planned" for event in contents.events):
            contents.status, contents.status_reason = Status.LOST, "its process ended before it had begun"
        return
    contents.status, contents.status_reason = run.status, run.status_reason
    if contents.duration_seconds is None:
        ends = [(each.started_at, _end(each)) for each in contents.runs]
        spans = [end - start for start, end in ends if end is not None]
        contents.duration_seconds = sum(spans) if spans else None


def _end(run: Run) -> float | None:
    """Return when an attempt ended, or gave its last sign of life; None while it may be going on."""
    return run.heartbeat_at if run.finished_at is None and run.status == Status.LOST else run.finished_at
