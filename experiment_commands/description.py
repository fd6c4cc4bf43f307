"""Everything about one experiment, in sections."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from rich.text import Text

from experiment_commands.metric_summary import METRIC_COLUMNS, NUMBER_COLUMNS, metric_summary
from experiment_commands.sizes import size
from experiment_commands.wording import ago, clock, duration, shown, status_text
from jobs.retries import DIVIDE_BATCH
from tracking.folders.contents import flatten
from tracking.folders.metric_points import MetricPoint
from tracking.reading.records import ExperimentDetails, ExperimentRecord
from tracking.statuses import Status

__all__ = ["Section", "describe"]

_PACKAGES_SHOWN = ("torch", "transformers", "datasets", "accelerate", "numpy")
_FILES_SHOWN = 5

Cell = str | Text


class Section(NamedTuple):
    """A heading, and a table below it."""

    title: str
    columns: Sequence[str]
    """Headings; none where the table needs none."""
    rows: Sequence[Sequence[Cell]]
    right: Sequence[str] = ()
    """Headings of columns of numbers."""


def describe(
    details: ExperimentDetails, points: Sequence[MetricPoint], now: float, tree: bool, width: int
) -> Iterator[Section]:
    """Yield the sections that have something to say.

    Args:
        details: from :meth:`tracking.reading.local_backend.LocalBackend.get_experiment`.
        points: of its metrics; curves are drawn from them.
        now: seconds since 1970.
        tree: show the configuration nested instead of with dotted names.
        width: of the terminal, in characters.
    """
    config = _without_what_stands_above(details)
    sections = [
        Section("", (), _overview(details, now)),
        _attempts(details, now),
        Section("configuration", (), _tree(config) if tree else _flat(config)),
        _metrics(details, points, width),
        _evaluations(details, now),
        _artifacts(details),
        Section("environment", (), _environment(details.environment)),
        Section("code", (), _code(details.code)),
    ]
    yield from (section for section in sections if section.rows)


def _overview(details: ExperimentDetails, now: float) -> list[tuple[Cell, Cell]]:
    record = details.record
    status = status_text(record.status)
    if record.status_reason:
        status.append(f"  ({record.status_reason})", style="default")
    run = details.runs[-1] if details.runs else None
    rows: list[tuple[Cell, Cell]] = [
        ("id", record.id),
        ("name", record.name),
        ("status", status),
        ("error", "" if record.status is Status.COMPLETED else record.error or ""),
        ("variant", record.variant),
        ("seed", shown(record.seed)),
        ("group", record.group),
        ("created", _when(record.created_at, now)),
        ("started", _when(record.started_at, now)),
        ("finished", _when(record.finished_at, now)),
        ("duration", duration(record.duration_seconds)),
        ("gpus", str(record.gpus or "")),
        ("host", record.host),
        ("user", record.user),
        ("command", run.command if run else ""),
        ("folder", _place(record)),
        ("adjusted", _adjustments(record)),
        ("tags", ", ".join(record.tags)),
        ("notes", record.notes),
    ]
    return [row for row in rows if str(row[1])]


def _place(record: ExperimentRecord) -> str:
    if not record.folder.is_dir():
        return f"{record.folder}  (not on this machine; if it was moved, rebuild from where it is)"
    return str(record.folder) + (f"  ({size(record.disk_bytes)})" if record.disk_bytes is not None else "")


def _adjustments(record: ExperimentRecord) -> str:
    """Return what was done otherwise than configured, because an earlier attempt failed."""
    try:
        made = json.loads((record.folder / "environment.json").read_text(encoding="utf-8"))["adjustments"]
    except (OSError, ValueError, KeyError, TypeError):
        return ""
    smaller = made.pop(DIVIDE_BATCH, None)
    parts = [f"batches divided by {smaller} and accumulated, as memory ran out"] if smaller else []
    return ", ".join([*parts, *(f"{name} {shown(value)}" for name, value in made.items())])


def _when(moment: float | None, now: float) -> str:
    return "" if moment is None else f"{clock(moment)}  ({ago(moment, now)})"


def _attempts(details: ExperimentDetails, now: float) -> Section:
    columns = ("attempt", "status", "started", "duration", "host", "process", "why")
    rows = [
        (
            str(run.attempt),
            status_text(run.status),
            ago(run.started_at, now),
            duration(None if run.finished_at is None else run.finished_at - run.started_at),
            run.host,
            shown(run.pid),
            f"{run.error_type}: {run.error_message}" if run.error_type else run.status_reason,
        )
        for run in details.runs
    ]
    alone = len(rows) == 1 and details.runs[0].status in (Status.COMPLETED, Status.RUNNING)
    return Section("attempts", columns, [] if alone else rows, right=("attempt", "duration", "process"))


def _without_what_stands_above(details: ExperimentDetails) -> dict[str, Any]:
    """Return the configuration without name and notes where the head of the description says the same."""
    record = details.record
    above = {"name": record.name, "notes": record.notes}
    return {
        key: value for key, value in details.config.items() if not (key in above and str(value or "") in above[key])
    }


def _flat(config: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(name, _exact(value)) for name, value in flatten(config)]


def _tree(values: Any, depth: int = 0) -> list[tuple[str]]:
    """Return nested values as lines, two spaces for each level."""
    lines: list[tuple[str]] = []
    items = (
        values.items() if isinstance(values, Mapping) else ((f"- {place}", each) for place, each in enumerate(values))
    )
    for name, value in items:
        nested = value and (
            isinstance(value, Mapping) or (isinstance(value, list) and any(isinstance(each, Mapping) for each in value))
        )
        lines.append((f"{'  ' * depth}{name}:{'' if nested else ' ' + _exact(value)}",))
        if nested:
            lines += _tree(value, depth + 1)
    return lines


def _exact(value: Any) -> str:
    """Return a value of the configuration with all its digits."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _metrics(details: ExperimentDetails, points: Sequence[MetricPoint], width: int) -> Section:
    return Section("metrics", METRIC_COLUMNS, metric_summary(details, points, width), right=NUMBER_COLUMNS)


