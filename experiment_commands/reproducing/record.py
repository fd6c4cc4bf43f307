"""What is left of a run: from its folder, which is the truth, else from the store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from experiment_config import ExperimentConfig
from tracking.folders.folder import CONFIG, ENVIRONMENT, RESULTS, read_object
from tracking.reading.records import ExperimentDetails

__all__ = ["RunRecord", "read_record", "runner_config"]

_RUNNER_FIELDS = frozenset({"name", "task", "model", "dataset", "strategies", "training"})
"""What the configuration of every experiment of the runner has."""


@dataclass(frozen=True)
class RunRecord:
    """How an experiment was run, and what came out."""

    details: ExperimentDetails
    has_folder: bool
    config: Mapping[str, Any]
    machine: Mapping[str, Any]
    code: Mapping[str, Any]
    data_files: tuple[Mapping[str, Any], ...] | None
    """Path and sha256 of each file of data and model; None where nobody wrote them down."""
    metrics: Mapping[str, float]
    """Those declared at the end."""


def read_record(details: ExperimentDetails) -> RunRecord:
    """Read the folder of an experiment; what it lacks comes from the store."""
    folder = details.record.folder
    config, environment, results = (read_object(folder / name) for name in (CONFIG, ENVIRONMENT, RESULTS))
    files = environment.get("data_files")
    declared = {name: each.value for name, each in details.metrics.items() if each.step is None}
    metrics = results.get("metrics") or declared
    return RunRecord(
        details=details,
        has_folder=folder.is_dir(),
        config=config or details.config,
        machine=environment.get("machine") or details.environment,
        code=environment.get("git") or details.code,
        data_files=None if files is None else tuple(files),
        metrics={name: float(value) for name, value in metrics.items() if isinstance(value, int | float)},
    )


def runner_config(record: RunRecord) -> ExperimentConfig | None:
    """Return the configuration as the runner takes it, or None where the experiment was none of the runner's.

    Raises:
        ConfigError: it was, but by a version whose configuration this one does not understand.
    """
    if not record.config.keys() >= _RUNNER_FIELDS:
        return None
    return ExperimentConfig.from_mapping(record.config)
