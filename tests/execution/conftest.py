"""Fixtures of all executors' tests."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from execution.executors import EXECUTORS
from execution.options import ExecutorOptions
from execution.work import MADE, WORK
from tracking.queue.queue import Queue
from tracking.store.database import Database

PLUGIN = Path(__file__).resolve().parent / "plugin"
ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def plugin(monkeypatch: pytest.MonkeyPatch) -> Path:
    """Install the test's own work and executor, here and in every process that the test starts."""
    monkeypatch.syspath_prepend(str(PLUGIN))
    inherited = os.environ.get("PYTHONPATH")
    folders = [str(PLUGIN), str(ROOT), *([inherited] if inherited else [])]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(folders))
    importlib.invalidate_caches()
    for registry in (WORK, MADE, EXECUTORS):
        # As in a fresh process: what is installed is read once.
        monkeypatch.setattr(registry, "_entry_points_read", False)
        monkeypatch.setattr(registry, "_targets", dict(registry._targets))
    return PLUGIN


@pytest.fixture
def options(tmp_path: Path) -> Callable[..., ExecutorOptions]:
    """Make options whose logs lie in a folder of the test with a space in its name."""

    def make(**fields: object) -> ExecutorOptions:
        return ExecutorOptions(**{"log_dir": tmp_path / "log folder", **fields})  # type: ignore[arg-type]

    return make


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """An empty store in a file."""
    database = Database.open(str(tmp_path / "store.db"))
    yield database
    database.close()


@pytest.fixture
def queue(database: Database) -> Queue:
    """The queue of the store."""
    return Queue(database)