def _evaluations(details: ExperimentDetails, now: float) -> Section:
    rows = [
        (
            each.benchmark,
            ", ".join(f"{name} {shown(value)}" for name, value in each.metrics.items()),
            f"{each.num_samples:,}",
            ago(each.time, now),
        )
        for each in details.evaluations
    ]
    return Section("evaluations", ("benchmark", "metrics", "samples", "when"), rows, right=("samples",))


def _artifacts(details: ExperimentDetails) -> Section:
    rows = [
        (each.path, each.kind, shown(each.step), "" if each.size_bytes is None else size(each.size_bytes))
        for each in details.artifacts
    ]
    return Section("artifacts", ("path", "kind", "step", "size"), rows, right=("step", "size"))


def _environment(environment: Mapping[str, Any]) -> list[tuple[str, str]]:
    packages = environment.get("packages") or {}
    named = ", ".join(f"{name} {packages[name]}" for name in _PACKAGES_SHOWN if name in packages)
    rows = [(name, _exact(value)) for name, value in flatten({**environment, "packages": None}) if value]
    count = f"{len(packages)}" + (f", such as {named}" if named else "")
    return [*rows, ("packages", f"{count}; all of them with --json")] if packages else rows


def _code(code: Mapping[str, Any]) -> list[tuple[str, str]]:
    if not code:
        return []
    diff, untracked = str(code.get("diff") or ""), code.get("untracked") or []
    dirty = "changed since the commit" if code.get("dirty") else "as committed"
    lines = f"{diff.count(chr(10)):,} lines; print them with --diff" if diff else ""
    rows = [
        ("commit", str(code.get("commit") or "")),
        ("branch", str(code.get("branch") or "")),
        ("state", dirty),
        ("changes", lines),
        ("untracked", _some(list(map(str, untracked)), int(code.get("num_untracked") or len(untracked)))),
    ]
    return [row for row in rows if row[1]]


def _some(files: Sequence[str], count: int) -> str:
    """Return all of a few files, or how many there are with the first of them."""
    if count <= _FILES_SHOWN:
        return ", ".join(files)
    return f"{count:,} files, such as {', '.join(files[:_FILES_SHOWN])}; more of them with --json"
