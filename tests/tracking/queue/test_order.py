"""First come, first served within a priority; nobody waits for ever, behind high priorities or behind small jobs."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from jobs import FailureKind, Job, Resources
from tests.tracking.queue.conftest import Day
from tests.tracking.queue.handed_out import DONE, FAR, drain, failed, job, seen, take
from tracking.queue.queue import Queue
from tracking.queue.records import Fit, QueueState
from tracking.queue.selection import MOST_OVERTAKEN
from tracking.queue.specs import Specs
from tracking.store import clock
from tracking.store.database import Database
from tracking.store.schema import queue_jobs

HOUR = 3600.0


@pytest.fixture(scope="module")
def memory() -> Any:
    database = Database.open(":memory:")
    yield database
    database.close()


def emptied(memory: Database) -> Queue:
    with memory.begin() as connection:
        connection.execute(delete(queue_jobs))
    return Queue(memory)


def test_jobs_of_one_priority_are_done_in_the_order_in_which_they_came(queue: Queue) -> None:
    for start in range(0, 30, 10):
        queue.add([job(f"{number:02}") for number in range(start, start + 10)])
    assert drain(queue) == [f"{number:02}" for number in range(30)]


def test_the_order_survives_a_clock_that_is_set_back(day: Day, memory: Database) -> None:
    queue = emptied(memory)
    for number in range(5):
        queue.add([job(str(number))])
        day.now -= 1000
    assert drain(queue) == ["0", "1", "2", "3", "4"]


def test_what_ran_while_the_clock_was_set_back_waits_behind_nobody_who_came_later(day: Day, memory: Database) -> None:
    queue = emptied(memory)
    queue.add([job("early")])
    [claim] = take(queue)
    day.now -= 24 * HOUR
    queue.add([job("later")])
    queue.settle(claim, failed(FailureKind.PREEMPTED))
    assert drain(queue) == ["early", "later"]


@given(st.lists(st.tuples(st.floats(0, 5 * HOUR), st.integers(-3, 3)), max_size=15))
@settings(max_examples=25)
def test_a_step_of_priority_is_worth_an_hour_of_waiting(memory: Database, given: list[tuple[float, int]]) -> None:
    queue, day = emptied(memory), Day()
    ranks = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "time", day)
        for number, (wait, priority) in enumerate(given):
            day.now += wait + 1
            queue.add([job(f"{number:02}", priority=priority)])
            ranks[f"{number:02}"] = day.now - HOUR * priority
        done = drain(queue)
    assert done == sorted(ranks, key=lambda id: (ranks[id], id))
    for priority in range(-3, 4):
        same = [id for id in done if given[int(id)][1] == priority]
        assert same == sorted(same)


def test_the_lowest_priority_has_its_turn_however_many_of_the_highest_keep_coming(day: Day, memory: Database) -> None:
    queue = emptied(memory)
    queue.add([job("low", priority=0)])
    done: list[str] = []
    # A worker that does one job an hour, while each hour brings another urgent one.
    while "low" not in done:
        queue.add([job(f"urgent {len(done)}", priority=10)])
        [claim] = take(queue, 1)
        queue.settle(claim, DONE)
        done.append(claim.job.id)
        day.now += HOUR
        assert len(done) < 50, "it starves"
    assert len(done) == 11


# -- room -----------------------------------------------------------------------------------------------------------


def room(cpus: float, busy: float = 0.0) -> Any:
    def fits(job: Job, taken: list[Job]) -> bool:
        return busy + sum(each.resources.cpus for each in taken) + job.resources.cpus <= cpus

    return fits


def wide(id: str, cpus: float) -> Job:
    return job(id, resources=Resources(cpus=cpus))


def test_what_fits_may_begin_before_what_does_not(queue: Queue) -> None:
    queue.add([wide("wide", 4), wide("a", 1), wide("b", 1), wide("c", 1)])
    assert [each.job.id for each in take(queue, fits=room(4, busy=2))] == ["a", "b"]
    assert seen(queue, "wide").reason == "waits for room; 2 began before it"
    assert (seen(queue, "wide").position, seen(queue, "c").position) == (1, 2)


def test_what_one_worker_can_never_do_waits_for_the_one_that_can(queue: Queue) -> None:
    big = dataclasses.replace(FAR, id="big", host="big")
    queue.add([wide("wide", 4)])

    def look() -> list[str]:
        assert take(queue, worker=FAR, refusal=lambda job: "4 CPUs, but 1 at hand") == []
        said = [seen(queue, "wide").reason]
        assert take(queue, worker=big, fits=room(4, busy=2)) == []
        return [*said, seen(queue, "wide").reason]

    assert look() == ["not possible on far: 4 CPUs, but 1 at hand", "waits on big: there is no room yet"]
    assert look() == ["waits on big: there is no room yet"] * 2
    assert take(queue, worker=big, fits=room(4))[0].job.id == "wide"


def test_a_wide_job_is_overtaken_ten_times_and_then_waited_for(queue: Queue) -> None:
    queue.add([wide("wide", 2), *(wide(f"small {number:02}", 1) for number in range(30))])
    [running] = take(queue, 1, fits=room(1))
    begun = 1
    while claims := take(queue, 1, fits=room(2, busy=1)):
        # One always runs, so that the wide one never fits.
        queue.settle(running, DONE)
        [running] = claims
        begun += 1
    assert begun == MOST_OVERTAKEN
    queue.settle(running, DONE)
    assert [each.job.id for each in take(queue, 1, fits=room(2))] == ["wide"]


def test_what_others_keep_from_a_job_keeps_no_room_free_and_is_said(queue: Queue) -> None:
    queue.add([wide("blocked", 2), *(wide(f"small {number:02}", 1) for number in range(3 * MOST_OVERTAKEN))])

    def fits(job: Job, taken: list[Job]) -> Fit:
        return Fit.BLOCKED if job.id == "blocked" else Fit.NOW

    def who(job: Job) -> str:
        return "a stranger's process has GPU 0"

    while claims := take(queue, 1, fits=fits, obstacle=who):
        queue.settle(claims[0], DONE)
    assert queue.counts()[QueueState.COMPLETED] == 3 * MOST_OVERTAKEN
    assert seen(queue, "blocked").reason.endswith(": a stranger's process has GPU 0")
    # As soon as it only waits for what runs here, it is waited for, and nobody is blamed.
    assert take(queue, fits=lambda job, taken: Fit.LATER) == []
    assert seen(queue, "blocked").reason == ""
    assert [each.job.id for each in take(queue)] == ["blocked"]


def test_one_call_that_takes_many_overtakes_as_often_as_many_calls(queue: Queue) -> None:
    queue.add([wide("wide", 99), *(wide(f"small {number:02}", 1) for number in range(30))])
    assert len(take(queue, fits=room(30))) == MOST_OVERTAKEN
    assert take(queue, fits=room(30)) == []


@given(st.lists(st.integers(1, 4), min_size=1, max_size=25), st.integers(1, 3))
@settings(max_examples=25)
def test_nothing_is_overtaken_more_than_ten_times(memory: Database, sizes: list[int], limit: int) -> None:
    queue = emptied(memory)
    queue.add([wide(f"{number:02}", size) for number, size in enumerate(sizes)])
    begun: list[str] = []
    running: list[Any] = []
    while len(begun) < len(sizes):
        busy = sum(each.job.resources.cpus for each in running)
        claims = take(queue, limit, fits=room(4, busy))
        assert claims or running, "nothing runs and nothing begins"
        begun += [each.job.id for each in claims]
        running += claims
        if running:
            queue.settle(running.pop(0), DONE)
    for place, id in enumerate(begun):
        assert sum(later > id for later in begun[:place]) <= MOST_OVERTAKEN


def test_what_can_never_run_here_is_left_for_others_and_says_why(queue: Queue) -> None:
    queue.add([job("big", resources=Resources(gpus=4)), job("a"), *(job(str(number)) for number in range(20))])
    have = Resources(gpus=1)
    assert take(queue, 1, refusal=lambda job: job.resources.lacks(have))[0].job.id == "a"
    assert len(take(queue, refusal=lambda job: job.resources.lacks(have))) == 20
    assert seen(queue, "big").reason.endswith(": 4 GPUs, but 1 at hand")
    assert [each.job.id for each in take(queue, refusal=lambda job: "")] == ["big"]
    assert seen(queue, "big").reason == ""


def test_many_that_can_never_run_here_hide_nothing(queue: Queue) -> None:
    queue.add([*(job(f"big {number}", resources=Resources(gpus=4)) for number in range(500)), job("a")])
    assert [each.job.id for each in take(queue, refusal=lambda job: job.resources.lacks(Resources()))] == ["a"]


def test_more_jobs_than_are_kept_in_memory_are_read_again_and_those_in_front_stay(memory: Database) -> None:
    queue = emptied(memory)
    queue._specs = Specs(most=20)
    queue.add([*(job(f"big {number:02}", resources=Resources(gpus=4)) for number in range(50)), job("a")])
    for _ in range(3):
        [claim] = take(queue, refusal=lambda job: job.resources.lacks(Resources()))
        assert claim.job.id == "a"
        queue.give_back(claim, "")
        assert {id for id, _ in queue._specs._known} == {f"big {number:02}" for number in range(20)}
    queue.cancel([f"big {number:02}" for number in range(30)])
    for _ in range(3):
        assert len(take(queue, refusal=lambda job: job.resources.lacks(Resources()))) in (0, 1)
    assert {id for id, _ in queue._specs._known} == {f"big {number:02}" for number in range(30, 50)}


def test_who_finds_no_room_for_many_looks_no_further_behind_them(memory: Database) -> None:
    queue = emptied(memory)
    queue.add([job(f"{number:04}") for number in range(2000)])
    asked: list[str] = []
    assert take(queue, fits=lambda job, taken: asked.append(job.id)) == []
    assert len(asked) == 500


def test_who_is_asked_whether_a_job_fits_knows_what_was_taken(queue: Queue) -> None:
    queue.add([job("a"), job("b"), job("c")])
    asked: list[Any] = []

    def fits(job: Job, taken: list[Job]) -> bool:
        asked.append((job.id, [each.id for each in taken]))
        return job.id != "b"

    assert [each.job.id for each in take(queue, fits=fits)] == ["a", "c"]
    assert asked == [("a", []), ("b", ["a"]), ("c", ["a"])]


def test_no_more_than_asked_for_are_taken(queue: Queue) -> None:
    queue.add([job(str(number)) for number in range(5)])
    assert len(take(queue, 2)) == 2
    assert queue.counts()[QueueState.RUNNING] == 2
