"""What an experiment's files said when the store took them in: for when one of them cannot be read any more."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from tracking.folders.folder import CONFIG, ENVIRONMENT, RESULTS
from tracking.statuses import ENDED, Status
from tracking.store import schema

__all__ = ["environment_content", "results_content", "stored_files"]


def stored_files(connection: Connection, key: int) -> dict[str, Mapping[str, Any]]:
    """Return content that gives the same record of the experiment as its files did, by their names."""
    experiments, runs, final = schema.experiments.c, schema.runs.c, schema.final_metrics.c
    row = connection.execute(select(schema.experiments).where(experiments.key == key)).one()
    run = connection.execute(
        select(schema.runs).where(runs.experiment_key == key, runs.attempt == row.num_runs)
    ).one_or_none()
    declared = select(final.name, final.value).where(final.experiment_key == key, final.is_result)
    results = results_content(
        row, None if run is None else run._asdict(), dict(connection.execute(declared).tuples().all())
    )
    shared = [_shared(connection, shared_key) for shared_key in (row.environment_key, row.code_key)]
    return {
        CONFIG: row.config,
        ENVIRONMENT: environment_content(*shared),
        RESULTS: results if Status(row.status) in ENDED else {},
    }


def environment_content(machine: Any, code: Any) -> dict[str, Any]:
    """Return what environment.json says of the two."""
    return {"machine": machine, "git": code} if machine or code else {}


def results_content(row: Row[Any], run: Mapping[str, Any] | None, declared: Mapping[str, float]) -> dict[str, Any]:
    """Return what results.json says of an experiment that has ended.

    Args:
        row: of the table of experiments.
        run: row of its last attempt.
        declared: the metrics that are no last points of series.
    """
    return {
        "success": row.status == Status.COMPLETED,
        "error": _error(run),
        "metrics": dict(declared),
        "primary_metric": row.primary_metric,
        "strategy": row.variant,
        "duration_seconds": row.duration_seconds,
        "started_at": _iso(row.started_at),
        "finished_at": _iso(row.finished_at),
    }


def _shared(connection: Connection, key: int | None) -> Any:
    table = schema.environment.c
    return connection.execute(select(table.content).where(table.key == key)).scalar()


def _error(run: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if run is None or run["error_type"] is None:
        return None
    return {"type": run["error_type"], "message": run["error_message"], "traceback": run["traceback"]}


def _iso(moment: float | None) -> str | None:
    return None if moment is None else datetime.fromtimestamp(moment, UTC).isoformat()
