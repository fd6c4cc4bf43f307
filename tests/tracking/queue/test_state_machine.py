"""Whatever happens in whatever order: no job is lost, none is had by two, needs come first, and all of it ends."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import delete, text

from jobs import FailureKind, Job, Outcome
from tests.tracking.queue.conftest import Watch
from tests.tracking.queue.handed_out import DONE, anything, failed, job
from tracking.queue.queue import Queue
from tracking.queue.records import Claim, QueueState, WorkerIdentity
from tracking.store.database import Database
from tracking.store.schema import queue_jobs

WORKERS = [WorkerIdentity(f"w{number}", f"host {number}", f"boot {number}/1", number, 1.0) for number in range(3)]
OUTCOMES = [DONE, *(failed(kind) for kind in FailureKind)]
ENDED = (QueueState.COMPLETED, QueueState.FAILED, QueueState.CANCELLED)


class Model(RuleBasedStateMachine):
    """What is known without asking the queue: which jobs there are, and who was told that it has which."""

    database: Database

    def __init__(self) -> None:
        super().__init__()
        with self.database.begin() as connection:
            connection.execute(delete(queue_jobs))
        self.watch = Watch()
        self.queue = Queue(self.database, random.Random(0), self.watch)
        self.needs: dict[str, tuple[str, ...]] = {}
        self.claims: list[Claim] = []
        self.lost: list[Claim] = []

    def any_id(self, data: st.DataObject) -> str:
        return data.draw(st.sampled_from(sorted(self.needs)))

    def states(self) -> dict[str, QueueState]:
        return {each.job.id: each.state for each in self.queue.jobs()}

    @rule(data=st.data(), count=st.integers(1, 4), redo=st.booleans())
    def add(self, data: st.DataObject, count: int, redo: bool) -> None:
        before = self.states()
        jobs: list[Job] = []
        for _ in range(count):
            id = f"j{data.draw(st.integers(0, 14)):02}"
            # Needs have smaller numbers, and stay what they were: so there is no cycle, and no doubt.
            smaller = sorted(known for known in {*self.needs, *(each.id for each in jobs)} if known < id)
            if id not in self.needs:
                self.needs[id] = tuple(data.draw(st.lists(st.sampled_from(smaller), unique=True))) if smaller else ()
            jobs.append(job(id, *self.needs[id], group=f"g{int(id[1:]) % 2}"))
        added = self.queue.add(jobs, redo=redo)
        ids = {each.id for each in jobs}
        assert {*added.new, *added.known, *added.again} == ids
        assert set(added.new) == ids - before.keys()
        final = ENDED if redo else ENDED[1:]
        assert set(added.again) == {id for id in ids if before.get(id) in final}

    @rule(worker=st.sampled_from(WORKERS), limit=st.integers(1, 3))
    def claim(self, worker: WorkerIdentity, limit: int) -> None:
        before = self.states()
        claims = self.queue.claim(worker, anything, limit, lease_seconds=60)
        for each in claims:
            assert before[each.job.id] == QueueState.QUEUED
            needed = {need: before[need] for need in self.needs[each.job.id]}
            assert all(state in ENDED for state in needed.values())
            assert each.job.failed_needs.keys() == {
                need for need, state in needed.items() if state != QueueState.COMPLETED
            }
        self.claims += claims

    @precondition(lambda self: self.claims)
    @rule(data=st.data(), outcome=st.sampled_from(OUTCOMES), twice=st.booleans())
    def settle(self, data: st.DataObject, outcome: Outcome, twice: bool) -> None:
        claim = self.claims.pop(data.draw(st.integers(0, len(self.claims) - 1)))
        settled = self.queue.settle(claim, outcome)
        assert not settled.lost
        assert self.states()[claim.job.id] == settled.state
        if twice:
            assert self.queue.settle(claim, DONE) == settled

    @precondition(lambda self: self.claims)
    @rule(data=st.data())
    def give_back(self, data: st.DataObject) -> None:
        claim = self.claims.pop(data.draw(st.integers(0, len(self.claims) - 1)))
        assert self.queue.give_back(claim, "not now")
        assert not self.queue.give_back(claim, "not now")
        self.lost.append(claim)

    @rule(worker=st.sampled_from(WORKERS), limit=st.integers(1, 3))
    def lose_sight_of_what_is_handed_out(self, worker: WorkerIdentity, limit: int) -> None:
        before = self.states()
        known = {claim.token for claim in self.claims}
        unseen = self.queue.claim(worker, anything, limit)
        assert {each.id for each in self.queue.give_back_unknown(worker, known)} == {each.job.id for each in unseen}
        self.lost += unseen
        assert self.states() == before

    @precondition(lambda self: self.lost)
    @rule()
    def settle_what_was_lost(self) -> None:
        before = self.states()
        for claim in self.lost:
            assert self.queue.settle(claim, DONE).lost
        assert self.queue.renew(self.lost, {}).lost == tuple(self.lost)
        assert self.states() == before

    @precondition(lambda self: self.claims)
    @rule()
    def fall_silent(self) -> None:
        """All workers but that of the first claim."""
        kept, silent = self.claims[:1], self.claims[1:]
        taken = {each.id for each in self.queue.take_back()}
        for _ in range(7):
            self.watch.seconds += 10
            assert self.queue.renew(kept, {}).lost == ()
            taken |= {each.id for each in self.queue.take_back()}
        assert taken == {each.job.id for each in silent}
        self.claims, self.lost = kept, self.lost + silent

    @precondition(lambda self: self.needs)
    @rule(data=st.data(), command=st.sampled_from(["hold", "release", "cancel"]), grouped=st.booleans())
    def command(self, data: st.DataObject, command: str, grouped: bool) -> None:
        id = self.any_id(data)
        chosen: dict[str, Any] = {"group": f"g{int(id[1:]) % 2}"} if grouped else {"ids": [id]}
        before = self.states()
        changes = getattr(self.queue, command)(**chosen)
        after = self.states()
        for change in changes:
            if not change.changed:
                assert after[change.id] == before[change.id]
        assert {id for id in before if before[id] != after[id]} <= {each.id for each in changes if each.changed}

    @precondition(lambda self: self.needs)
    @rule(data=st.data(), priority=st.integers(-5, 5))
    def reorder(self, data: st.DataObject, priority: int) -> None:
        self.queue.set_priority(priority, [self.any_id(data)])
        self.queue.move(self.any_id(data), "first")

    @rule()
    def wait(self) -> None:
        with self.database.begin() as connection:
            connection.execute(text("UPDATE queue_jobs SET not_before = 0, delay_seconds = 0"))

    @invariant()
    def nothing_is_lost_and_nothing_is_had_by_two(self) -> None:
        states = self.states()
        assert states.keys() == self.needs.keys()
        had = [claim.job.id for claim in self.claims]
        assert sorted(had) == sorted(id for id, state in states.items() if state == QueueState.RUNNING)

    @invariant()
    def open_needs_are_counted_right(self) -> None:
        states = self.states()
        with self.database.read() as connection:
            counted = {
                row.id: row.open_needs for row in connection.execute(text("SELECT id, open_needs FROM queue_jobs"))
            }
        for id, state in states.items():
            if state not in ENDED:
                assert counted[id] == sum(states[need] not in ENDED for need in self.needs[id])

    def teardown(self) -> None:
        """Release and do what is left: it comes to an end."""
        held = [id for id, state in self.states().items() if state == QueueState.HELD]
        if held:
            self.queue.release(held)
        for claim in self.claims:
            self.queue.settle(claim, DONE)
        while not self.queue.is_drained():
            self.wait()
            claims = self.queue.claim(WORKERS[0], anything, 5)
            assert claims, "what is left never begins"
            self.queue.settle_all([(claim, DONE) for claim in claims])
        assert all(state in ENDED for state in self.states().values())


@pytest.mark.long
def test_whatever_happens(database: Database) -> None:
    examples, steps = (15, 40) if database.is_sqlite else (4, 30)
    machine = type("Here", (Model,), {"database": database})
    run_state_machine_as_test(
        machine, settings=settings(max_examples=examples, stateful_step_count=steps, deadline=None)
    )
