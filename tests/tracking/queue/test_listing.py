"""What people see: states, places, and for everything that waits, why."""

from __future__ import annotations

import subprocess
import sys

import pytest

from errors import ConfigError
from jobs import FailureKind, Job, Outcome, retries
from tests.tracking.queue.handed_out import DONE, FAR, failed, job, seen, take
from tracking.processes import boot_id, host_name
from tracking.queue import listing
from tracking.queue.queue import Queue
from tracking.queue.records import QueueState, WorkerIdentity
from tracking.queue.specs import read_spec
from tracking.store.database import Database


def test_an_empty_queue(queue: Queue) -> None:
    assert queue.jobs() == []
    assert queue.counts() == dict.fromkeys(QueueState, 0)
    assert queue.is_drained()
    assert queue.next_change_in() is None
    assert take(queue) == []
    assert queue.take_back() == []


def test_what_runs_stands_first_then_what_waits_in_order_then_what_ended(queue: Queue) -> None:
    queue.add([job(id) for id in ("done", "bad", "runs", "a", "b", "held")])
    queue.add([job("needs a", "a"), job("urgent", priority=5)])
    for outcome in (DONE, failed(FailureKind.MISTAKE, "no such field")):
        [claim] = take(queue, 1, refusal=lambda job: "no" if job.id == "urgent" else "")
        queue.settle(claim, outcome)
    take(queue, 1, refusal=lambda job: "no" if job.id == "urgent" else "")
    queue.hold(["held"])
    assert [(each.job.id, each.position) for each in queue.jobs()] == [
        ("runs", None),
        ("urgent", 1),
        ("a", 2),
        ("b", 3),
        ("needs a", None),
        ("held", None),
        ("bad", None),
        ("done", None),
    ]
    assert queue.counts() == {
        QueueState.QUEUED: 4,
        QueueState.HELD: 1,
        QueueState.RUNNING: 1,
        QueueState.COMPLETED: 1,
        QueueState.FAILED: 1,
        QueueState.CANCELLED: 0,
    }


def test_lists_are_chosen_by_state_group_id_and_length(queue: Queue) -> None:
    queue.add([job("a", group="x"), job("b", group="y"), job("c", group="x"), job("d", group="x")])
    take(queue, 1)
    assert [each.job.id for each in queue.jobs(group="x")] == ["a", "c", "d"]
    assert [each.job.id for each in queue.jobs(states={QueueState.QUEUED})] == ["b", "c", "d"]
    assert [each.job.id for each in queue.jobs(states=[QueueState.QUEUED], group="x", limit=1)] == ["c"]
    assert [each.job.id for each in queue.jobs(["d", "b", "unknown"])] == ["b", "d"]
    assert queue.jobs([]) == []
    # The place is that in the whole queue, whatever is listed.
    assert seen(queue, "d").position == 3
    assert queue.counts("x")[QueueState.QUEUED] == 2


def test_many_needs_are_counted(queue: Queue) -> None:
    queue.add([*(job(str(number)) for number in range(5)), job("all", *map(str, range(5)))])
    assert seen(queue, "all").reason == "needs job 0, job 1, job 2 and 2 more"


def test_who_has_a_job_and_since_when(queue: Queue) -> None:
    queue.add([job("a")])
    [claim] = take(queue, worker=FAR)
    found = seen(queue, "a")
    assert (found.state, found.worker, found.finished_at) == (QueueState.RUNNING, FAR.id, None)
    assert found.started_at is not None and found.queued_at <= found.started_at
    queue.settle(claim, Outcome(seconds=3.0))
    found = seen(queue, "a")
    assert (found.worker, found.heartbeat_age, found.progress) == (FAR.id, None, {})
    [attempt] = found.attempts
    assert (attempt.number, attempt.worker, attempt.seconds, attempt.message) == (1, FAR.id, 3.0, "")


def test_jobs_that_are_asked_for_by_their_ids_come_in_the_order_of_all(queue: Queue) -> None:
    ids = [f"{number:04}" for number in range(1100)]
    queue.add([job(id) for id in ids])
    found = queue.jobs(ids[::-1], limit=600)
    assert [each.job.id for each in found] == ids[:600]
    assert [each.position for each in found[:2]] == [1, 2]


def test_a_long_queue_is_listed_without_reading_what_is_not_shown(
    queue: Queue, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue.add([job(f"{number:04}") for number in range(3000)])
    read: list[str] = []
    steps = 0

    def note(text: str) -> Job | ConfigError:
        read.append(text)
        return read_spec(text)

    monkeypatch.setattr(listing, "read_spec", note)

    def count() -> None:
        nonlocal steps
        steps += 1

    with database.read() as connection:
        if database.is_sqlite:
            connection.connection.driver_connection.set_progress_handler(count, 1000)  # type: ignore[union-attr]
    found = queue.jobs(["0005", "2999"]), queue.jobs(limit=10)
    assert [[each.position for each in listed] for listed in found] == [[6, 3000], [*range(1, 11)]]
    assert len(read) == 12
    # Each job a few times, and not each beside each: that would be millions of steps.
    assert steps < 1000


def test_what_needs_something_that_was_cancelled_says_so_before_anybody_takes_it(queue: Queue) -> None:
    queue.add([job("a"), job("b", "a")])
    queue.cancel(["a"])
    assert seen(queue, "b").reason == "needs job a, which was cancelled"


def test_a_job_whose_worker_is_gone_says_so_before_anybody_takes_it_back(queue: Queue) -> None:
    queue.add([job("a")])
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        pid = process.pid
    take(queue, worker=WorkerIdentity("w", host_name(), boot_id(), pid, 1.0))
    assert seen(queue, "a").state == QueueState.RUNNING
    assert f"process {pid} on " in seen(queue, "a").reason and seen(queue, "a").reason.endswith(
        " is gone; whoever works next takes it back"
    )


def test_a_list_longer_than_a_page(queue: Queue) -> None:
    queue.add([job("first"), *(job(f"{number:04}", "first") for number in range(1200))])
    found = queue.jobs()
    assert len(found) == 1201
    assert {each.reason for each in found[1:]} == {"needs job first"}
    [first] = take(queue)
    queue.settle(first, DONE)
    assert len(queue.jobs([f"{number:04}" for number in range(1200)], limit=700)) == 700
    assert len(take(queue, 2000)) == 1200
    assert len(queue.cancel([f"{number:04}" for number in range(1200)])) == 1200


def test_the_next_change_is_the_soonest(queue: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
    # Longer than any machine takes for this test.
    for kind, seconds in ((FailureKind.RESOURCE, 60_000.0), (FailureKind.BUSY, 6000.0)):
        monkeypatch.setitem(retries.RULES, kind, retries.Rule(None, 0, seconds, seconds))
    queue.add([job("a"), job("b")])
    a, b = take(queue)
    queue.settle(a, failed(FailureKind.RESOURCE))
    long = queue.next_change_in()
    queue.settle(b, failed(FailureKind.BUSY))
    short = queue.next_change_in()
    assert long is not None and short is not None and short < 10_000 < 40_000 < long
