"""``stats``: what the store holds altogether."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from experiment_commands.options import Db, Json, Where
from experiment_commands.output import print_json, print_table
from experiment_commands.sizes import size
from experiment_commands.wording import duration
from tracking.reading.local_backend import LocalBackend
from tracking.reading.totals import Share, Totals

__all__ = ["stats"]

_BAR_WIDTH = 30
_EIGHTHS = " ▏▎▍▌▋▊▉"
_FILES = ("", "-wal", "-shm")


def stats(where: Where = None, db: Db = None, json: Json = False) -> int:
    """Show how many experiments there are of each status, how much disk and time they took, and what they tried.

    GPU-hours are the time of every attempt times the accelerators that it saw; sizes are those of folders when they
    were last read.

    \b
    Examples:
      python experiment_cli.py stats
      python experiment_cli.py stats --where "variant = baseline and status = completed"
      python experiment_cli.py stats --json
    """
    backend = LocalBackend(db)
    totals = backend.totals(where)
    database_bytes = _file_bytes(backend.database.file)
    if json:
        print_json(_plain(totals, database_bytes))
    elif totals.num_experiments:
        _print(totals, database_bytes)
    else:
        print("no experiments")
    return 0 if totals.num_experiments else 1


def _file_bytes(file: Path | None) -> int | None:
    """Return the size of the database's files; None where it is no file."""
    if file is None:
        return None
    files = [file.with_name(file.name + suffix) for suffix in _FILES]
    return sum(each.stat().st_size for each in files if each.exists())


def _plain(totals: Totals, database_bytes: int | None) -> dict[str, Any]:
    return {
        "num_experiments": totals.num_experiments,
        "statuses": dict(totals.statuses),
        "num_runs": totals.num_runs,
        "run_seconds": totals.run_seconds,
        "mean_seconds": totals.mean_seconds,
        "gpu_hours": totals.gpu_hours,
        "disk_bytes": totals.disk_bytes,
        "database_bytes": database_bytes,
        "runs_per_day": {day.isoformat(): count for day, count in totals.runs_per_day.items()},
        **{name: [vars(share) for share in shares] for name, shares in _kinds(totals)},
    }


def _kinds(totals: Totals) -> list[tuple[str, Sequence[Share]]]:
    return [("variants", totals.variants), ("strategies", totals.strategies), ("models", totals.models)]


def _print(totals: Totals, database_bytes: int | None) -> None:
    for name, text in _summary(totals, database_bytes):
        print(f"{name:<12} {text}")
    for title, shares in _kinds(totals):
        if shares:
            print()
            rows = [(share.name, f"{share.count:,}", f"{share.completed:,}") for share in shares]
            print_table((title, "experiments", "completed"), rows, right=("experiments", "completed"))
    if totals.runs_per_day:
        print()
        print_table(("runs per day", "", ""), list(_bars(totals.runs_per_day)))


def _summary(totals: Totals, database_bytes: int | None) -> Iterator[tuple[str, str]]:
    statuses = ", ".join(f"{count:,} {status}" for status, count in totals.statuses.items())
    yield "experiments", f"{totals.num_experiments:,} ({statuses})"
    yield "attempts", f"{totals.num_runs:,}"
    mean = "" if totals.mean_seconds is None else f" ({duration(totals.mean_seconds)} a completed experiment)"
    yield "time", f"{duration(totals.run_seconds)}{mean}"
    yield "GPU-hours", f"{totals.gpu_hours:,.1f}"
    database = "" if database_bytes is None else f", {size(database_bytes)} in the database"
    yield "disk", f"{size(totals.disk_bytes)} in folders{database}"


def _bars(runs_per_day: Mapping[date, int]) -> Iterator[tuple[str, str, str]]:
    most = max(runs_per_day.values())
    days = list(runs_per_day.items())
    first = next(position for position, (_, count) in enumerate(days) if count)
    for day, count in days[first:]:
        eighths = round(8 * _BAR_WIDTH * count / most) or min(count, 1)
        bar = "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()
        yield day.isoformat(), bar, f"{count:,}" if count else "–"
