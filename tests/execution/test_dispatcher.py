"""A dispatcher works through a real queue: in order, to the end, and not beyond what it may do."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from execution.base import Handle, JobState
from execution.dispatching.dispatcher import Dispatcher
from execution.dispatching.options import DispatcherOptions
from execution.executors import create_executor
from execution.inline import InlineExecutor
from execution.options import ExecutorOptions
from jobs import FailureKind, Job, Outcome
from tests.execution.dispatching import Asked, Ended, Heard, dispatch, make_job
from tests.waiting import until
from tracking.queue.queue import Queue
from tracking.queue.records import QueueState, Settled
from tracking.store.database import Database

pytestmark = pytest.mark.usefixtures("plugin")

INLINE = ExecutorOptions()


def test_all_is_done_in_order_with_what_it_needs_first(queue: Queue) -> None:
    queue.add([make_job("c", "test.echo", "b"), make_job("a"), make_job("b", "test.echo", "a")])
    heard = dispatch(queue)
    assert heard.begun_jobs == ["a", "b", "c"]
    assert [settled.state for _, _, settled in heard.ends] == [QueueState.COMPLETED] * 3
    assert queue.is_drained()


def test_what_needs_what_failed_fails_with_the_reason_and_others_go_on(queue: Queue) -> None:
    payload = {"error": "ValueError", "message": "a bad value"}
    queue.add([make_job("a", "test.fail", payload=payload), make_job("b", "test.echo", "a"), make_job("c")])
    heard = dispatch(queue)
    ends = {id: outcome for id, outcome, _ in heard.ends}
    assert ends["c"].success
    assert ends["b"].failure is not None and ends["b"].failure.kind == FailureKind.NEED_FAILED
    assert "name of a" in ends["b"].failure.message and "a bad value" in ends["b"].failure.message


def test_at_a_failure_nothing_new_is_begun_where_that_is_wanted(queue: Queue) -> None:
    queue.add([make_job("a", "test.fail", payload={"error": "ValueError"}), make_job("b")])
    assert dispatch(queue, stop_on_failure=True).begun_jobs == ["a"]
    assert queue.counts()[QueueState.QUEUED] == 1


def test_what_somebody_cancels_where_it_runs_is_neither_tried_again_nor_a_failure(queue: Queue) -> None:
    class Cluster(InlineExecutor):
        cancels = 1

        def submit(self, job: Job) -> Handle:
            handle = super().submit(job)
            if job.id == "a" and self.cancels:
                self.cancels -= 1
                return Ended(job, Outcome.failed(FailureKind.CANCELLED, "it was cancelled in SLURM"))
            return handle

    queue.add([make_job("a"), make_job("b")])
    heard = dispatch(queue, Cluster(INLINE), stop_on_failure=True)
    assert heard.begun_jobs == ["a", "b"]
    assert [settled.state for _, _, settled in heard.ends] == [QueueState.CANCELLED, QueueState.COMPLETED]
    assert queue.jobs(["a"])[0].reason == "it was cancelled in SLURM"


def test_what_was_reported_last_counts_also_where_it_came_together_with_the_end(queue: Queue) -> None:
    class Late(Ended):
        has_told = False

        @property
        def state(self) -> JobState:
            self.has_told = True
            return super().state

        @property
        def progress(self) -> Mapping[str, Any]:
            return {"reached": 7} if self.has_told else {}

    class Telling(InlineExecutor):
        def submit(self, job: Job) -> Handle:
            return Late(job, Outcome())

    queue.add([make_job("a")])
    ((_, outcome, _),) = dispatch(queue, Telling(INLINE)).ends
    assert outcome.progress == {"reached": 7}


def test_what_was_claimed_and_not_submitted_goes_back_where_the_dispatcher_fails(queue: Queue) -> None:
    class Broken(InlineExecutor):
        max_concurrent = 3

        def has_room(self, job: Job, running: Collection[Job]) -> bool:
            return len(running) < 3

        def submit(self, job: Job) -> Handle:
            if job.id == "b":
                raise LookupError("a mistake in here")
            return super().submit(job)

    queue.add([make_job(name) for name in "abc"])
    with pytest.raises(LookupError):
        dispatch(queue, Broken(INLINE))
    assert {each.job.id: each.state for each in queue.jobs()} == {
        "a": QueueState.COMPLETED,
        "b": QueueState.QUEUED,
        "c": QueueState.QUEUED,
    }
    assert [queue.jobs([id])[0].attempts for id in "bc"] == [(), ()]


def test_it_ends_after_as_many_jobs_as_it_may_take(queue: Queue) -> None:
    queue.add([make_job(name) for name in "abc"])
    assert dispatch(queue, max_jobs=2).begun_jobs == ["a", "b"]


def test_out_of_memory_is_tried_once_more_with_half_the_batch_then_never(queue: Queue) -> None:
    queue.add([make_job("a", "test.out_of_memory")])
    heard = dispatch(queue)
    assert [settled.state for _, _, settled in heard.ends] == [QueueState.QUEUED, QueueState.FAILED]
    (left,) = queue.jobs()
    assert left.job.adjustments == {"divide_batch": 2} and len(left.attempts) == 2


def test_what_is_delayed_is_waited_for(queue: Queue) -> None:
    queue.add([make_job("a", "test.fail", payload={"error": "Busy"})])
    asked = Asked()

    class Twice(Heard):
        def ended(self, job: Job, outcome: Outcome, settled: Settled) -> None:
            super().ended(job, outcome, settled)
            asked.asked = len(self.ends) == 3

    heard = Twice()
    with create_executor(INLINE) as executor:
        Dispatcher(queue, executor, heard, asked, DispatcherOptions()).run()
    assert [settled.delay_seconds > 0 for _, _, settled in heard.ends] == [True] * 3


def test_what_becomes_due_between_two_looks_is_not_left(database: Database) -> None:
    class Slow(Queue):
        def next_change_in(self) -> float | None:
            while seconds := super().next_change_in():
                time.sleep(seconds)
            return None

    queue = Slow(database)
    queue.add([make_job("a", "test.fail", payload={"error": "Busy"})])
    asked = Asked()

    class Twice(Heard):
        def ended(self, job: Job, outcome: Outcome, settled: Settled) -> None:
            super().ended(job, outcome, settled)
            asked.asked = len(self.ends) == 2

    heard = Twice()
    with create_executor(INLINE) as executor:
        Dispatcher(queue, executor, heard, asked, DispatcherOptions()).run()
    assert len(heard.ends) == 2


def test_whoever_is_asked_to_stop_saves_what_runs_and_gives_it_back(queue: Queue) -> None:
    queue.add([make_job("a", "test.sleep", payload={"seconds": 60}), make_job("b")])
    asked = Asked()

    class Stopping(Heard):
        def begun(self, job: Job) -> None:
            super().begun(job)
            asked.reason = "terminated (SIGTERM)"

    heard = Stopping()
    with create_executor(INLINE) as executor:
        Dispatcher(queue, executor, heard, asked, DispatcherOptions()).run()
    ((id, outcome, settled),) = heard.ends
    assert outcome.failure is not None and outcome.failure.message == "terminated (SIGTERM)"
    assert (id, outcome.failure.kind, settled.state) == ("a", FailureKind.PREEMPTED, QueueState.QUEUED)
    assert heard.lines == ["saving  name of a: terminated (SIGTERM)"]
    assert queue.counts()[QueueState.QUEUED] == 2


def test_what_the_user_cancels_while_it_runs_ends_as_cancelled_and_the_next_begins(queue: Queue) -> None:
    queue.add(
        [make_job("a", "test.sleep", payload={"seconds": 60}), make_job("b", "test.sleep", payload={"seconds": 1})]
    )

    def cancel() -> None:
        try:
            until(lambda: queue.counts()[QueueState.RUNNING] == 1)
        finally:
            queue.cancel(["a"])

    with ThreadPoolExecutor(1) as threads:
        cancelled = threads.submit(cancel)
        heard = dispatch(queue, lease_seconds=1.0)
        cancelled.result()
    ends = {id: settled.state for id, _, settled in heard.ends}
    assert ends == {"a": QueueState.CANCELLED, "b": QueueState.COMPLETED}


def test_what_another_version_of_the_code_planned_is_left_for_others(queue: Queue) -> None:
    queue.add([make_job("a", code="old"), make_job("b", code="new"), make_job("c")])
    assert dispatch(queue, code="new").begun_jobs == ["b", "c"]
    assert queue.jobs(["a"])[0].state != QueueState.COMPLETED and queue.jobs(["a"])[0].reason


def test_new_jobs_are_waited_for_where_that_is_wanted(queue: Queue) -> None:
    asked = Asked()

    class Ending(Heard):
        def ended(self, job: Job, outcome: Outcome, settled: Settled) -> None:
            asked.asked = job.id == "late"

    timer = threading.Timer(1.5, queue.add, [[make_job("late")]])
    timer.start()
    with create_executor(INLINE) as executor:
        Dispatcher(queue, executor, Ending(), asked, DispatcherOptions(continuous=True)).run()
    timer.join()
    assert queue.jobs(["late"])[0].state == QueueState.COMPLETED


def test_a_final_state_is_what_a_handle_says() -> None:
    assert JobState.of(Outcome.failed(FailureKind.CANCELLED, "x")) == JobState.CANCELLED
    assert json.dumps(JobState.of(Outcome())) == '"completed"'
