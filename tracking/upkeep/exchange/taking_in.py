"""Take exported experiments in: as folders first, since these are the truth, and then into the store."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from math import nan
from pathlib import Path

from atomic_files import explain_os_error, finite, write_json, write_text
from errors import DataError
from tracking.folders.contents import FolderContents, is_experiment, read_folder
from tracking.folders.folder import (
    CONFIG,
    ENVIRONMENT,
    HEARTBEAT,
    JOURNAL,
    METRICS,
    RESULTS,
    TRACKING,
    Event,
    ExperimentFolder,
)
from tracking.folders.metric_points import Bookmark, MetricPoint, format_points, read_points
from tracking.folders.samples import write_samples
from tracking.indexing.index import sync_folder
from tracking.processes import host_name
from tracking.reading.whereabouts import locate
from tracking.statuses import Status
from tracking.store.database import Database
from tracking.upkeep.exchange.form import EvaluationRecord, Record, read_records

__all__ = ["ImportReport", "import_experiments"]


@dataclass
class ImportReport:
    """What importing did."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    skipped: list[str] = field(default_factory=list)
    """Experiments left alone, each with the reason."""


def import_experiments(
    database: Database,
    files: Sequence[Path],
    experiments_dir: Path,
    progress: Callable[[int, int | None], None] | None = None,
) -> ImportReport:
    """Make a folder below ``experiments_dir`` of each experiment in the files, or bring the one it has up to date.

    All files are checked before anything is written. Importing the same again changes nothing: notes, tags and further
    events of both sides are joined, and of two series of points the longer one stays.

    Args:
        database: the store.
        files: what was exported.
        experiments_dir: where new folders go.
        progress: called with how many experiments are done, and how many there are; None while they are being checked.

    Raises:
        DataError: a file is malformed, or a folder that is to be made belongs to something else.
        ResourceError: a folder cannot be written.
    """
    tell = progress or (lambda done, total: None)
    count = 0
    for where, record in _records(files):
        _check(record, where)
        count += 1
        tell(0, None)
    report = ImportReport()
    for done, (where, record) in enumerate(_records(files), 1):
        _take(database, record, where, experiments_dir, report)
        tell(done, count)
    return report


def _records(files: Sequence[Path]) -> Iterator[tuple[str, Record]]:
    return chain.from_iterable(map(read_records, files))


def _take(database: Database, record: Record, where: str, experiments_dir: Path, report: ImportReport) -> None:
    place = next(iter(locate(database, [record.id])), None)
    if place is not None and not place.is_here:
        report.skipped.append(f"{record.id}: its folder is {place.folder} on {place.host}; import it there")
        return
    known = place is not None and is_experiment(place.folder)
    folder = place.folder if place is not None and known else experiments_dir.absolute() / record.id
    if not folder.exists():
        _make(folder, record)
        report.added += 1
    else:
        current = read_folder(folder) if is_experiment(folder) else None
        if current is None or current.id != record.id:
            raise DataError(f"{where}: {folder} is in the way; move it, or name another --experiments-dir")
        if _runs_here(current):
            report.skipped.append(f"{record.id}: it is running here")
            return
        changed = _update(folder, record, current)
        report.updated += changed
        report.unchanged += not changed
    sync_folder(database, folder)


def _runs_here(contents: FolderContents) -> bool:
    run = contents.last_run
    return run is not None and run.status == Status.RUNNING and run.host == host_name()


def _make(folder: Path, record: Record) -> None:
    """Make a folder that appears whole or not at all."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", suffix=".import", dir=folder.parent))
    except OSError as error:
        raise explain_os_error(error, folder) from error
    try:
        content = temporary / "content"
        _write(content, record, _events(record), _points(record))
        content.rename(folder)
    except OSError as error:
        raise explain_os_error(error, folder) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _check(record: Record, where: str) -> None:
    """Refuse a record from which no reader can make sense, before anything of it is written."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        (folder / RESULTS).write_text(json.dumps(record.results or {}), encoding="utf-8")
        (folder / CONFIG).write_text(json.dumps(record.config), encoding="utf-8")
        (folder / JOURNAL).write_text(_journal(_events(record)), encoding="utf-8")
        (folder / TRACKING).write_text(json.dumps({"id": record.id}), encoding="utf-8")
        try:
            read_folder(folder)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise DataError(f"{where}: what it says does not fit together ({error!r})") from error


def _write(folder: Path, record: Record, events: Sequence[Event], points: Sequence[MetricPoint]) -> None:
    _describe(folder, record)
    _write_samples(folder, record.evaluations)
    if points:
        write_text(folder / METRICS, format_points(list(points)))
    write_text(folder / JOURNAL, _journal(events))
    named = {"variant": record.variant} if record.variant else {}
    ExperimentFolder(folder).identify(record.id, record.name, record.created_at, **named)


def _describe(folder: Path, record: Record) -> None:
    if record.config:
        write_json(folder / CONFIG, record.config)
    if record.environment:
        write_json(folder / ENVIRONMENT, record.environment)
    if record.results:
        write_json(folder / RESULTS, record.results)
    else:
        # A newer attempt has not ended yet.
        (folder / RESULTS).unlink(missing_ok=True)
    if record.heartbeat:
        write_json(folder / HEARTBEAT, record.heartbeat.model_dump())


def _write_samples(folder: Path, evaluations: Sequence[EvaluationRecord]) -> None:
    for evaluation in evaluations:
        if evaluation.samples_file is None or evaluation.samples is None:
            continue
        path = folder / evaluation.samples_file
        if not path.parent.resolve().is_relative_to(folder.resolve()):
            raise DataError(f"{path}: leads out of the experiment's folder; remove the link")
        write_samples(path, evaluation.samples)


def _update(folder: Path, record: Record, current: FolderContents) -> bool:
    """Join what the record says with what the folder says; return whether the folder changed."""
    known = _stored_points(folder)
    incoming = _points(record)
    ahead = _end(_events(record), incoming) > _end(current.events, known)
    missing = [event for event in _events(record) if event not in current.events]
    if not missing and not ahead and len(incoming) <= len(known):
        return False
    # A stable sort: what happened at the same moment stays in its order.
    events = sorted([*current.events, *missing], key=lambda event: event.time)
    points = incoming if len(incoming) > len(known) else []
    if ahead:
        _write(folder, record, events, points)
    else:
        if points:
            write_text(folder / METRICS, format_points(points))
        write_text(folder / JOURNAL, _journal(events))
    return True


def _end(events: Sequence[Event], points: Sequence[MetricPoint]) -> float:
    return max([*(event.time for event in events), *(point.time for point in points)], default=0.0)


def _events(record: Record) -> list[Event]:
    events = []
    for each in record.journal:
        values = each.model_dump(exclude_unset=True)
        events.append(Event(values.pop("time"), values.pop("event"), values))
    return events


def _journal(events: Sequence[Event]) -> str:
    return "".join(
        json.dumps(finite({"time": time, "event": event, **content}), ensure_ascii=False, allow_nan=False) + "\n"
        for time, event, content in events
    )


def _points(record: Record) -> list[MetricPoint]:
    return [MetricPoint(step, time, name, nan if value is None else value) for step, time, name, value in record.points]


def _stored_points(folder: Path) -> list[MetricPoint]:
    points: list[MetricPoint] = []
    bookmark, more = Bookmark(), True
    while more:
        read = read_points(folder / METRICS, bookmark)
        points += read.points
        bookmark, more = read.bookmark, read.more
    return points
