"""What becomes of jobs after an attempt, by the kind of failure."""

from __future__ import annotations

import dataclasses
import itertools

import pytest
from sqlalchemy import text

from jobs import Failure, FailureKind, Outcome, retries
from tests.tracking.queue.handed_out import DONE, drain, failed, job, seen, take
from tracking.queue.queue import Queue
from tracking.queue.records import QueueState
from tracking.store.database import Database


def let_delays_pass(database: Database) -> None:
    with database.begin() as connection:
        connection.execute(text("UPDATE queue_jobs SET not_before = 0, delay_seconds = 0"))


def attempt(queue: Queue, database: Database, outcome: Outcome) -> QueueState | None:
    let_delays_pass(database)
    [claim] = take(queue, 1)
    return queue.settle(claim, outcome).state


def test_what_ended_well_is_completed(queue: Queue) -> None:
    queue.add([job("a")])
    [claim] = take(queue)
    assert queue.settle(claim, Outcome(result={"f1": 1.0}, seconds=2.5)) == (QueueState.COMPLETED, "", 0.0)
    found = seen(queue, "a")
    assert (found.state, found.attempts[0].seconds, found.attempts[0].kind) == (QueueState.COMPLETED, 2.5, None)
    assert found.finished_at == found.attempts[0].finished_at
    assert take(queue) == []


def test_what_ended_well_is_completed_whatever_was_reported_before(queue: Queue, database: Database) -> None:
    queue.add([job("a")])
    [claim] = take(queue)
    with database.begin() as connection:
        connection.execute(text("UPDATE queue_jobs SET progress = 'no JSON'"))
    assert queue.settle(claim, DONE).state == QueueState.COMPLETED


@pytest.mark.parametrize(
    ("kind", "times"),
    [
        (FailureKind.MISTAKE, 1),
        (FailureKind.ERROR, 1),
        (FailureKind.NEED_FAILED, 1),
        (FailureKind.OUT_OF_MEMORY, 2),
        (FailureKind.TIMED_OUT, 2),
        (FailureKind.WORKER_DIED, 6),
        (FailureKind.LOST, 20),
        (FailureKind.RESOURCE, 6),
    ],
)
def test_how_often_a_failure_is_tried_again(queue: Queue, database: Database, kind: FailureKind, times: int) -> None:
    queue.add([job("a")])
    states = [attempt(queue, database, failed(kind, f"attempt {number}")) for number in range(times)]
    assert states == [QueueState.QUEUED] * (times - 1) + [QueueState.FAILED]
    found = seen(queue, "a")
    assert found.reason == f"attempt {times - 1}"
    assert [each.number for each in found.attempts] == list(range(1, times + 1))
    assert all(each.counts and each.kind == kind for each in found.attempts)


def test_memory_that_ran_out_halves_the_batch_once(queue: Queue) -> None:
    queue.add([job("a", adjustments={"divide_batch": 4, "other": 1})])
    [claim] = take(queue)
    settled = queue.settle(claim, failed(FailureKind.OUT_OF_MEMORY, "CUDA out of memory"))
    assert settled.reason == "tried again, with divide_batch=8, as memory ran out: CUDA out of memory"
    [claim] = take(queue)
    assert claim.job.adjustments == {"divide_batch": 8, "other": 1}
    assert claim.job.attempt == 2


LONG = 5000.0
"""Seconds; what is to wait must do so however slow a machine is."""


