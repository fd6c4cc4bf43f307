"""What every experiment has, under the names that filters, sorting and columns know."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

__all__ = ["ATTRIBUTES", "Attribute", "ValueKind"]


class ValueKind(Enum):
    """With what an attribute is compared."""

    TEXT = "text"
    STATUS = "status"
    NUMBER = "number"
    TIME = "time"
    DURATION = "duration"
    TAGS = "tags"


@dataclass(frozen=True)
class Attribute:
    """One attribute."""

    name: str
    """As filters write it."""
    field: str
    """Of :class:`tracking.reading.records.ExperimentRecord`."""
    column: str
    """Of the table of experiments; for tags, of theirs."""
    kind: ValueKind


def _attributes() -> dict[str, Attribute]:
    text, number, time = ValueKind.TEXT, ValueKind.NUMBER, ValueKind.TIME
    found = [
        Attribute("id", "id", "id", text),
        Attribute("name", "name", "name", text),
        Attribute("status", "status", "status", ValueKind.STATUS),
        Attribute("reason", "status_reason", "status_reason", text),
        Attribute("variant", "variant", "variant", text),
        Attribute("seed", "seed", "seed", number),
        Attribute("group", "group", "group_key", text),
        Attribute("created", "created_at", "created_at", time),
        Attribute("started", "started_at", "started_at", time),
        Attribute("finished", "finished_at", "finished_at", time),
        Attribute("duration", "duration_seconds", "duration_seconds", ValueKind.DURATION),
        Attribute("attempts", "num_runs", "num_runs", number),
        Attribute("gpus", "gpus", "gpus", number),
        Attribute("folder", "folder", "folder", text),
        Attribute("host", "host", "host", text),
        Attribute("user", "user", "user", text),
        Attribute("tags", "tags", "tag", ValueKind.TAGS),
        Attribute("notes", "notes", "notes", text),
        Attribute("primary_metric", "primary_metric", "primary_metric", text),
        Attribute("error", "error", "error", text),
        Attribute("disk_bytes", "disk_bytes", "disk_bytes", number),
    ]
    by_name = {attribute.name: attribute for attribute in found}
    return {**{attribute.field: attribute for attribute in found}, **by_name, "tag": by_name["tags"]}


ATTRIBUTES = _attributes()
"""Attributes by name; the names of the record's fields are known as well, and ``tag`` for ``tags``."""
