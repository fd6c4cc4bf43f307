"""What an experiment's folder says, as one record: the store's rows are made from it, and from nothing else."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tracking.folder import (
    CONFIG,
    ENVIRONMENT,
    HEARTBEAT,
    RESULTS,
    Event,
    ExperimentFolder,
    read_object,
)
from tracking.statuses import ENDED, Status

__all__ = ["Artifact", "Evaluation", "FolderContents", "Run", "flatten", "group_of", "read_folder", "seed_of"]

_SEEDS = ("training.seed", "seed", "random_seed", "training.random_seed", "train.seed", "trainer.seed", "args.seed")
_WITHOUT_EFFECT = ("name", "notes", "experiment_name", "run_name", "description")
_SEED_MARKER = re.compile(r"[-_.=+]*seed[-_.=]?\d+$", re.IGNORECASE)


@dataclass
class Run:
    """One attempt at an experiment."""

    attempt: int
    started_at: float
    status: Status = Status.RUNNING
    status_reason: str = ""
    finished_at: float | None = None
    heartbeat_at: float | None = None
    heartbeat_interval: float | None = None
    host: str = ""
    boot_id: str = ""
    pid: int | None = None
    process_started: float | None = None
    slurm_job_id: str | None = None
    user: str = ""
    command: str = ""
    error_type: str | None = None
    error_message: str | None = None
    traceback: str | None = None


@dataclass
class Evaluation:
    """The newest result on one benchmark."""

    benchmark: str
    time: float
    metrics: Mapping[str, float]
    num_samples: int = 0
    samples_file: str | None = None
    indexed: bool = True
    """Whether the samples belong into the database, or stay in their file because there are too many for every run."""


@dataclass
class Artifact:
    """A checkpoint, a model or another file that a run made."""

    path: str
    kind: str
    time: float
    step: int | None = None
    size_bytes: int | None = None


@dataclass
class FolderContents:
    """One experiment as its folder tells it; metric points stay in their file."""

    id: str
    name: str
    folder: Path
    status: Status
    created_at: float
    status_reason: str = ""
    variant: str = ""
    config: Mapping[str, Any] = field(default_factory=dict)
    seed: int | None = None
    runs: list[Run] = field(default_factory=list)
    notes: str = ""
    tags: list[str] = field(default_factory=list)
    results: Mapping[str, float] = field(default_factory=dict)
    """Metrics declared at the end, apart from those logged on the way."""
    primary_metric: str | None = None
    duration_seconds: float | None = None
    evaluations: list[Evaluation] = field(default_factory=list)
    artifacts: list[Artifact] = field(default_factory=list)
    environment: Mapping[str, Any] = field(default_factory=dict)
    code: Mapping[str, Any] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)

    @property
    def last_run(self) -> Run | None:
        """The newest attempt."""
        return self.runs[-1] if self.runs else None


def flatten(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield dotted names and leaves: numbers, strings, booleans, None and lists of such.

    A list of mappings counts its elements: ``strategies.0.name``.
    """
    for key, value in values.items():
        if isinstance(value, list) and any(isinstance(item, Mapping) for item in value):
            value = {str(position): item for position, item in enumerate(value)}
        if isinstance(value, Mapping) and value:
            yield from flatten(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def seed_of(config: Mapping[str, Any]) -> tuple[str, int] | None:
    """Return the dotted name and value of a configuration's seed, or None where it names none."""
    flat = dict(flatten(config))
    for name in _SEEDS:
        value = flat.get(name)
        if isinstance(value, int) and not isinstance(value, bool):
            return name, value
    return None


def group_of(config: Mapping[str, Any]) -> str:
    """Return a short hash that is equal for configurations that differ in seed, name and notes alone."""
    flat = dict(flatten(config))
    seed = seed_of(config)
    left_out = {*_WITHOUT_EFFECT, *([seed[0]] if seed else [])}
    values = sorted((name, value) for name, value in flat.items() if name not in left_out)
    return hashlib.sha256(json.dumps(values, sort_keys=True, default=str).encode()).hexdigest()[:12]


def read_folder(path: str | Path) -> FolderContents | None:
    """Read what a folder says about its experiment; None where it holds none.

    Folders that nobody tracked are read by their config.json and results.json, and get an id that is always the same.
    """
    folder = ExperimentFolder(path)
    identity = folder.identity()
    config = read_object(folder.path / CONFIG)
    results = read_object(folder.path / RESULTS)
    if not identity and not config and not results:
        return None
    environment = read_object(folder.path / ENVIRONMENT)
    events = folder.journal()
    name = str(identity.get("name") or results.get("name") or config.get("name") or folder.path.name)
    started_at = _moment(results.get("started_at") or environment.get("started_at"))
    seed = seed_of(config)
    contents = FolderContents(
        id=str(identity.get("id") or _derived_id(folder.path, started_at)),
        name=name,
        folder=folder.path.absolute(),
        status=Status.PLANNED,
        created_at=float(identity.get("created_at") or started_at or 0.0),
        variant=str(identity.get("variant") or results.get("strategy") or _SEED_MARKER.sub("", name) or name),
        config=config,
        seed=seed[1] if seed else None,
        notes=str(config.get("notes") or ""),
        environment=environment.get("machine") or results.get("environment") or {},
        code=environment.get("git") or results.get("git") or {},
        events=events,
    )
    for event in events:
        _apply(contents, event)
    _take_results(contents, results, started_at)
    _take_heartbeat(contents, read_object(folder.path / HEARTBEAT))
    _settle_status(contents, bool(environment))
    return contents


def _derived_id(path: Path, started_at: float | None) -> str:
    moment = datetime.fromtimestamp(started_at or 0.0, UTC)
    digest = hashlib.sha256(f"{path.name}\n{started_at}".encode()).hexdigest()[:6]
    return f"exp_{moment:%Y%m%d_%H%M%S}_{digest}"


def _moment(text: Any) -> float | None:
    try:
        return datetime.fromisoformat(text).timestamp()
    except (TypeError, ValueError):
        return None


def _apply(contents: FolderContents, event: Event) -> None:
    apply = _APPLY.get(event.event)
    if apply is not None:
        apply(contents, event)


def _started(contents: FolderContents, event: Event) -> None:
    before = contents.last_run
    if before is not None and before.status == Status.RUNNING:
        before.status, before.status_reason = Status.LOST, "it had not said how it ended when the next attempt began"
    known = {name: value for name, value in event.content.items() if name in Run.__dataclass_fields__}
    contents.runs.append(Run(**{**known, "attempt": len(contents.runs) + 1, "started_at": event.time}))


def _run_of(contents: FolderContents, event: Event) -> Run | None:
    """Return the attempt that an event is about: a supervisor may write of one when the next has begun already."""
    attempt = event.content.get("attempt", len(contents.runs))
    return contents.runs[attempt - 1] if 1 <= attempt <= len(contents.runs) else None


def _finished(contents: FolderContents, event: Event) -> None:
    run = _run_of(contents, event)
    if run is None:
        return
    error = event.content.get("error") or {}
    run.status = Status(event.content["status"])
    run.status_reason = str(event.content.get("reason", ""))
    run.finished_at = event.time
    run.error_type, run.error_message, run.traceback = (error.get(key) for key in ("type", "message", "traceback"))


def _judged(contents: FolderContents, event: Event) -> None:
    run = _run_of(contents, event)
    if run is not None and run.status not in ENDED:
        run.status, run.status_reason = Status(event.content["status"]), str(event.content.get("evidence", ""))
        run.finished_at = event.content.get("finished_at")


def _noted(contents: FolderContents, event: Event) -> None:
    contents.notes = "\n".join(filter(None, [contents.notes, str(event.content.get("text", ""))]))


def _tagged(contents: FolderContents, event: Event) -> None:
    removed = set(event.content.get("remove", ()))
    kept = [tag for tag in contents.tags if tag not in removed]
    contents.tags = kept + [tag for tag in event.content.get("add", ()) if tag not in kept]


def _made(contents: FolderContents, event: Event) -> None:
    values = {name: value for name, value in event.content.items() if name in Artifact.__dataclass_fields__}
    contents.artifacts = [each for each in contents.artifacts if each.path != values["path"]]
    contents.artifacts.append(Artifact(**{**values, "time": event.time}))


def _evaluated(contents: FolderContents, event: Event) -> None:
    values = {name: value for name, value in event.content.items() if name in Evaluation.__dataclass_fields__}
    contents.evaluations = [each for each in contents.evaluations if each.benchmark != values["benchmark"]]
    contents.evaluations.append(Evaluation(**{**values, "time": event.time}))


def _declared(contents: FolderContents, event: Event) -> None:
    contents.results = {**contents.results, **event.content.get("metrics", {})}
    contents.primary_metric = event.content.get("primary_metric") or contents.primary_metric


_APPLY = {
    "started": _started,
    "finished": _finished,
    "judged": _judged,
    "note": _noted,
    "tags": _tagged,
    "artifact": _made,
    "evaluation": _evaluated,
    "results": _declared,
}


def _take_results(contents: FolderContents, results: Mapping[str, Any], started_at: float | None) -> None:
    """Take in results.json, which overrules a journal that a killed process left open."""
    metrics = results.get("metrics") or {}
    finite = {name: float(value) for name, value in metrics.items() if _is_number(value)}
    contents.results = {**contents.results, **finite}
    contents.primary_metric = results.get("primary_metric") or contents.primary_metric
    contents.duration_seconds = results.get("duration_seconds")
    finished_at = _moment(results.get("finished_at"))
    if not results:
        return
    run = contents.last_run
    if run is None:
        run = Run(attempt=1, started_at=started_at or contents.created_at)
        contents.runs.append(run)
    if run.status not in ENDED and (finished_at is None or finished_at >= run.started_at):
        error = results.get("error") or {}
        run.status = Status.COMPLETED if results.get("success") else Status.FAILED
        run.status_reason, run.finished_at = "", finished_at
        run.error_type, run.error_message, run.traceback = (error.get(key) for key in ("type", "message", "traceback"))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _take_heartbeat(contents: FolderContents, heartbeat: Mapping[str, Any]) -> None:
    run = contents.last_run
    if run is not None and heartbeat.get("attempt") == run.attempt:
        run.heartbeat_at = float(heartbeat["time"])


def _settle_status(contents: FolderContents, begun: bool) -> None:
    """Give the experiment its last run's status; a folder that nobody tracked and nobody finished is lost."""
    run = contents.last_run
    if run is None:
        if begun:
            contents.status, contents.status_reason = Status.LOST, "begun without tracking, and it left no results"
        return
    contents.status, contents.status_reason = run.status, run.status_reason
    if contents.duration_seconds is None:
        spans = [each.finished_at - each.started_at for each in contents.runs if each.finished_at is not None]
        contents.duration_seconds = sum(spans) if spans else None
