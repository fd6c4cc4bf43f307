"""What work on another machine and whoever submitted it tell each other: small JSON files, each written by one side."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from atomic_files import write_text
from errors import AssayError

__all__ = ["MailFolder"]

_PROGRESS = "progress.json"


class MailFolder:
    """The folder of one submission; executors add what else they have to say.

    Args:
        path: absolute, and the same on all machines.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def write_progress(self, progress: Mapping[str, Any]) -> None:
        """Say how far the work is. What cannot be written is left out: a full disk must not end what runs."""
        with suppress(AssayError, OSError, TypeError, ValueError):
            self._write(_PROGRESS, progress)

    def progress(self) -> Mapping[str, Any]:
        """Return how far it was last; empty where nothing is known."""
        return self._read(_PROGRESS) or {}

    def progress_stamp(self) -> int:
        """Return a number that changes with each report."""
        try:
            return (self.path / _PROGRESS).stat().st_mtime_ns
        except OSError:
            return 0

    def _write(self, name: str, values: Mapping[str, Any]) -> None:
        write_text(self.path / name, json.dumps(values) + "\n")

    def _read(self, name: str) -> dict[str, Any] | None:
        try:
            found = json.loads((self.path / name).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return found if isinstance(found, dict) else None
