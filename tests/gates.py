"""Holds processes at a place that a test chooses, so that none is past it before the test has done what it wants."""

from __future__ import annotations

import glob
import json
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path

__all__ = ["GATE_FOLDER", "Gate"]

ROOT = Path(__file__).resolve().parent.parent
GATE_FOLDER = ROOT / "tests" / "gate"
"""To be in the PYTHONPATH of processes that are to heed gates."""


class Gate:
    """Open at first.

    Args:
        file: where processes read what it says.
        folder: of experiments.
    """

    def __init__(self, file: Path, folder: Path) -> None:
        self._file = file
        self._folder = folder

    @property
    def environment(self) -> Mapping[str, str]:
        """What processes need that are to heed it, beside :data:`GATE_FOLDER`."""
        return {"ASSAY_TEST_GATE": str(self._file)}

    @property
    def whole_environment(self) -> Mapping[str, str]:
        """The environment of a process that is to heed it."""
        inherited = os.environ.get("PYTHONPATH")
        folders = [str(GATE_FOLDER), str(ROOT), *([inherited] if inherited else [])]
        return {**os.environ, "PYTHONPATH": os.pathsep.join(folders), **self.environment}

    def shut_after(self, steps: int, runs: str = "*") -> None:
        """Let no run that matches log a step once all of them together have logged so many."""
        logs = f"{runs}/metrics.jsonl"
        self._say(self._path(logs), logs, steps)

    def shut_before(self, path: str) -> None:
        """Let nobody write to a file of the experiments' folder that matches, or put it in its place."""
        self._say(self._path(path))

    def shut_before_import(self, module: str) -> None:
        """Let nobody import a module that matches."""
        self._say(f"import {module}")

    def open(self) -> None:
        """Let everybody pass."""
        self._file.unlink(missing_ok=True)

    def let_through_one_by_one(self, running: Callable[[], bool], pause_s: float = 0.2) -> None:
        """Let runs log a step now and then until nobody runs: what they were told has long arrived by the next."""
        steps = 0
        while running():
            logged = sum(path.read_text().count('"train/loss"') for path in self._folder.glob("*/metrics.jsonl"))
            steps = max(steps, logged) + 1
            self.shut_after(steps)
            limit = time.monotonic() + pause_s
            while running() and time.monotonic() < limit:
                time.sleep(0.03)
        self.open()

    def _path(self, pattern: str) -> str:
        return f"{glob.escape(str(self._folder))}/{pattern}"

    def _say(self, pattern: str, logs: str = "", steps: int = 0) -> None:
        told = {"pattern": pattern, "folder": str(self._folder), "logs": logs, "steps": steps}
        written = self._file.with_name(f"{self._file.name}.part")
        written.write_text(json.dumps(told))
        written.replace(self._file)