def test_delays_double_and_keep_the_job_waiting(
    queue: Queue, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(retries.RULES, FailureKind.RESOURCE, retries.Rule(6, 0, LONG, 100 * LONG))
    queue.add([job("a")])
    delays = []
    for _ in range(4):
        let_delays_pass(database)
        [claim] = take(queue)
        delays.append(queue.settle(claim, failed(FailureKind.RESOURCE, "disk full")).delay_seconds)
        assert take(queue) == []
        left = queue.next_change_in()
        assert left is not None and delays[-1] - LONG / 2 < left <= delays[-1]
    assert [round(delay / LONG / 2**number) for number, delay in enumerate(delays)] == [1, 1, 1, 1]
    assert seen(queue, "a").reason.endswith(" s: tried again, as the machine refused something: disk full")
    assert seen(queue, "a").position is None


@pytest.mark.parametrize(
    "kind", [FailureKind.PREEMPTED, FailureKind.BUSY, FailureKind.NOT_HERE, FailureKind.OTHER_CODE]
)
def test_what_does_not_count_gives_a_job_its_place_back(queue: Queue, database: Database, kind: FailureKind) -> None:
    queue.add([job("a"), job("b")])
    for _ in range(8):
        assert attempt(queue, database, failed(kind)) == QueueState.QUEUED
    let_delays_pass(database)
    assert drain(queue) == ["a", "b"]
    assert not any(each.counts for each in seen(queue, "a").attempts)


@pytest.mark.parametrize("kind", [FailureKind.BUSY, FailureKind.NOT_HERE])
def test_a_job_that_never_began_all_the_time_leaves_one_line(
    queue: Queue, database: Database, kind: FailureKind
) -> None:
    queue.add([job("a")])
    delays = []
    for _ in range(5):
        let_delays_pass(database)
        [claim] = take(queue)
        assert claim.job.attempt == 1
        delays.append(queue.settle(claim, failed(kind)).delay_seconds)
    assert all(after > 1.1 * before for before, after in itertools.pairwise(delays))
    assert len(seen(queue, "a").attempts) == 1


def test_what_is_stopped_again_and_again_waits_ever_longer_until_it_gets_further(
    queue: Queue, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(retries.RULES, FailureKind.PREEMPTED, retries.Rule(None, 1, LONG, 100 * LONG, counts=False))
    queue.add([job("a"), job("b")])
    stopped = failed(FailureKind.PREEMPTED, "SIGTERM")
    delays = []
    for reached in (0, 0, 0, 7, 7, 7):
        let_delays_pass(database)
        [claim] = take(queue, 1)
        outcome = dataclasses.replace(stopped, progress={"reached": reached})
        delays.append(round(queue.settle(claim, outcome).delay_seconds / 0.75 / LONG))
    # Others have their turns meanwhile.
    assert [each.job.id for each in take(queue, 1)] == ["b"]
    assert (delays[0], delays[3]) == (0, 0)
    assert 1 <= delays[1] < delays[2] and 1 <= delays[4] < delays[5]
    assert queue.jobs(["a"])[0].job.attempt == 6


def test_what_somebody_cancelled_where_it_ran_is_cancelled_for_good(queue: Queue) -> None:
    queue.add([job("a"), job("b", "a")])
    [claim] = take(queue)
    settled = queue.settle(claim, failed(FailureKind.CANCELLED, "it was cancelled in SLURM"))
    assert settled == (QueueState.CANCELLED, "it was cancelled in SLURM", 0.0)
    assert [each.kind for each in seen(queue, "a").attempts] == [FailureKind.CANCELLED]
    [claim] = take(queue)
    assert claim.job.failed_needs == {"a": "needs job a, which was cancelled"}


def test_preempted_jobs_begin_again_at_once(queue: Queue) -> None:
    queue.add([job("a")])
    [claim] = take(queue)
    queue.settle(claim, failed(FailureKind.PREEMPTED, "SIGTERM"))
    [claim] = take(queue)
    assert claim.job.attempt == 2


def test_settling_twice_gives_the_same_answer_and_changes_nothing(queue: Queue, database: Database) -> None:
    outcomes = [DONE, *(failed(kind) for kind in FailureKind)]
    queue.add([job(str(number)) for number in range(len(outcomes))])
    queue.add([job("after", "0", "1")])
    claims = take(queue)
    first = queue.settle_all(list(zip(claims, outcomes, strict=True)))
    before = queue.jobs()
    assert [queue.settle(claim, outcome) for claim, outcome in zip(claims, outcomes, strict=True)] == first
    # Not even another outcome changes what was said.
    assert [queue.settle(claim, DONE) for claim in claims] == first
    assert [(each.job, each.state, each.attempts) for each in queue.jobs()] == [
        (each.job, each.state, each.attempts) for each in before
    ]


def test_an_old_claim_settles_nothing_that_was_handed_out_again(queue: Queue) -> None:
    queue.add([job("a")])
    [old] = take(queue)
    queue.settle(old, failed(FailureKind.PREEMPTED))
    [new] = take(queue)
    assert queue.settle(old, DONE).state == QueueState.QUEUED
    assert seen(queue, "a").state == QueueState.RUNNING
    assert queue.settle(new, DONE).state == QueueState.COMPLETED


# -- needs ----------------------------------------------------------------------------------------------------------


def test_a_job_waits_for_all_it_needs(queue: Queue) -> None:
    queue.add([job("c", "a", "b"), job("a"), job("b")])
    assert seen(queue, "c").reason == "needs job a, job b"
    a, b = take(queue)
    queue.settle(a, DONE)
    assert take(queue) == []
    assert (seen(queue, "c").reason, queue.is_drained()) == ("needs job b", False)
    queue.settle(b, DONE)
    [c] = take(queue)
    assert (c.job.id, c.job.failed_needs) == ("c", {})


def test_what_needs_a_failed_job_is_handed_out_and_told(queue: Queue) -> None:
    queue.add([job("a"), job("b"), job("c", "a", "b"), job("d", "c")])
    a, b = take(queue)
    queue.settle(a, failed(FailureKind.ERROR, "no such column"))
    queue.settle(b, DONE)
    [c] = take(queue)
    assert c.job.failed_needs == {"a": "needs job a, which failed: no such column"}
    queue.settle(c, failed(FailureKind.NEED_FAILED, c.job.failed_needs["a"]))
    [d] = take(queue)
    assert d.job.failed_needs == {"c": "needs job c, which failed: needs job a, which failed: no such column"}


def test_a_failure_that_is_tried_again_lets_nobody_go(queue: Queue) -> None:
    queue.add([job("a"), job("b", "a")])
    [a] = take(queue)
    queue.settle(a, failed(FailureKind.PREEMPTED))
    assert [each.job.id for each in take(queue)] == ["a"]


def test_messages_that_no_database_stores(queue: Queue) -> None:
    queue.add([job("a")])
    [claim] = take(queue)
    failure = Failure(FailureKind.ERROR, "zero \0 half \ud800 " + "long " * 10_000)
    assert queue.settle(claim, Outcome(failure)).state == QueueState.FAILED
    assert seen(queue, "a").reason.startswith("zero \N{REPLACEMENT CHARACTER} half ?")
    assert len(seen(queue, "a").reason) < 2100


def test_deaths_that_get_further_count_for_nothing_and_those_at_one_place_end(queue: Queue, database: Database) -> None:
    queue.add([job("a")])
    died = failed(FailureKind.WORKER_DIED, "killed by signal 9")
    places = [3, 5, 9, 12, 20, 31, 40, *[40] * 6]
    states = [attempt(queue, database, dataclasses.replace(died, progress={"reached": reached})) for reached in places]
    assert states == [QueueState.QUEUED] * 12 + [QueueState.FAILED]
    assert [each.counts for each in seen(queue, "a").attempts] == [False] * 7 + [True] * 6


def test_how_far_a_worker_came_is_known_from_its_last_sign_of_life(queue: Queue, database: Database) -> None:
    queue.add([job("a")])
    for reached in (10, 10):
        let_delays_pass(database)
        [claim] = take(queue)
        queue.renew([claim], {"a": {"reached": reached}})
        queue.settle(claim, failed(FailureKind.WORKER_DIED))
    assert [each.counts for each in seen(queue, "a").attempts] == [False, True]
