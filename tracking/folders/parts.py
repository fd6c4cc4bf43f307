"""What the record of an experiment consists of."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tracking.folders.folder import Event
from tracking.statuses import Status

__all__ = ["Artifact", "Evaluation", "FolderContents", "Run", "finite_number", "mapping", "numbers"]


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
    unreadable: tuple[str, ...] = ()
    """Files that are there and hold nothing readable."""
    claim: Run | None = None
    """The attempt that somebody means to begin, while the journal is read."""

    @property
    def last_run(self) -> Run | None:
        """The newest attempt."""
        return self.runs[-1] if self.runs else None


def mapping(value: Any) -> Mapping[str, Any]:
    """Return ``value`` where it is a mapping, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def finite_number(value: Any) -> float | None:
    """Return ``value`` as a float where it is a finite number, else None."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def numbers(values: Any) -> dict[str, float]:
    """Return the finite numbers of a mapping."""
    found = {str(name): finite_number(value) for name, value in mapping(values).items()}
    return {name: number for name, number in found.items() if number is not None}
