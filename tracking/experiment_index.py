"""Takes what a folder says of an experiment into the database, all but its metrics and evaluations."""

from __future__ import annotations

import hashlib
import json
import os
import socket
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from tracking import schema
from tracking.columns import fitted, param_row, plain_json
from tracking.parameters import flatten, group_of
from tracking.parts import FolderContents, Run
from tracking.upserts import insert_or, replace_rows

__all__ = ["put_experiment"]


def put_experiment(connection: Connection, contents: FolderContents, fingerprint: str) -> int:
    """Write an experiment and its attempts, parameters, tags, artifacts and events; return its key."""
    table = schema.experiments
    values = fitted(table, _experiment(connection, contents, fingerprint))
    statement = insert_or(connection, table).values(values)
    statement = statement.on_conflict_do_update(index_elements=["id"], set_=values).returning(table.c.key)
    key: int = connection.execute(statement).scalar_one()
    replace_rows(connection, schema.runs, key, _runs(connection, key, contents.runs))
    replace_rows(connection, schema.params, key, [param_row(*item) for item in flatten(contents.config)])
    replace_rows(connection, schema.tags, key, [{"tag": tag} for tag in contents.tags])
    replace_rows(connection, schema.artifacts, key, [asdict(artifact) for artifact in contents.artifacts])
    events = [{"position": position, **event._asdict()} for position, event in enumerate(contents.events)]
    replace_rows(connection, schema.events, key, events)
    return key


def _experiment(connection: Connection, contents: FolderContents, fingerprint: str) -> dict[str, Any]:
    run = contents.last_run
    gpus = contents.environment.get("gpus")
    return {
        "id": contents.id,
        "name": contents.name,
        "status": contents.status,
        "status_reason": contents.status_reason,
        "variant": contents.variant,
        "seed": contents.seed,
        "group_key": group_of(contents.config),
        "created_at": contents.created_at,
        "started_at": contents.runs[0].started_at if run else None,
        "finished_at": run.finished_at if run else None,
        "duration_seconds": contents.duration_seconds,
        "num_runs": len(contents.runs),
        "gpus": len(gpus) if isinstance(gpus, list) else 0,
        "folder": str(contents.folder),
        "folder_host": socket.gethostname(),
        "host": run.host if run else "",
        "user": run.user if run else "",
        "notes": contents.notes,
        "primary_metric": contents.primary_metric,
        "error": f"{run.error_type}: {run.error_message}" if run and run.error_type else None,
        "config": contents.config,
        "environment_key": _shared(connection, contents.environment),
        "code_key": _shared(connection, contents.code),
        "disk_bytes": _size(contents.folder),
        "fingerprint": fingerprint,
    }


def _runs(connection: Connection, key: int, runs: list[Run]) -> list[dict[str, Any]]:
    """Return the rows of attempts; a heartbeat that reached the database but not the folder counts."""
    table = schema.runs.c
    query = select(table.attempt, table.heartbeat_at).where(table.experiment_key == key)
    heard = {attempt: moment for attempt, moment in connection.execute(query) if moment is not None}
    rows = [asdict(run) for run in runs]
    for row in rows:
        moments = [moment for moment in (row["heartbeat_at"], heard.get(row["attempt"])) if moment is not None]
        row["heartbeat_at"] = max(moments, default=None)
    return rows


def _shared(connection: Connection, content: Mapping[str, Any]) -> int | None:
    """Return the key of a description that many experiments share."""
    if not content:
        return None
    table = schema.environment
    plain = plain_json(content)
    digest = hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()
    query = select(table.c.key).where(table.c.digest == digest)
    key: int | None = connection.execute(query).scalar()
    if key is None:
        statement = insert_or(connection, table).values(digest=digest, content=plain)
        connection.execute(statement.on_conflict_do_nothing(index_elements=["digest"]))
        key = connection.execute(query).scalar_one()
    return key


def _size(folder: Path) -> int:
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                total += (Path(parent) / name).lstat().st_size
            except OSError:
                # A checkpoint that is being replaced.
                continue
    return total
