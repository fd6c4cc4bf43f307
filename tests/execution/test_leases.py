"""Leases are kept alive from a thread, and orders taken meanwhile. The store is a real one."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from sqlalchemy import select

from execution.dispatching.leases import LeaseKeeper
from jobs import Job, Outcome
from tests.waiting import until
from tracking.queue.queue import Queue
from tracking.queue.records import Claim, Fit, QueueState, WorkerIdentity
from tracking.store.database import Database
from tracking.store.schema import queue_jobs

LEASE = 1.0


@pytest.fixture
def queue(database: Database) -> Queue:
    queue = Queue(database)
    queue.add([Job(id=name, name=name, work="nothing") for name in ("a", "b")])
    return queue


def _claim(queue: Queue, limit: int = 1) -> list[Claim]:
    return queue.claim(WorkerIdentity.here(), lambda job, taken: Fit.NOW, limit, lease_seconds=LEASE)


def _await_beat(database: Database) -> None:
    def beats() -> int:
        with database.read() as connection:
            return int(connection.execute(select(queue_jobs.c.beats).where(queue_jobs.c.id == "a")).scalar_one())

    before = beats()
    until(lambda: beats() > before)


def test_what_is_kept_is_not_taken_back_and_says_how_far_it_is(queue: Queue, database: Database) -> None:
    (claim,) = _claim(queue)
    ticks = itertools.count(step=LEASE)
    observer = Queue(database, clock=lambda: next(ticks))
    with LeaseKeeper(queue, LEASE) as keeper:
        keeper.add(claim)
        keeper.note(claim, {"step": 3})
        until(lambda: queue.jobs(["a"])[0].progress == {"step": 3})
        # Without beats, fewer looks would do.
        for _ in range(10):
            _await_beat(database)
            assert observer.take_back() == []
    assert queue.settle(claim, Outcome()).state == QueueState.COMPLETED


def test_what_the_user_cancels_is_to_be_stopped_once(queue: Queue, database: Database) -> None:
    a, b = _claim(queue, 2)
    with LeaseKeeper(queue, LEASE) as keeper:
        keeper.add(a)
        keeper.add(b)
        queue.cancel(["a"])
        until(lambda: keeper.stop_reason() != "")
        assert keeper.take_unwanted() == [a]
        assert keeper.is_cancelled(a) and not keeper.is_cancelled(b)
        _await_beat(database)
        assert keeper.take_unwanted() == [], "each is told once"
        assert queue.jobs(["a"])[0].state == QueueState.RUNNING, "it is kept alive until it has stopped"


def test_what_others_have_is_to_be_stopped(queue: Queue, database: Database) -> None:
    (claim,) = _claim(queue)
    ticks = itertools.count(step=LEASE)
    observer = Queue(database, clock=lambda: next(ticks))
    while not observer.take_back():
        pass
    with LeaseKeeper(queue, LEASE) as keeper:
        keeper.add(claim)
        until(lambda: keeper.stop_reason() != "")
        assert keeper.take_unwanted() == [claim]
        assert not keeper.is_cancelled(claim)


def test_what_has_ended_stops_nothing_that_comes_after(queue: Queue) -> None:
    (claim,) = _claim(queue)
    with LeaseKeeper(queue, LEASE) as keeper:
        keeper.add(claim)
        queue.cancel(["a"])
        until(lambda: keeper.stop_reason() != "")
        keeper.remove(claim)
        assert keeper.stop_reason() == "" and keeper.take_unwanted() == []


def test_a_job_that_was_lost_and_taken_again_is_two_claims(queue: Queue, database: Database) -> None:
    (first,) = _claim(queue)
    ticks = itertools.count(step=LEASE)
    observer = Queue(database, clock=lambda: next(ticks))
    while not observer.take_back():
        pass
    until(lambda: queue.next_change_in() is None)
    (second,) = _claim(queue)
    assert second.job.id == first.job.id
    with LeaseKeeper(queue, LEASE) as keeper:
        keeper.add(first)
        keeper.add(second)
        until(lambda: keeper.stop_reason() != "")
        assert keeper.take_unwanted() == [first], "the second attempt goes on"


def test_beats_go_on_after_an_error_that_nobody_expected(database: Database) -> None:
    class Troubled(Queue):
        troubles = 1

        def renew(self, *given: Any) -> Any:
            if self.troubles:
                self.troubles -= 1
                raise TimeoutError("no connection is free")
            return super().renew(*given)

    queue = Troubled(database)
    queue.add([Job(id="a", name="a", work="nothing")])
    (claim,) = _claim(queue)
    with LeaseKeeper(queue, LEASE) as keeper:
        keeper.add(claim)
        keeper.note(claim, {"step": 1})
        until(lambda: queue.jobs(["a"])[0].progress == {"step": 1})
        assert keeper.take_trouble() == "TimeoutError: no connection is free"
        assert keeper.take_trouble() == ""
