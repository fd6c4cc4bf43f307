"""Takes folders into the database. The same code serves a live run, one that catches up, and a rebuild from nothing."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import socket
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Table, and_, case, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from atomic_files import finite
from tracking import schema
from tracking.contents import Evaluation, FolderContents, flatten, group_of, read_folder
from tracking.database import Database
from tracking.folder import CONFIG, ENVIRONMENT, JOURNAL, METRICS, RESULTS, TRACKING
from tracking.metric_points import Bookmark, MetricPoint, read_points
from tracking.samples import read_samples

__all__ = ["SyncReport", "experiment_folders", "is_experiment", "sync_folder", "sync_folders"]

logger = logging.getLogger(__name__)

_DESCRIBING_FILES = (TRACKING, JOURNAL, CONFIG, ENVIRONMENT, RESULTS)
_FOLDERS_A_TRANSACTION = 50


class SyncReport(NamedTuple):
    """What taking in folders did."""

    experiments: int
    """Folders that hold an experiment."""
    changed: int
    points: int
    """Metric points that were new."""


def experiment_folders(root: Path) -> Iterator[Path]:
    """Yield the experiments directly below ``root``, or ``root`` itself where it is one."""
    if is_experiment(root):
        yield root
        return
    with os.scandir(root) as entries:
        folders = sorted(Path(entry.path) for entry in entries if entry.is_dir() and not entry.name.startswith("."))
    yield from (folder for folder in folders if is_experiment(folder))


def is_experiment(folder: Path) -> bool:
    """Return whether a folder holds an experiment."""
    # A configuration alone would also be any model's folder.
    return any((folder / name).is_file() for name in (TRACKING, RESULTS, ENVIRONMENT))


def sync_folders(database: Database, folders: Iterable[Path]) -> Iterator[SyncReport]:
    """Take in many folders, and yield the report of each; what is unchanged since it was last taken in is skipped.

    Raises:
        DatabaseUnavailable: the database cannot be written.
    """
    pending = list(folders)
    for start in range(0, len(pending), _FOLDERS_A_TRANSACTION):
        with database.begin() as connection:
            reports = [_sync(connection, folder) for folder in pending[start : start + _FOLDERS_A_TRANSACTION]]
        yield from reports


def sync_folder(database: Database, folder: Path) -> SyncReport:
    """Take in one folder; see :func:`sync_folders`."""
    with database.begin() as connection:
        return _sync(connection, folder)


def _sync(connection: Connection, folder: Path) -> SyncReport:
    fingerprint = _fingerprint(folder)
    row = _row(connection, _lies_in(folder.absolute()))
    changed = row is None or row.fingerprint != fingerprint
    contents = read_folder(folder) if changed else None
    if contents is not None:
        row = _put(connection, contents, fingerprint)
    if row is None:
        return SyncReport(0, 0, 0)
    points = _take_points(connection, row, folder / METRICS)
    if contents is not None:
        _put_results(connection, row.key, contents.results)
    return SyncReport(1, int(contents is not None or points > 0), points)


def _lies_in(folder: Path) -> ColumnElement[bool]:
    # Another host's folder of the same name is another folder.
    table = schema.experiments.c
    return and_(table.folder == str(folder), table.folder_host == socket.gethostname())


class _Row(NamedTuple):
    """What the database knows of a folder's files."""

    key: int
    fingerprint: str
    bookmark: Bookmark


def _row(connection: Connection, condition: ColumnElement[bool]) -> _Row | None:
    table = schema.experiments.c
    bookmark = (table.metrics_offset, table.metrics_lines, table.metrics_tail)
    found = connection.execute(select(table.key, table.fingerprint, *bookmark).where(condition)).one_or_none()
    return _Row(found[0], found[1], Bookmark(*found[2:])) if found else None


