"""What the store tells of experiments, as plain records; a record never changes after it was read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from tracking.folders.contents import Artifact, Evaluation, Run
from tracking.folders.folder import Event
from tracking.folders.samples import Sample
from tracking.statuses import Status

__all__ = ["EvaluationResult", "ExperimentDetails", "ExperimentRecord", "MetricRange"]


class _Row(NamedTuple):
    id: str
    name: str
    status: Status
    """As it is now: a run whose process is gone shows as lost, whatever was last written down."""
    status_reason: str
    """Why, where there is more to say: the evidence that a run is lost, or who stopped it."""
    variant: str
    """What the experiment tries, without its seed: the strategy's name, where the runner made it."""
    seed: int | None
    group: str
    """Short hash, equal for experiments whose configurations differ in seed, name and notes alone."""
    created_at: float
    started_at: float | None
    """When the first attempt began."""
    finished_at: float | None
    """When the newest attempt ended; None while it runs."""
    duration_seconds: float | None
    num_runs: int
    """Attempts so far."""
    gpus: int
    folder: str
    host: str
    user: str
    notes: str
    primary_metric: str | None
    error: str | None
    """Type and message of what ended the newest attempt."""
    disk_bytes: int | None
    tags: tuple[str, ...]
    params: Mapping[str, Any]
    """The configuration, flattened to dotted names, or what was asked for of it."""
    metrics: Mapping[str, float]
    """Final value of each metric, or of those asked for; nan where it was not finite."""
    evaluations: Mapping[str, float]
    """Metrics of the newest evaluation on each benchmark, as ``benchmark.metric``."""


class ExperimentRecord(_Row):
    """One experiment as a row of a list: its fields are those of a named tuple. Times are seconds since 1970, UTC."""

    __slots__ = ()

    @property
    def folder(self) -> Path:  # type: ignore[override]
        """Where its files lie. Lists of thousands are read in half the time that as many paths take to make."""
        return Path(super().folder)


@dataclass(frozen=True)
class MetricRange:
    """How a metric ended, and how far it went on the way."""

    value: float
    """At the highest step, the last written there, or the one declared at the end; nan where it was not finite."""
    minimum: float
    """Of the finite values, as the maximum; nan where there was none."""
    maximum: float
    step: int | None
    """Of the final value; None where it was declared at the end."""


@dataclass(frozen=True)
class ExperimentDetails:
    """Everything about one experiment but the points of its metrics and its results per sample."""

    record: ExperimentRecord
    config: Mapping[str, Any]
    environment: Mapping[str, Any]
    """What it ran on."""
    code: Mapping[str, Any]
    """Commit, branch, whether it was dirty, and the difference."""
    metrics: Mapping[str, MetricRange]
    runs: tuple[Run, ...]
    """Attempts, oldest first."""
    artifacts: tuple[Artifact, ...]
    evaluations: tuple[Evaluation, ...]
    events: tuple[Event, ...]
    """The journal."""


@dataclass(frozen=True)
class EvaluationResult:
    """The newest result on one benchmark, with what it says of each sample."""

    evaluation: Evaluation
    samples: tuple[Sample, ...]
