"""Several workers share a queue: nothing is done twice, and what one leaves another takes."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Mapping

import pytest

from execution.dispatching import queue_link
from execution.dispatching.dispatcher import Dispatcher
from execution.dispatching.options import DispatcherOptions
from execution.executors import create_executor
from execution.interruption import Interruption
from execution.options import ExecutorOptions
from jobs import FailureKind, Job, Outcome, retries
from tests.execution.dispatching import Heard, dispatch, make_job
from tracking.queue.queue import Queue
from tracking.queue.records import Fit, QueueState, WorkerIdentity
from tracking.store.database import Database

pytestmark = pytest.mark.usefixtures("plugin")

INLINE = ExecutorOptions()


def test_two_share_a_queue_and_do_nothing_twice(queue: Queue) -> None:
    queue.add([make_job(f"{number:03}", "nothing") for number in range(60)])
    heard = [Heard(), Heard()]

    def work(listener: Heard) -> None:
        with create_executor(INLINE) as executor:
            Dispatcher(queue, executor, listener, Interruption(), DispatcherOptions()).run()

    threads = [threading.Thread(target=work, args=[each]) for each in heard]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    begun = [id for each in heard for id in each.begun_jobs]
    assert len(begun) == len(set(begun)) == 60


def test_jobs_of_the_dead_are_taken_back_between_two_jobs(
    queue: Queue, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue_link, "_TAKE_BACK_SECONDS", 0.0)
    monkeypatch.setitem(retries.RULES, FailureKind.LOST, retries.Rule(attempts=4))
    queue.add([make_job(name) for name in "abcd"])
    # As if another process had this one's number now.
    dead = dataclasses.replace(WorkerIdentity.here(), id="dead", process_started=1.0)

    class Dying(Heard):
        def begun(self, job: Job) -> None:
            if not self.begun_jobs:
                Queue(database).claim(dead, lambda job, taken: Fit.NOW)
            super().begun(job)

    heard = Dying()
    with create_executor(INLINE) as executor:
        Dispatcher(queue, executor, heard, Interruption(), DispatcherOptions()).run()
    assert heard.begun_jobs == ["a", "b", "c", "d"]


def test_whoever_waits_for_what_others_do_says_so_once(queue: Queue, database: Database) -> None:
    queue.add([make_job("a"), make_job("b", "test.echo", "a")])
    others = Queue(database)
    [claim] = others.claim(WorkerIdentity.here(), lambda job, taken: Fit.NOW)

    class Watched(Queue):
        looks = 0

        def counts(self, group: str | None = None) -> Mapping[QueueState, int]:
            self.looks += 1
            if self.looks == 3:
                others.settle(claim, Outcome())
            return super().counts(group)

    heard = dispatch(Watched(database))
    assert heard.lines == ["waiting: jobs run with other workers; what becomes of them may leave something to do here"]
    assert heard.begun_jobs == ["b"]
