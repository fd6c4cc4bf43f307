"""A dispatcher works through a real queue: in order, to the end, and not beyond what it may do."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from execution.base import Handle, JobState
from execution.dispatcher import Dispatcher, DispatcherOptions
from execution.executors import create_executor
from execution.interruption import Interruption
from execution.options import ExecutorOptions
from jobs import FailureKind, Job, Outcome
from tests.execution.dispatching import Asked, Heard, dispatch, make_job
from tests.tracking.trainings import eventually
from tracking.queue.queue import Queue
from tracking.queue.records import QueueState, Settled
from tracking.store.database import Database, DatabaseUnavailable

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
        assert eventually(lambda: queue.counts()[QueueState.RUNNING] == 1)
        queue.cancel(["a"])

    thread = threading.Thread(target=cancel)
    thread.start()
    heard = dispatch(queue, lease_seconds=1.0)
    thread.join()
    ends = {id: settled.state for id, _, settled in heard.ends}
    assert ends == {"a": QueueState.CANCELLED, "b": QueueState.COMPLETED}


def test_what_another_version_of_the_code_planned_is_left_for_others(queue: Queue) -> None:
    queue.add([make_job("a", code="old"), make_job("b", code="new"), make_job("c")])
    assert dispatch(queue, code="new").begun_jobs == ["b", "c"]
    assert queue.jobs(["a"])[0].state != QueueState.COMPLETED and queue.jobs(["a"])[0].reason


class Away(Queue):
    """A queue whose store goes away when told."""

    away = False

    def _answer(self) -> None:
        if self.away:
            raise DatabaseUnavailable("the server is gone")

    def claim(self, *given: Any, **named: Any) -> Any:
        self._answer()
        return super().claim(*given, **named)

    def settle_all(self, *given: Any) -> Any:
        self._answer()
        return super().settle_all(*given)

    def renew(self, *given: Any) -> Any:
        self._answer()
        return super().renew(*given)

    def take_back(self) -> Any:
        self._answer()
        return super().take_back()


def test_while_the_store_is_away_what_ended_waits_to_be_told(database: Database) -> None:
    queue = Away(database)
    queue.add([make_job("a", "test.sleep", payload={"seconds": 0.5}), make_job("b")])

    class Watching(Heard):
        def progressed(self, handle: Handle) -> None:
            queue.away = handle.job.id == "a"

        def said(self, text: str) -> None:
            super().said(text)
            threading.Timer(2.5, setattr, [queue, "away", False]).start()

    heard = Watching()
    with create_executor(INLINE) as executor:
        Dispatcher(queue, executor, heard, Interruption(), DispatcherOptions()).run()
    gone = "the store does not answer, what runs goes on: the server is gone"
    assert heard.lines == [gone, "the store answers again"]
    assert [(id, settled.state) for id, _, settled in heard.ends] == [("a", "completed"), ("b", "completed")]


def test_what_was_handed_out_when_the_store_went_away_is_handed_out_again(database: Database) -> None:
    class Cut(Queue):
        cuts = 1

        def claim(self, *given: Any, **named: Any) -> Any:
            claims = super().claim(*given, **named)
            if self.cuts:
                self.cuts -= 1
                raise DatabaseUnavailable("the answer is lost")
            return claims

    queue = Cut(database)
    queue.add([make_job("a")])
    heard = dispatch(queue)
    assert heard.begun_jobs == ["a"]
    assert len(queue.jobs(["a"])[0].attempts) == 1, "what nobody knew of is no attempt"


def test_whoever_is_asked_to_stop_does_not_wait_for_a_store_that_is_away(database: Database) -> None:
    queue, asked = Away(database), Asked()
    queue.add([make_job("a", "test.sleep", payload={"seconds": 0.2})])

    class Watching(Heard):
        def progressed(self, handle: Handle) -> None:
            queue.away = True

        def said(self, text: str) -> None:
            asked.asked = True

    with create_executor(INLINE) as executor:
        Dispatcher(queue, executor, Watching(), asked, DispatcherOptions()).run()
    queue.away = False
    assert queue.jobs(["a"])[0].state == QueueState.RUNNING, "its lease runs out, and its folder says what it did"


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


def test_two_share_a_queue_and_do_nothing_twice(queue: Queue, tmp_path: Path) -> None:
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


def test_a_final_state_is_what_a_handle_says() -> None:
    assert JobState.of(Outcome.failed(FailureKind.CANCELLED, "x")) == JobState.CANCELLED
    assert json.dumps(JobState.of(Outcome())) == '"completed"'
