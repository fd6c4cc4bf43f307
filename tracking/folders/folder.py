"""What tracking keeps in an experiment's folder: who it is, a journal of what happened, evaluations.

The folder is the truth and the database an index over it, so whatever is to survive goes here first.
"""

from __future__ import annotations

import errno
import hashlib
import json
import math
import os
import secrets
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from atomic_files import explain_os_error, finite, open_regular, write_json

__all__ = [
    "CONFIG",
    "ENVIRONMENT",
    "EVALUATIONS",
    "HEARTBEAT",
    "JOURNAL",
    "METRICS",
    "RESULTS",
    "TRACKING",
    "TRACKING_FILES",
    "Event",
    "ExperimentFolder",
    "new_id",
    "read_object",
    "readable_object",
]

TRACKING = "tracking.json"
JOURNAL = "journal.jsonl"
HEARTBEAT = "heartbeat.json"
EVALUATIONS = "evaluations"
CONFIG = "config.json"
ENVIRONMENT = "environment.json"
RESULTS = "results.json"
METRICS = "metrics.jsonl"

TRACKING_FILES = frozenset({TRACKING, JOURNAL, HEARTBEAT, EVALUATIONS})
"""What outlives a fresh start of an experiment in its folder: its name in the store and its history."""

_DESCRIBING_FILES = (TRACKING, JOURNAL, CONFIG, ENVIRONMENT, RESULTS)


def new_id(moment: float | None = None) -> str:
    """Return an id that reads ``exp_YYYYMMDD_HHMMSS_xxxxxx`` (UTC); the six digits are random."""
    return f"exp_{datetime.fromtimestamp(moment or time.time(), UTC):%Y%m%d_%H%M%S}_{secrets.token_hex(3)}"


class Event(NamedTuple):
    """One line of the journal."""

    time: float
    """Seconds since 1970, UTC."""
    event: str
    """``planned``, ``claimed``, ``cleared``, ``started``, ``length``, ``finished``, ``judged``, ``note``, ``tags``,
    ``artifact``, ``removed``, ``evaluation`` or ``results``."""
    content: Mapping[str, Any]


class ExperimentFolder:
    """One experiment's folder, as tracking sees it.

    Args:
        path: the folder; it need not exist yet.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)

    def identify(self, experiment_id: str, name: str, created_at: float, **more: Any) -> None:
        """Write who the experiment is; what stands there already stays.

        Args:
            experiment_id: see :func:`new_id`.
            name: the experiment's name.
            created_at: seconds since 1970, UTC.
            **more: further plain values, such as ``variant``.

        Raises:
            ResourceError: the folder cannot be written.
        """
        if not self.identity():
            content = {"version": 1, "id": experiment_id, "name": name, "created_at": created_at, **more}
            write_json(self.path / TRACKING, content)

    def identity(self) -> dict[str, Any]:
        """Return what :meth:`identify` wrote; empty where nothing readable is."""
        return read_object(self.path / TRACKING)

    def fingerprint(self) -> str:
        """Return what changes with every write to the files that describe the experiment; they are not opened.

        Metrics and the heartbeat are none of them.
        """
        digest = hashlib.sha256()
        for name in _DESCRIBING_FILES:
            try:
                # As text: lists do this for thousands of folders, and the paths would take longer than all else.
                status = os.stat(f"{self.path}/{name}")  # noqa: PTH116
            except OSError:
                continue
            digest.update(f"{name} {status.st_size} {status.st_mtime_ns} {status.st_ino}\n".encode())
        return digest.hexdigest()

    def append(self, event: str, moment: float | None = None, **content: Any) -> None:
        """Add a line to the journal: one write, so that a killed process leaves a whole line or none.

        Raises:
            ResourceError: the folder cannot be written.
        """
        values = {"time": time.time() if moment is None else moment, "event": event, **content}
        line = json.dumps(finite(values), ensure_ascii=False, allow_nan=False) + "\n"
        path = self.path / JOURNAL
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            with path.open("ab+", buffering=0) as file:
                if file.tell() and not _ends_line(file):
                    line = "\n" + line
                # A command line may hold bytes that are no text.
                data = line.encode("utf-8", "replace")
                if file.write(data) < len(data):
                    # A disk that fills up takes a part; the torn line is passed over when it is read.
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError as error:
            raise explain_os_error(error, path) from error

    def journal(self) -> list[Event]:
        """Return the journal's events in the order of their lines; torn lines are left out."""
        events = []
        try:
            # Not splitlines: a note may hold other line separators.
            with open_regular(self.path / JOURNAL) as file:
                lines = file.read().decode("utf-8", "replace").split("\n")
        except OSError:
            return []
        for line in lines:
            try:
                values = json.loads(line)
                event = Event(float(values.pop("time")), str(values.pop("event")), values)
            except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
                continue
            if math.isfinite(event.time):
                events.append(event)
        return events


def _ends_line(file: Any) -> bool:
    file.seek(-1, 2)
    return bool(file.read(1) == b"\n")


def read_object(path: Path) -> dict[str, Any]:
    """Return the JSON object in ``path``; empty where nothing readable is."""
    return readable_object(path) or {}


def readable_object(path: Path) -> dict[str, Any] | None:
    """Return the JSON object in ``path``; empty where no file is, None where one is that holds none."""
    try:
        with open_regular(path) as file:
            values = json.loads(file.read())
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, ValueError, RecursionError):
        return None
    return values if isinstance(values, dict) else None