def _fingerprint(folder: Path) -> str:
    digest = hashlib.sha256()
    for name in _DESCRIBING_FILES:
        try:
            status = (folder / name).stat()
        except OSError:
            continue
        digest.update(f"{name} {status.st_size} {status.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _put(connection: Connection, contents: FolderContents, fingerprint: str) -> _Row:
    """Write everything but metric points of an experiment, replacing what stood there; return its row."""
    table = schema.experiments
    # Whoever stood under this path before has no folder any more, and so is nothing.
    connection.execute(delete(table).where(_lies_in(contents.folder), table.c.id != contents.id))
    values = _experiment_values(connection, contents, fingerprint)
    statement = _insert(connection, table).values(id=contents.id, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_=values))
    row = _row(connection, table.c.id == contents.id)
    assert row is not None
    _replace(connection, schema.runs, row.key, [asdict(run) for run in contents.runs])
    _replace(connection, schema.params, row.key, [_param(name, value) for name, value in flatten(contents.config)])
    _replace(connection, schema.tags, row.key, [{"tag": tag} for tag in contents.tags])
    _replace(connection, schema.artifacts, row.key, [asdict(artifact) for artifact in contents.artifacts])
    _replace(
        connection,
        schema.events,
        row.key,
        [{"position": position, **event._asdict()} for position, event in enumerate(contents.events)],
    )
    _put_evaluations(connection, row.key, contents)
    return row


def _experiment_values(connection: Connection, contents: FolderContents, fingerprint: str) -> dict[str, Any]:
    run = contents.last_run
    return {
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
        "gpus": len(contents.environment.get("gpus") or ()),
        "folder": str(contents.folder),
        "folder_host": socket.gethostname(),
        "host": run.host if run else "",
        "user": run.user if run else "",
        "notes": contents.notes,
        "primary_metric": contents.primary_metric,
        "error": f"{run.error_type}: {run.error_message}" if run and run.error_type else None,
        "config": finite(contents.config),
        "environment_key": _shared(connection, contents.environment),
        "code_key": _shared(connection, contents.code),
        "disk_bytes": _size(contents.folder),
        "fingerprint": fingerprint,
    }


def _shared(connection: Connection, content: Mapping[str, Any]) -> int | None:
    """Return the key of a description that many experiments share."""
    if not content:
        return None
    table = schema.environment
    plain = finite(content)
    digest = hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()
    statement = _insert(connection, table).values(digest=digest, content=plain)
    connection.execute(statement.on_conflict_do_nothing(index_elements=["digest"]))
    key: int = connection.execute(select(table.c.key).where(table.c.digest == digest)).scalar_one()
    return key


def _size(folder: Path) -> int:
    return sum((Path(parent) / name).lstat().st_size for parent, _, names in os.walk(folder) for name in names)


def _param(name: str, value: Any) -> dict[str, Any]:
    kind = "null" if value is None else type(value).__name__
    number = float(value) if isinstance(value, bool | int | float) else None
    text = value if isinstance(value, str) else json.dumps(finite(value))
    return {"name": name, "kind": kind, "number": number, "text": text}


def _replace(connection: Connection, table: Table, key: int, rows: list[dict[str, Any]]) -> None:
    connection.execute(delete(table).where(table.c.experiment_key == key))
    if rows:
        connection.execute(insert(table), [{"experiment_key": key, **row} for row in rows])


def _insert(connection: Connection, table: Table) -> Any:
    """Return an INSERT that knows ON CONFLICT."""
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    return dialect.insert(table)


# -- metrics --------------------------------------------------------------------------------------------------------


def _take_points(connection: Connection, row: _Row, path: Path) -> int:
    """Take in the points behind the row's bookmark, and return how many there were."""
    bookmark, total, more = row.bookmark, 0, True
    while more:
        read = read_points(path, bookmark)
        if read.anew:
            connection.execute(delete(schema.metrics).where(schema.metrics.c.experiment_key == row.key))
            final = schema.final_metrics.c
            connection.execute(
                delete(schema.final_metrics).where(final.experiment_key == row.key, final.is_result.is_(False))
            )
        _put_points(connection, row.key, read.positions, read.points)
        total, bookmark, more = total + len(read.points), read.bookmark, read.more
    if bookmark != row.bookmark:
        values = {"metrics_offset": bookmark.offset, "metrics_lines": bookmark.lines, "metrics_tail": bookmark.tail}
        connection.execute(update(schema.experiments).where(schema.experiments.c.key == row.key).values(values))
    return total


