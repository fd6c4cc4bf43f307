"""A queue over each kind of store."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from tracking.queue.queue import Queue
from tracking.store import clock
from tracking.store.database import Database


class Watch:
    """A watch that goes when told to."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


class Day:
    """The time of day, as the machine's clock says it, which anybody may set."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def time(self) -> float:
        return self.now


@pytest.fixture
def day(monkeypatch: pytest.MonkeyPatch) -> Day:
    """The clock that SQLite stores go by in this test."""
    day = Day()
    monkeypatch.setattr(clock, "time", day)
    return day


@pytest.fixture(params=["memory", "postgresql"])
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """An open, empty store: SQLite as whoever waits for nobody has it, and the one that is shared for real.

    A file is the same SQLite; where several processes meet, ``store_url`` gives one.
    """
    if request.param == "postgresql":
        yield request.getfixturevalue("emptied_postgresql")
        return
    store = Database.open(":memory:")
    yield store
    store.close()


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def queue(database: Database, watch: Watch) -> Queue:
    """An empty queue, whose leases are watched by ``watch``."""
    return Queue(database, random.Random(0), watch)
