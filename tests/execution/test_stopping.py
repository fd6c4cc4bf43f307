"""What runs is stopped by its claim, saved, left or killed; who does not answer is asked again. The queue is real."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Collection

import pytest
from sqlalchemy import update

from errors import ResourceError
from execution.base import Executor, Handle, JobState
from execution.dispatching.dispatcher import Dispatcher
from execution.dispatching.options import DispatcherOptions
from execution.interruption import Interruption
from jobs import FailureKind, Job, Outcome, Resources, retries
from tests.execution.dispatching import Asked, Heard
from tests.waiting import PATIENCE_S
from tracking.queue.queue import Queue
from tracking.queue.records import QueueState
from tracking.store.database import Database
from tracking.store.schema import queue_jobs


class Held(Handle):
    """Runs until somebody ends it, or for a while."""

    def __init__(self, job: Job, executor: Holding) -> None:
        super().__init__(job)
        self._executor = executor
        self.outcome: Outcome | None = None
        self.orders: list[str] = []

    @property
    def state(self) -> JobState:
        return JobState.RUNNING if self.outcome is None else JobState.of(self.outcome)

    def result(self, timeout: float | None = None) -> Outcome:
        assert self.outcome is not None
        return self.outcome

    def cancel(self) -> None:
        self.orders.append("cancel")
        self._executor.answer()
        self.outcome = Outcome.failed(FailureKind.CANCELLED, "cancelled")

    def preempt(self, reason: str) -> None:
        self.orders.append("preempt")
        self._executor.answer()
        if not self._executor.deaf:
            self.outcome = Outcome.failed(FailureKind.PREEMPTED, reason)

    def logs(self) -> str:
        return ""

    @property
    def where(self) -> str:
        return f"cluster job {self.job.id}"


class Holding(Executor):
    """Holds jobs until they are told to end."""

    name = "holding"
    deaf = False
    trouble: Exception | None = None
    failures = 0

    def __init__(self, on_wait: Callable[[Holding], None] = lambda executor: None) -> None:
        self.handles: list[Held] = []
        self.is_detached = False
        self._on_wait = on_wait

    def answer(self) -> None:
        if self.failures:
            self.failures -= 1
            raise ResourceError("no controller answers")

    @property
    def capacity(self) -> Resources | None:
        return None

    @property
    def max_concurrent(self) -> int:
        return 3

    def submit(self, job: Job) -> Handle:
        self.handles.append(Held(job, self))
        return self.handles[-1]

    def wait(self, handles: Collection[Handle], timeout: float) -> None:
        time.sleep(0.05)
        self._on_wait(self)

    def detach(self) -> None:
        self.is_detached = True

    def close(self) -> None: ...


class Leavable(Holding):
    """What it holds goes on without anybody."""

    can_be_left = True


@pytest.fixture
def queue(database: Database) -> Queue:
    queue = Queue(database)
    queue.add([Job(id=name, name=f"name of {name}", work="nothing") for name in "ab"])
    return queue


def _dispatch(queue: Queue, executor: Executor, interruption: Interruption | None = None, lease: float = 60.0) -> Heard:
    heard = Heard()
    Dispatcher(queue, executor, heard, interruption or Interruption(), DispatcherOptions(lease_seconds=lease)).run()
    return heard


def _end_all(executor: Holding) -> None:
    for handle in executor.handles:
        handle.outcome = handle.outcome or Outcome()


def _take_back(database: Database) -> None:
    """End all leases, as where whoever has them is known to be gone: another process has its number."""
    with database.begin() as connection:
        connection.execute(update(queue_jobs).values(process_started=1.0))
    assert Queue(database).take_back()


def test_a_job_that_was_lost_is_stopped_before_it_is_taken_again(
    queue: Queue, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(retries.RULES, FailureKind.LOST, retries.Rule(attempts=4))
    began: list[list[bool]] = []

    def lose(executor: Holding) -> None:
        if not began:
            _take_back(database)
        began.append([handle.outcome is not None for handle in executor.handles])
        if len(executor.handles) == 4:
            _end_all(executor)

    executor = Holding(lose)
    heard = _dispatch(queue, executor, lease=2.0)
    assert [handle.orders for handle in executor.handles] == [["cancel"], ["cancel"], [], []]
    begun_beside = [each[:2] for each in began if len(each) > 2]
    assert begun_beside and all(all(each) for each in begun_beside), "nothing is begun beside its own first attempt"
    ends = [(id, settled.state) for id, _, settled in heard.ends]
    assert sorted(ends[:2]) == [("a", None), ("b", None)], "a lost claim is settled as nothing"
    assert {each.state for each in queue.jobs()} == {QueueState.COMPLETED}


def test_an_order_that_fails_is_given_again_and_stops_nobody_else(queue: Queue) -> None:
    cancelled = threading.Event()

    def cancel(executor: Holding) -> None:
        if not cancelled.is_set():
            cancelled.set()
            executor.failures = 1
            queue.cancel(["a"])
        if executor.handles[0].outcome is not None:
            _end_all(executor)

    executor = Holding(cancel)
    heard = _dispatch(queue, executor, lease=1.0)
    assert [handle.orders for handle in executor.handles] == [["cancel", "cancel"], []]
    assert heard.lines == ["cannot stop name of a yet, and tries again: no controller answers"]
    states = {each.job.id: each.state for each in queue.jobs()}
    assert states == {"a": QueueState.CANCELLED, "b": QueueState.COMPLETED}


def test_what_does_not_save_itself_in_time_is_killed_and_counts_as_preempted(queue: Queue) -> None:
    class Hasty(Asked):
        seconds_to_save = 0.3

    asked = Hasty()

    def ask(executor: Holding) -> None:
        asked.reason = "interrupted (Ctrl-C)"

    executor = Holding(ask)
    executor.deaf = True
    heard = _dispatch(queue, executor, asked)
    assert [handle.orders for handle in executor.handles] == [["preempt", "cancel"]] * 2
    assert heard.lines == [
        "saving  name of a, name of b: interrupted (Ctrl-C); what has not ended in 0 s is killed",
        "killing name of a, name of b: time to save it is up",
    ]
    kinds = [outcome.failure.kind for _, outcome, _ in heard.ends if outcome.failure is not None]
    assert kinds == [FailureKind.PREEMPTED] * 2
    assert queue.counts()[QueueState.QUEUED] == 2


def test_what_goes_on_by_itself_is_left_and_given_back_in_its_place(queue: Queue) -> None:
    asked = Asked()

    def ask(executor: Holding) -> None:
        asked.reason = "terminated (SIGTERM)"

    executor = Leavable(ask)
    heard = _dispatch(queue, executor, asked)
    assert executor.is_detached and [handle.orders for handle in executor.handles] == [[], []]
    assert heard.ends == [] and heard.returned == ["a", "b"]
    (line,) = heard.lines
    assert line.startswith("leaving name of a, name of b: terminated (SIGTERM); holding goes on with it")
    left = queue.jobs(states=[QueueState.QUEUED])
    assert [each.job.id for each in left] == ["a", "b"] and [each.attempts for each in left] == [(), ()]
    assert left[0].reason == "left to cluster job a, where it goes on"


def test_what_was_cancelled_is_not_left(queue: Queue) -> None:
    asked = Asked()

    def ask(executor: Holding) -> None:
        if not asked.reason:
            queue.cancel(["a"])
            asked.reason = "terminated (SIGTERM)"

    executor = Leavable(ask)
    heard = _dispatch(queue, executor, asked)
    assert [handle.orders for handle in executor.handles] == [["cancel"], []]
    assert heard.returned == ["b"]
    states = {each.job.id: each.state for each in queue.jobs()}
    assert states == {"a": QueueState.CANCELLED, "b": QueueState.QUEUED}


def test_what_goes_on_by_itself_is_not_stopped_where_others_have_its_job_now(queue: Queue, database: Database) -> None:
    looks = itertools.count()

    def lose(executor: Holding) -> None:
        number = next(looks)
        if number == 0:
            _take_back(database)
            queue.hold(["a", "b"])
        # So many looks take longer than it takes to hear of it.
        if number == 30:
            _end_all(executor)

    executor = Leavable(lose)
    heard = _dispatch(queue, executor, lease=1.0)
    assert [handle.orders for handle in executor.handles] == [[], []]
    assert [settled.state for _, _, settled in heard.ends] == [None, None]


def test_where_the_dispatcher_fails_what_runs_is_saved_and_given_back_first(queue: Queue) -> None:
    def fail(executor: Holding) -> None:
        if executor.handles[0].outcome is None:
            raise LookupError("a mistake in here")

    executor = Holding(fail)
    with pytest.raises(LookupError):
        _dispatch(queue, executor)
    assert [handle.orders for handle in executor.handles] == [["preempt"], ["preempt"]]
    assert {each.state for each in queue.jobs()} == {QueueState.QUEUED}
    assert {each.attempts[0].kind for each in queue.jobs()} == {FailureKind.PREEMPTED}


def test_where_the_dispatcher_fails_what_is_killed_is_said(queue: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("execution.dispatching.shutdown.KILLING_SECONDS", PATIENCE_S)

    class Hasty(Asked):
        seconds_to_save = 0.3

    def fail(executor: Holding) -> None:
        if not executor.handles[0].orders:
            raise LookupError("a mistake in here")

    executor, heard = Holding(fail), Heard()
    executor.deaf = True
    with pytest.raises(LookupError):
        Dispatcher(queue, executor, heard, Hasty(), DispatcherOptions()).run()
    assert [handle.orders for handle in executor.handles] == [["preempt", "cancel"]] * 2
    assert heard.lines[-1] == "killing name of a, name of b: time to save it is up"


def test_whoever_is_told_and_fails_keeps_nothing_from_being_left(queue: Queue) -> None:
    class Failing(Heard):
        def progressed(self, handle: Handle) -> None:
            if handle.job.id == "b":
                raise LookupError("nobody to tell it to")

        def given_back(self, job: Job) -> None:
            raise LookupError("nobody to tell it to")

        def said(self, text: str) -> None:
            super().said(text)
            raise LookupError("nobody to tell it to")

    executor, heard = Leavable(), Failing()
    with pytest.raises(LookupError):
        Dispatcher(queue, executor, heard, Asked(), DispatcherOptions()).run()
    assert executor.is_detached and [handle.orders for handle in executor.handles] == [[], []]
    assert queue.counts()[QueueState.QUEUED] == 2
    (line,) = heard.lines
    assert line.startswith("leaving name of a, name of b: LookupError: nobody to tell it to; holding goes on with it")


def test_an_executor_that_does_not_answer_for_a_while_ends_nothing(queue: Queue) -> None:
    asks = itertools.count()

    def answer(executor: Holding) -> None:
        if next(asks) == 0:
            raise ResourceError("the head of the cluster is away")
        _end_all(executor)

    heard = _dispatch(queue, Holding(answer))
    assert heard.lines == ["the executor does not answer, and is asked again: the head of the cluster is away"]
    assert queue.counts()[QueueState.COMPLETED] == 2


def test_what_others_block_lets_the_next_pass_and_what_waits_for_ours_says_nothing(queue: Queue) -> None:
    class Crowded(Holding):
        refreshed = 0
        blocked = "process 7 uses 4 GB"

        def refresh(self) -> None:
            self.refreshed += 1

        def has_room(self, job: Job, running: Collection[Job]) -> bool:
            return job.id != "a" or not self.blocked

        def blocked_by_others(self, job: Job) -> str:
            return self.blocked if job.id == "a" else ""

    reasons: list[str] = []

    def look(executor: Holding) -> None:
        reasons.append(queue.jobs(["a"])[0].reason)
        executor.blocked = ""  # type: ignore[attr-defined]  # Crowded
        _end_all(executor)

    executor = Crowded(look)
    heard = _dispatch(queue, executor)
    assert heard.begun_jobs == ["b", "a"] and heard.lines == []
    assert "process 7 uses 4 GB" in reasons[0]
    assert executor.refreshed >= 2