def _put_points(connection: Connection, key: int, positions: list[int], points: list[MetricPoint]) -> None:
    if not points:
        return
    names = _name_keys(connection, {point.name for point in points})
    rows = [
        {
            "experiment_key": key,
            "position": position,
            "name_key": names[name],
            "step": step,
            "time": time,
            "value": value,
        }
        for position, (step, time, name, value) in zip(positions, points, strict=True)
    ]
    connection.execute(insert(schema.metrics), rows)
    _put_final(connection, key, points)


def _name_keys(connection: Connection, names: set[str]) -> dict[str, int]:
    table = schema.metric_names
    query = select(table.c.name, table.c.key).where(table.c.name.in_(names))
    known = dict(connection.execute(query).tuples().all())
    missing = sorted(names - known.keys())
    if missing:
        statement = _insert(connection, table).on_conflict_do_nothing(index_elements=["name"])
        connection.execute(statement, [{"name": name} for name in missing])
        known = dict(connection.execute(query).tuples().all())
    return known


def _put_final(connection: Connection, key: int, points: list[MetricPoint]) -> None:
    """Carry last value and extremes of each metric on; a value declared as result stays."""
    table = schema.final_metrics
    rows: dict[str, dict[str, Any]] = {}
    for step, _, name, value in points:
        row = rows.setdefault(name, {"minimum": value, "maximum": value})
        row["minimum"], row["maximum"] = min(row["minimum"], value), max(row["maximum"], value)
        row["value"], row["step"] = value, step
    statement = _insert(connection, table)
    new, is_result = statement.excluded, table.c.is_result
    lower = case((new.minimum < table.c.minimum, new.minimum), else_=table.c.minimum)
    upper = case((new.maximum > table.c.maximum, new.maximum), else_=table.c.maximum)
    statement = statement.on_conflict_do_update(
        index_elements=["experiment_key", "name"],
        set_={
            "value": case((is_result, table.c.value), else_=new.value),
            "step": case((is_result, table.c.step), else_=new.step),
            "minimum": lower,
            "maximum": upper,
        },
    )
    connection.execute(
        statement, [{"experiment_key": key, "name": name, "is_result": False, **row} for name, row in rows.items()]
    )


def _put_results(connection: Connection, key: int, results: Mapping[str, float]) -> None:
    table = schema.final_metrics
    connection.execute(
        delete(table).where(table.c.experiment_key == key, table.c.is_result, table.c.name.not_in(list(results)))
    )
    if not results:
        return
    statement = _insert(connection, table)
    declared = {"value": statement.excluded.value, "step": None, "is_result": True}
    statement = statement.on_conflict_do_update(index_elements=["experiment_key", "name"], set_=declared)
    rows = [{"name": name, "value": value, "minimum": value, "maximum": value} for name, value in results.items()]
    connection.execute(statement, [{"experiment_key": key, "is_result": True, "step": None, **row} for row in rows])


# -- evaluations ----------------------------------------------------------------------------------------------------


def _put_evaluations(connection: Connection, key: int, contents: FolderContents) -> None:
    """Replace the evaluations that are new; samples of the others stay as they are."""
    table = schema.evaluations
    query = select(table.c.benchmark, table.c.time).where(table.c.experiment_key == key)
    stored = {(benchmark, time) for benchmark, time in connection.execute(query)}
    wanted = {(each.benchmark, each.time): each for each in contents.evaluations}
    for benchmark, _ in stored - wanted.keys():
        connection.execute(delete(table).where(table.c.experiment_key == key, table.c.benchmark == benchmark))
    for name in wanted.keys() - stored:
        _put_evaluation(connection, key, contents.folder, wanted[name])


def _put_evaluation(connection: Connection, key: int, folder: Path, evaluation: Evaluation) -> None:
    table = schema.evaluations
    values = {name: value for name, value in asdict(evaluation).items() if name != "metrics"}
    inserted = connection.execute(
        insert(table).values(experiment_key=key, **values).returning(table.c.key)
    ).scalar_one()
    metrics = [{"name": name, "value": value} for name, value in evaluation.metrics.items()]
    if metrics:
        connection.execute(insert(schema.evaluation_metrics), [{"evaluation_key": inserted, **row} for row in metrics])
    if evaluation.indexed and evaluation.samples_file is not None:
        samples = read_samples(folder / evaluation.samples_file)
        if samples:
            rows = [{"evaluation_key": inserted, **sample._asdict()} for sample in samples]
            connection.execute(insert(schema.per_sample_results), rows)
