"""Jobs come into the queue all or none, and are what they were when they come out."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from errors import ConfigError
from jobs import FailureKind, Resources
from tests.tracking.queue.handed_out import DONE, FAR, HERE, drain, failed, job, seen, take
from tracking.queue.queue import Queue
from tracking.queue.records import QueueState
from tracking.store.database import Database


def test_a_job_comes_out_as_it_went_in(queue: Queue) -> None:
    given = job(
        "a",
        payload={"text": "ä\0\ud800", "deep": [{"x": 1.5}, None, True]},
        resources=Resources(cpus=2, gpus=0.5, memory_gb=1.5, minutes=3, cost=0.25, calls=7),
        priority=-3,
        group="suite",
        seconds=12.0,
        adjustments={"divide_batch": 2},
    )
    assert queue.add([given]) == (("a",), (), (), ())
    [claim] = take(queue)
    assert claim.job == given


@pytest.mark.parametrize("value", [{1, 2}, object(), float("nan"), HERE])
def test_what_is_no_json_is_refused_by_the_name_of_its_job(queue: Queue, value: object) -> None:
    with pytest.raises(ConfigError, match="job a: what it is told must be JSON"):
        queue.add([job("b"), job("a", payload={"value": value})])
    assert queue.jobs() == []


def test_names_that_no_database_stores_are_shown_all_the_same(queue: Queue) -> None:
    queue.add([job("a", name="zero \0 half \ud800", group="g")])
    assert seen(queue, "a").job.name == "zero \0 half \ud800"
    assert [change.name for change in queue.hold(group="g")] == ["zero \N{REPLACEMENT CHARACTER} half ?"]


def test_what_runs_or_is_completed_is_left_as_it_is_and_so_is_what_waits_as_planned(queue: Queue) -> None:
    queue.add([job("done"), job("runs"), job("waits"), job("held")])
    [done, runs] = take(queue, 2)
    queue.settle(done, DONE)
    queue.hold(["held"])
    again = [*(job(id, priority=9) for id in ("done", "runs", "new")), job("waits"), job("held")]
    assert queue.add(again)[:3] == (("new",), ("done", "runs", "waits", "held"), ())
    states = {each.job.id: (each.state, each.job.priority) for each in queue.jobs()}
    assert states == {
        "done": (QueueState.COMPLETED, 0),
        "runs": (QueueState.RUNNING, 0),
        "waits": (QueueState.QUEUED, 0),
        "held": (QueueState.HELD, 0),
        "new": (QueueState.QUEUED, 9),
    }
    assert queue.renew([runs], {}).lost == ()


def test_what_waits_takes_over_what_is_planned_otherwise_in_its_place(queue: Queue) -> None:
    wide = Resources(gpus=99)
    queue.add([job("first"), job("wide", resources=wide), job("held", resources=wide), job("moved"), job("last")])
    queue.hold(["held"])
    queue.set_priority(-1, ["moved"])
    mended = [
        job("wide", resources=Resources(gpus=1), payload={"x": 1}),
        job("held", resources=Resources(gpus=1)),
        # Its priority is planned as before, so what the user said of it holds.
        job("moved", payload={"x": 2}),
        job("last", priority=2),
    ]
    assert queue.add(mended)[:3] == ((), (), ("wide", "held", "moved", "last"))
    assert queue.add(mended)[:3] == ((), ("wide", "held", "moved", "last"), ())
    assert seen(queue, "held").state == QueueState.HELD
    queue.release(["held"])
    claims = [each.job for each in take(queue)]
    assert [(each.id, each.priority) for each in claims] == [
        ("last", 2),
        ("first", 0),
        ("wide", 0),
        ("held", 0),
        ("moved", -1),
    ]
    assert claims[2].resources.gpus == claims[3].resources.gpus == 1
    assert (claims[2].payload, claims[4].payload) == ({"x": 1}, {"x": 2})


def test_what_failed_or_was_cancelled_is_queued_again_with_its_history(queue: Queue) -> None:
    queue.add([job("a"), job("b"), job("c", "a")])
    [a] = take(queue, 1)
    queue.settle(a, failed(FailureKind.MISTAKE))
    queue.cancel(["b"])
    added = queue.add([job("a", payload={"mended": 1}), job("b"), job("c", "a")])
    assert added[:3] == ((), ("c",), ("a", "b"))
    assert [attempt.kind for attempt in seen(queue, "a").attempts] == [FailureKind.MISTAKE]
    claims = {each.job.id: each.job for each in take(queue)}
    # c waits for a once more.
    assert claims.keys() == {"a", "b"}
    assert (claims["a"].payload, claims["a"].attempt) == ({"mended": 1}, 2)


def test_earlier_rounds_leave_the_number_of_attempts_alone(queue: Queue) -> None:
    for _ in range(3):
        queue.add([job("a")])
        states = []
        for _ in range(2):
            [claim] = take(queue)
            states.append(queue.settle(claim, failed(FailureKind.OUT_OF_MEMORY)).state)
        assert states == [QueueState.QUEUED, QueueState.FAILED]
    assert len(seen(queue, "a").attempts) == 6


def test_what_is_added_while_it_is_being_cancelled_is_said_to_be(queue: Queue) -> None:
    queue.add([job("a"), job("b")])
    [a, _] = take(queue)
    queue.cancel(["a"])
    added = queue.add([job("a"), job("b")])
    assert (added.known, added.stopping) == (("a", "b"), ("a",))
    assert added.in_words() == ("queued 0 jobs; 1 wait or run already; 1 being cancelled: add again what has stopped")
    queue.settle(a, failed(FailureKind.CANCELLED))
    assert queue.add([job("a")]).again == ("a",)


def test_completed_jobs_are_done_anew_only_where_somebody_says_so(queue: Queue) -> None:
    queue.add([job("map"), job("a", "map"), job("b", "map")])
    drain(queue)
    assert queue.add([job("map"), job("a", "map")]).again == ()
    assert queue.add([job("map"), job("a", "map")], redo=True).again == ("map", "a")
    assert drain(queue) == ["map", "a"]


def test_needs_may_be_in_the_queue_already_in_whatever_state(queue: Queue) -> None:
    queue.add([job("done"), job("runs"), job("waits")])
    [done, runs] = take(queue, 2)
    queue.settle(done, DONE)
    queue.add([job("a", "done"), job("b", "done", "runs"), job("c", "waits", "runs")])
    assert [each.job.id for each in take(queue)] == ["waits", "a"]
    queue.settle(runs, DONE)
    assert [each.job.id for each in take(queue)] == ["b"]


@pytest.mark.parametrize(
    ("jobs", "message"),
    [
        ([job("a", "b", "x"), job("b")], "no such job is in the queue or added with it: job a needs x$"),
        ([job(f"j{n}", f"x{n}") for n in range(7)], "job j4 needs x4 and 2 more$"),
        ([job("a", "b"), job("b", "c"), job("c", "a")], r"in a cycle: job (\w) -> job \w -> job \w -> job \1$"),
        ([job("a", "a")], "in a cycle: job a -> job a$"),
        ([job("a"), job("a", priority=1)], "two different jobs have the id a: job a and job a"),
    ],
)
def test_what_can_never_be_done_is_refused_and_nothing_is_added(queue: Queue, jobs: list[object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        queue.add([job("fine"), *jobs])  # type: ignore[list-item]
    assert queue.jobs() == []


def test_a_cycle_reads_in_the_direction_of_needs(queue: Queue) -> None:
    with pytest.raises(ConfigError) as caught:
        queue.add([job("a", "b"), job("b", "c"), job("c", "a")])
    cycle = str(caught.value).partition(": ")[2].replace("job ", "")
    assert cycle in ("a -> b -> c -> a", "b -> c -> a -> b", "c -> a -> b -> c")


def test_a_cycle_through_jobs_that_wait_is_found(queue: Queue) -> None:
    queue.add([job("a"), job("b", "a")])
    queue.cancel(["a"])
    with pytest.raises(ConfigError, match="in a cycle"):
        queue.add([job("a", "b")])
    assert seen(queue, "a").state == QueueState.CANCELLED


def test_the_same_job_twice_in_one_call_is_one_job(queue: Queue) -> None:
    assert queue.add([job("a"), job("a")]).new == ("a",)


def test_a_need_named_twice_is_one_need(queue: Queue) -> None:
    queue.add([job("a"), job("b", "a", "a")])
    assert drain(queue) == ["a", "b"]


def test_a_job_that_a_newer_version_wrote_is_left_to_its_workers_and_says_why(queue: Queue, database: Database) -> None:
    queue.add([job("a"), job("b")])
    with database.begin() as connection:
        connection.execute(text("""UPDATE queue_jobs SET job = replace(job, '"seconds"', '"colour"') WHERE id = 'a'"""))
    assert [each.job.id for each in take(queue, worker=FAR)] == ["b"]
    assert seen(queue, "a").state == QueueState.QUEUED
    assert seen(queue, "a").reason.startswith(
        "not possible on far: not to be read by the version of the program there: Job.colour: no such field"
    )
    # As a newer worker would read it.
    with database.begin() as connection:
        connection.execute(text("""UPDATE queue_jobs SET job = replace(job, '"colour"', '"seconds"') WHERE id = 'a'"""))
    assert [each.job.id for each in take(Queue(database))] == ["a"]
