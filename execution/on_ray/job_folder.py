"""What a task and whoever submitted it tell each other while it runs."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

from atomic_files import explain_os_error, write_text
from errors import ResourceError
from execution.mail_folder import MailFolder
from execution.output import end_of_log

__all__ = ["JobFolder"]

_BEGUN = "begun.json"


class JobFolder(MailFolder):
    """The folder of one submission.

    Args:
        path: absolute, and the same on all nodes.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.log = path / "log.txt"
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
        self._write(_BEGUN, facts)

    def stop_reason(self) -> str:
        """Return why it is to stop; empty while it is to go on."""
        try:
            return self._stop.read_text(encoding="utf-8")
        except OSError:
            return ""

    # -- of whoever submitted -----------------------------------------------------------------------------------------

    def begun(self) -> Mapping[str, Any]:
        """Return where it runs; empty where it has not begun."""
        return self._read(_BEGUN) or {}

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
            for path in (*self.path.glob("*.json"), self._stop):
                path.unlink(missing_ok=True)
            if not self.log.is_file() or not self.log.stat().st_size:
                self.log.unlink(missing_ok=True)
                self.path.rmdir()
