"""The files that tell what an experiment was and how it ended."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from atomic_files import write_json
from jobs import Failure
from planning.nodes import Node
from planning.status import CONFIG, ENVIRONMENT, RESULTS, data_files
from tracking.recording.capture import describe_code, describe_machine

if TYPE_CHECKING:
    from training.session import RunOutcome

__all__ = ["describe_failure", "write_failure", "write_start", "write_success"]


def write_start(node: Node, started_at: datetime, plan: str, adjustments: Mapping[str, Any]) -> None:
    """Write config.json and environment.json before the run.

    Args:
        node: the experiment.
        started_at: when it began.
        plan: what tells the plan that it is made for from any other.
        adjustments: what is done otherwise than configured, as an earlier attempt failed.

    Raises:
        ResourceError: the folder cannot be written.
    """
    node.config.save(node.folder / CONFIG)
    environment = {
        "key": node.key,
        "started_at": started_at.isoformat(timespec="milliseconds"),
        "plan": plan,
        "records_to": None if node.records_to is None else str(node.records_to),
        "signals": _signals(node),
        "adjustments": dict(adjustments),
        "data_files": data_files(node.config),
        "machine": describe_machine(),
        "git": describe_code(),
    }
    write_json(node.folder / ENVIRONMENT, environment)


def write_success(
    node: Node, outcome: RunOutcome, primary_metric: str, started_at: datetime, adjustments: Mapping[str, Any]
) -> dict[str, Any]:
    """Write results.json of a run that ended well, last of all its files, and return its content.

    Raises:
        ResourceError: the folder cannot be written.
    """
    results = {
        "success": True,
        "error": None,
        **_describe(node, started_at),
        "primary_metric": f"eval_{primary_metric}",
        "metrics": dict(outcome.metrics),
        "strategy_report": dict(outcome.strategy_report),
        "train_steps": outcome.train_steps,
        "train_rows": outcome.train_rows,
        "resumed_from": outcome.resumed_from,
        "adjustments": dict(adjustments),
    }
    write_json(node.folder / RESULTS, results)
    return results


def write_failure(node: Node, failure: Failure, started_at: datetime) -> dict[str, Any]:
    """Write results.json of a run that failed, with the trace, and return its content.

    Raises:
        ResourceError: the folder cannot be written.
    """
    results = describe_failure(node, failure, started_at)
    write_json(node.folder / RESULTS, results)
    return results


def describe_failure(node: Node, failure: Failure, started_at: datetime) -> dict[str, Any]:
    """Return the content of results.json of a run that failed."""
    described = {"kind": failure.kind, "message": failure.message, "traceback": failure.traceback}
    return {
        "success": False,
        # What died has no exception; what killed it is said instead.
        "error": {"type": failure.type or failure.kind, **described},
        **_describe(node, started_at),
        "primary_metric": None,
        "metrics": {},
        "strategy_report": {},
        "train_steps": 0,
        "train_rows": 0,
        "resumed_from": None,
    }


def _signals(node: Node) -> dict[str, str]:
    folders = {"data_map": node.data_map, "validation_data_map": node.validation_data_map, "clusters": node.clusters}
    return {name: str(folder) for name, folder in folders.items() if folder is not None}


def _describe(node: Node, started_at: datetime) -> dict[str, Any]:
    config, now = node.config, datetime.now(UTC)
    return {
        "name": config.name,
        "strategy": config.strategy_name,
        "seed": config.training.seed,
        "task": config.task,
        "model": config.model,
        "dataset": config.dataset,
        "duration_seconds": (now - started_at).total_seconds(),
        "started_at": started_at.isoformat(timespec="milliseconds"),
        "finished_at": now.isoformat(timespec="milliseconds"),
        "signals": _signals(node),
        "git": {name: value for name, value in describe_code().items() if name != "diff"},
        "environment": describe_machine(),
        "config_identity": config.identity(),
        "key": node.key,
    }
