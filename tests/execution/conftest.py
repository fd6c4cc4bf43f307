"""Fixtures of all executors' tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from execution.options import ExecutorOptions
from tests.execution.installed import plugin  # noqa: F401  (a fixture)
from tracking.queue.queue import Queue
from tracking.store.database import Database


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
