"""A queue in the store that commands open by default in a test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.experiment_commands.stores import Command
from tracking.queue.queue import Queue
from tracking.store.database import Database


@pytest.fixture
def queue() -> Iterator[Queue]:
    database = Database.open()
    yield Queue(database)
    database.close()


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    return Command(capsys, monkeypatch)
