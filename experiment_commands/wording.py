"""Moments, durations, statuses and values, as people read them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from rich.text import Text

from tracking.statuses import Status

__all__ = ["ago", "clock", "duration", "shown", "span", "status_text"]

_COLOURS = {
    Status.PLANNED: "dim",
    Status.RUNNING: "cyan",
    Status.COMPLETED: "green",
    Status.FAILED: "red",
    Status.PREEMPTED: "yellow",
    Status.LOST: "red",
    Status.STALE: "yellow",
}
_DAY = 86_400
_DAYS_TOLD = 60


def ago(moment: float | None, now: float) -> str:
    """Return how long ago a moment was, as in ``2 h ago``; its date after two months; nothing for None."""
    if moment is None:
        return ""
    seconds = now - moment
    if seconds < 0 or seconds > _DAYS_TOLD * _DAY:
        return f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d}"
    return f"{duration(seconds)} ago"


def duration(seconds: float | None) -> str:
    """Return ``45 s``, ``12 min``, ``2.5 h`` or ``3.1 d``; nothing for None."""
    if seconds is None:
        return ""
    if seconds < 90:
        return f"{seconds:.1f} s" if 0 < seconds < 9.95 else f"{seconds:.0f} s"
    if seconds < 90 * 60:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.3g} h" if seconds < 48 * 3600 else f"{seconds / _DAY:.3g} d"


def clock(moment: float | None) -> str:
    """Return date and time in UTC; nothing for None."""
    return "" if moment is None else f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d %H:%M:%S} UTC"


def shown(value: Any) -> str:
    """Return a value as a table shows it: four digits of a number, a text as it is, nothing for None."""
    match value:
        case None:
            return ""
        case str():
            return str(value)
        case float():
            return f"{value:.4g}"
        case _:
            return json.dumps(value, ensure_ascii=False, default=str)


def status_text(status: Status) -> Text:
    """Return a status in its colour."""
    return Text(str(status), style=_COLOURS[status])


def span(seconds: float) -> str:
    """Return a time in the largest two units that say something, such as ``2 h 5 min``."""
    whole = max(0, round(seconds))
    for size, unit, smaller, name in ((86400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s")):
        if whole >= size:
            return f"{whole // size} {unit} {whole % size // smaller} {name}"
    return f"{whole} s"
