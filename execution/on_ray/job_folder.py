"""What a task and whoever submitted it tell each other while it runs: small files in a folder that both see."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

from atomic_files import explain_os_error, write_text
from errors import AssayError, ResourceError
from execution.output import end_of_log

__all__ = ["JobFolder"]


class JobFolder:
    """The folder of one submission.

    Args:
        path: absolute, and the same on all nodes.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.log = path / "log.txt"
        self._begun = path / "begun.json"
        self._progress = path / "progress.json"
        self._stop = path / "stop.txt"

    @classmethod
    def create(cls, log_dir: Path, job_id: str) -> Self:
        """Make a folder that no other submission has, not even of the same job by another process.

        Raises:
            ResourceError: it cannot be written.
        """
        base = log_dir.absolute() / "ray"
        try:
            base.mkdir(parents=True, exist_ok=True)
            return cls(Path(tempfile.mkdtemp(prefix=f"{quote(job_id, safe='')[:80]}-", dir=base)))
        except OSError as error:
            raise explain_os_error(error, base) from error

    # -- of the task --------------------------------------------------------------------------------------------------

    def write_begun(self, facts: Mapping[str, Any]) -> None:
        """Say that it runs, and where."""
        write_text(self._begun, json.dumps(facts))

    def write_progress(self, progress: Mapping[str, Any]) -> None:
        """Say how far it is. What cannot be written is left out: a full disk must not end what runs."""
        with suppress(AssayError, OSError, TypeError, ValueError):
            write_text(self._progress, json.dumps(progress))

    def stop_reason(self) -> str:
        """Return why it is to stop; empty while it is to go on."""
        try:
            return self._stop.read_text(encoding="utf-8")
        except OSError:
            return ""

    # -- of whoever submitted -----------------------------------------------------------------------------------------

    def begun(self) -> Mapping[str, Any]:
        """Return where it runs; empty where it has not begun."""
        return _read(self._begun)

    def progress(self) -> Mapping[str, Any]:
        """Return what it said last."""
        return _read(self._progress)

    def progress_stamp(self) -> int:
        """Return a number that changes with each report."""
        try:
            return self._progress.stat().st_mtime_ns
        except OSError:
            return 0

    def write_stop(self, reason: str) -> None:
        """Ask it to stop; what cannot be written must be killed."""
        with suppress(ResourceError):
            write_text(self._stop, reason or "a stop")

    def read_log(self) -> str:
        """Return what it printed, or the end of it where that is much."""
        return end_of_log(self.log)

    def tidy(self) -> None:
        """Keep nothing but the log, and that only where there is something in it."""
        with suppress(OSError):
            for path in (self._begun, self._progress, self._stop):
                path.unlink(missing_ok=True)
            if not self.log.is_file() or not self.log.stat().st_size:
                self.log.unlink(missing_ok=True)
                self.path.rmdir()


def _read(path: Path) -> Mapping[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
