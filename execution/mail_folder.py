"""What work on another machine and whoever submitted it tell each other: small JSON files, each written by one side."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from atomic_files import write_text
from errors import AssayError

__all__ = ["MailFolder", "Reports"]

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


class Reports:
    """Writes what work says of its progress: at once where it said nothing for a while, never too often, and the last.

    Use as a context manager around the work.

    Args:
        folder: to write to.
        pause_seconds: from one report to the next.
    """

    def __init__(self, folder: MailFolder, pause_seconds: float) -> None:
        self._folder = folder
        self._pause_seconds = pause_seconds
        self._newest: Mapping[str, Any] | None = None
        self._said = threading.Event()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._write_on, name="reports", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        self._said.set()
        self._thread.join()

    def report(self, progress: Mapping[str, Any]) -> None:
        """Say how far the work is; this waits for no disk."""
        self._newest = dict(progress)
        self._said.set()

    def _write_on(self) -> None:
        written, is_last = None, False
        while not is_last:
            self._said.wait()
            # Before anything is looked at: what is said from here on is said again.
            self._said.clear()
            is_last = self._over.is_set()
            newest = self._newest
            if newest is not None and newest is not written:
                self._folder.write_progress(newest)
                written = newest
            self._over.wait(self._pause_seconds)
