"""Takes what a folder says of an experiment into the database, all but its metrics and evaluations."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, delete, select, update

from tracking.folders.parameters import flatten, group_of
from tracking.folders.parts import FolderContents, Run
from tracking.indexing.columns import fitted, param_row, plain_json, storable
from tracking.indexing.upserts import insert_unless_there, replace_rows, rows_of
from tracking.store import schema
from tracking.store.faults import TransactionConflict
from tracking.store.places import placed

__all__ = ["Stored", "put_experiment", "stored_experiment"]

_EXPERIMENTS = schema.experiments.c
_FIND = select(_EXPERIMENTS.key, _EXPERIMENTS.folder, _EXPERIMENTS.folder_host, _EXPERIMENTS.metrics_offset).where(
    _EXPERIMENTS.id == bindparam("wanted_id")
)
_UPDATE = update(schema.experiments).where(_EXPERIMENTS.key == bindparam("wanted_key"))
_DELETE = delete(schema.experiments).where(_EXPERIMENTS.key == bindparam("wanted_key"))
_HEARD = select(schema.runs.c.attempt, schema.runs.c.heartbeat_at).where(
    rows_of(schema.runs), schema.runs.c.heartbeat_at.is_not(None)
)
_SHARED = select(schema.environment.c.key).where(schema.environment.c.digest == bindparam("wanted_digest"))


class Stored(NamedTuple):
    """Where the database took an experiment from."""

    key: int
    folder: Path
    folder_host: str
    metrics_offset: int


def stored_experiment(connection: Connection, experiment_id: str) -> Stored | None:
    """Return where an experiment in the database was taken from; None where it is not in it."""
    row = connection.execute(_FIND, {"wanted_id": storable(experiment_id)}).one_or_none()
    return Stored(row[0], Path(row[1]), row[2], row[3]) if row else None


def put_experiment(
    connection: Connection, contents: FolderContents, fingerprint: str, stored: Stored | None, anew: bool
) -> int:
    """Write an experiment and its attempts, parameters, tags, artifacts and events; return its key.

    Args:
        connection: to the database.
        contents: what its folder says.
        fingerprint: of the folder's files.
        stored: from :func:`stored_experiment`.
        anew: delete all that is stored of it first, metrics and evaluations too.

    Raises:
        TransactionConflict: another writer took the experiment in at the same time.
    """
    values = fitted(schema.experiments, _experiment(connection, contents, fingerprint))
    heard = _heartbeats(connection, stored)
    fresh = stored is None or anew
    if stored is None:
        key = _insert_experiment(connection, values)
    elif anew:
        connection.execute(_DELETE, {"wanted_key": stored.key})
        key = _insert_experiment(connection, {**values, "key": stored.key})
    else:
        key = stored.key
        connection.execute(_UPDATE, {"wanted_key": key, **values})
    replace_rows(connection, schema.runs, key, _runs(contents.runs, heard), fresh)
    replace_rows(connection, schema.params, key, [param_row(*item) for item in flatten(contents.config)], fresh)
    replace_rows(connection, schema.tags, key, [{"tag": tag} for tag in contents.tags], fresh)
    replace_rows(connection, schema.artifacts, key, [asdict(artifact) for artifact in contents.artifacts], fresh)
    events = [{"position": position, **event._asdict()} for position, event in enumerate(contents.events)]
    replace_rows(connection, schema.events, key, events, fresh)
    return key


def _insert_experiment(connection: Connection, values: dict[str, Any]) -> int:
    statement = insert_unless_there(connection.dialect.name, schema.experiments, "id").returning(_EXPERIMENTS.key)
    key: int | None = connection.execute(statement, values).scalar()
    if key is None:
        raise TransactionConflict(f"{values['id']}: taken in by another process at the same time")
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
        **placed(connection, contents.folder),
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


def _heartbeats(connection: Connection, stored: Stored | None) -> dict[int, float]:
    """Return the last heartbeat of each attempt that the database knows."""
    if stored is None:
        return {}
    return dict(connection.execute(_HEARD, {"wanted_key": stored.key}).tuples().all())


def _runs(runs: list[Run], heard: Mapping[int, float]) -> list[dict[str, Any]]:
    """Return the rows of attempts; a heartbeat that reached the database but not the folder counts."""
    rows = [asdict(run) for run in runs]
    for row in rows:
        moments = [moment for moment in (row["heartbeat_at"], heard.get(row["attempt"])) if moment is not None]
        row["heartbeat_at"] = max(moments, default=None)
    return rows


def _shared(connection: Connection, content: Mapping[str, Any]) -> int | None:
    """Return the key of a description that many experiments share."""
    if not content:
        return None
    plain = plain_json(content)
    digest = hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()
    key: int | None = connection.execute(_SHARED, {"wanted_digest": digest}).scalar()
    if key is None:
        statement = insert_unless_there(connection.dialect.name, schema.environment, "digest")
        connection.execute(statement, {"digest": digest, "content": plain})
        key = connection.execute(_SHARED, {"wanted_digest": digest}).scalar_one()
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
