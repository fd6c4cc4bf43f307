"""What was handed out and never began waits again as if nothing had been."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection

from tests.tracking.queue.handed_out import DONE, HERE, drain, job, seen, take
from tracking.queue.queue import Queue
from tracking.queue.records import LEFT_TO, Limits, QueueState
from tracking.store.database import Database, DatabaseUnavailable


def test_what_is_given_back_waits_in_its_place_and_says_why(queue: Queue) -> None:
    queue.add([job("a"), job("b")])
    for _ in range(10):
        [claim] = take(queue, 1)
        assert (claim.job.id, claim.job.attempt) == ("a", 1)
        assert queue.give_back(claim, "no SLURM controller answers")
    assert not queue.give_back(claim, "twice")
    found = seen(queue, "a")
    assert (found.state, found.attempts) == (QueueState.QUEUED, ())
    assert (found.position, found.reason) == (1, "no SLURM controller answers")
    assert queue.renew([claim], {}).lost == (claim,)
    assert queue.settle(claim, DONE).lost
    assert drain(queue) == ["a", "b"]
    assert seen(queue, "a").attempts[0].number == 1


def test_what_is_given_back_has_cost_nothing(queue: Queue) -> None:
    queue.add([job("a", resources={"cost": 5.0})])
    for _ in range(3):
        [claim] = take(queue, 1, spending=Limits(cost_per_day=5.0))
        queue.give_back(claim, "")


def test_what_was_cancelled_meanwhile_is_cancelled(queue: Queue) -> None:
    queue.add([job("a"), job("b", "a")])
    [claim] = take(queue)
    queue.cancel(["a"])
    assert queue.give_back(claim, "no room")
    found = seen(queue, "a")
    assert (found.state, found.reason) == (QueueState.CANCELLED, "cancelled by the user")
    [b] = take(queue)
    assert b.job.failed_needs.keys() == {"a"}


def test_whoever_cancels_what_was_left_to_a_cluster_hears_that_it_goes_on(queue: Queue) -> None:
    queue.add([job("a")])
    [claim] = take(queue)
    queue.give_back(claim, f"{LEFT_TO}SLURM job 12, where it goes on")
    goes_on = "left to SLURM job 12, where it goes on until it is ended there"
    assert queue.cancel(["a"])[0].message == f"cancelled; {goes_on}"
    assert seen(queue, "a").reason == f"cancelled by the user; {goes_on}"


def test_what_was_cancelled_while_it_was_left_to_a_cluster_says_that_it_goes_on(queue: Queue) -> None:
    queue.add([job("a")])
    [claim] = take(queue)
    queue.cancel(["a"])
    queue.give_back(claim, f"{LEFT_TO}SLURM job 12, where it goes on")
    found = seen(queue, "a")
    goes_on = "left to SLURM job 12, where it goes on until it is ended there"
    assert (found.state, found.reason) == (QueueState.CANCELLED, f"cancelled by the user; {goes_on}")


def test_who_has_lost_a_claim_gives_nothing_back(queue: Queue) -> None:
    queue.add([job("a")])
    [old] = take(queue)
    queue.give_back(old, "")
    [new] = take(queue)
    assert not queue.give_back(old, "again")
    assert queue.renew([new], {}).lost == ()


def test_what_was_handed_out_unseen_is_given_back(
    queue: Queue, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue.add([job("a"), job("b"), job("c")])
    [known] = take(queue, 1)
    take(queue, 1, worker=type(HERE)(**{**HERE.__dict__, "id": "another"}))
    begin = database.begin

    @contextmanager
    def cut_off() -> Iterator[Connection]:
        with begin() as connection:
            yield connection
        raise DatabaseUnavailable("the connection broke when it was to say that all is written")

    monkeypatch.setattr(database, "begin", cut_off)
    with pytest.raises(DatabaseUnavailable):
        take(queue)
    monkeypatch.setattr(database, "begin", begin)
    assert seen(queue, "c").state == QueueState.RUNNING
    assert [each.id for each in queue.give_back_unknown(HERE, {known.token})] == ["c"]
    assert queue.give_back_unknown(HERE, {known.token}) == []
    [again] = take(queue)
    assert (again.job.id, again.job.attempt) == ("c", 1)
    assert queue.renew([known], {}).lost == ()
