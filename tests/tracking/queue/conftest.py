"""A queue over each kind of store."""

from __future__ import annotations

import random

import pytest

from tracking.queue.queue import Queue
from tracking.store.database import Database


class Watch:
    """A watch that goes when told to."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def queue(database: Database, watch: Watch) -> Queue:
    """An empty queue, whose leases are watched by ``watch``."""
    return Queue(database, random.Random(0), watch)
