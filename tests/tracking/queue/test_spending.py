"""Limits of cost and calls hold over the whole queue."""

from __future__ import annotations

import pytest

from jobs import FailureKind, Job, Resources, retries
from tests.tracking.queue.conftest import Day
from tests.tracking.queue.handed_out import DONE, FAR, failed, job, seen, take
from tracking.queue.queue import Queue
from tracking.queue.records import Limits
from tracking.store.database import Database

COST = Limits(cost_per_day=10.0)
CALLS = Limits(calls_per_hour=100)


def costs(id: str, cost: float = 0.0, calls: int = 0) -> Job:
    return job(id, resources=Resources(cost=cost, calls=calls))


@pytest.mark.parametrize("limit", [1, 10])
def test_no_more_begins_than_the_limit_of_a_day_pays_for(queue: Queue, limit: int) -> None:
    queue.add([costs(str(number), 3.0) for number in range(6)])
    begun = []
    # By two workers, each of which settles what it took.
    for worker in (FAR, None, FAR, None):
        claims = take(queue, limit, spending=COST, **({"worker": worker} if worker else {}))
        queue.settle_all([(each, DONE) for each in claims])
        begun += claims
    assert len(begun) == 3


def test_calls_are_limited_by_the_hour(queue: Queue) -> None:
    queue.add([costs(str(number), calls=40) for number in range(6)])
    assert len(take(queue, spending=CALLS)) == 2
    assert len(take(queue, spending=CALLS)) == 0
    assert seen(queue, "2").reason.endswith(": the last hour's calls leave less than 40 of 100 an hour")


def test_the_window_moves_on(day: Day) -> None:
    queue = Queue(Database.open(":memory:"))
    queue.add([costs(str(number), 6.0, calls=60) for number in range(4)])
    both = Limits(cost_per_day=10.0, calls_per_hour=100)
    begun = []
    for hour in range(50):
        begun += [hour] * len(take(queue, spending=both))
        day.now += 3600.0
    assert begun == [0, 25]
    # A clock that was far ahead for a while blocks nothing for ever.
    day.now -= 30 * 86_400.0
    assert len(take(queue, spending=both)) == 1


def test_what_costs_nothing_passes_by_and_what_costs_something_waits_its_turn(queue: Queue) -> None:
    queue.add([costs("a", 8.0), costs("b", 5.0), costs("c", 1.0), *(costs(f"free {n}") for n in range(20))])
    claims = take(queue, spending=COST)
    # c would fit into what is left, but b was first.
    assert [each.job.id for each in claims] == ["a", *(f"free {n}" for n in range(20))]
    assert seen(queue, "b").reason.endswith(": what the last 24 hours cost leaves less than 5 of 10 a day")


def test_what_exceeds_a_limit_by_itself_says_so_and_blocks_nothing(queue: Queue) -> None:
    queue.add([costs("a", 11.0), costs("b", calls=101), costs("c", 10.0, 100)])
    both = Limits(cost_per_day=10.0, calls_per_hour=100)
    assert [each.job.id for each in take(queue, spending=both)] == ["c"]
    assert seen(queue, "a").reason.endswith(": costs 11, and the limit is 10 a day")
    assert seen(queue, "b").reason.endswith(": makes 101 calls, and the limit is 100 an hour")


def test_what_somebody_else_was_making_cost_nothing(queue: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
    # It waits, however slow a machine is.
    monkeypatch.setitem(retries.RULES, FailureKind.BUSY, retries.Rule(None, first_delay_seconds=600.0, counts=False))
    queue.add([costs("a", 10.0), costs("b", 10.0)])
    [claim] = take(queue, spending=COST)
    queue.settle(claim, failed(FailureKind.BUSY))
    assert [each.job.id for each in take(queue, spending=COST)] == ["b"]


def test_what_failed_was_paid_for(queue: Queue) -> None:
    queue.add([costs("a", 10.0)])
    [claim] = take(queue, spending=COST)
    queue.settle(claim, failed(FailureKind.PREEMPTED))
    assert take(queue, spending=COST) == []
