"""What cannot be begun: it is waited for, left for others, or given back, and that is said. The queue is real."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Collection

import pytest

from errors import AssayError, ConfigError, ResourceError
from execution.base import Executor, Handle
from execution.dispatching import intake, pausing
from execution.dispatching.dispatcher import Dispatcher
from execution.dispatching.options import DispatcherOptions
from execution.executors import create_executor
from execution.options import ExecutorOptions
from jobs import FailureKind, Job, Outcome, Resources, retries
from tests.execution.dispatching import Asked, Ended, Heard, dispatch, make_job
from tracking.queue.queue import Queue
from tracking.queue.records import QueueState, Settled

pytestmark = pytest.mark.usefixtures("plugin")

INLINE = ExecutorOptions()


class Offers(Executor):
    """The inline executor, with as much to offer as a test says."""

    name = "offers"

    def __init__(self, capacity: Resources | None = None, room: Callable[[], bool] = lambda: True) -> None:
        self._inner = create_executor(INLINE)
        self._capacity = capacity
        self._room = room
        self.refusals: list[AssayError] = []
        self.outcomes: dict[str, Outcome] = {}

    @property
    def capacity(self) -> Resources | None:
        return self._capacity

    @property
    def max_concurrent(self) -> int:
        return 1

    def has_room(self, job: Job, running: Collection[Job]) -> bool:
        return self._room()

    def submit(self, job: Job) -> Handle:
        if self.refusals:
            raise self.refusals.pop(0)
        handle = self._inner.submit(job)
        return Ended(job, self.outcomes[job.id]) if job.id in self.outcomes else handle

    def wait(self, handles: Collection[Handle], timeout: float) -> None: ...

    def close(self) -> None: ...


def test_what_can_never_run_here_is_said_and_left_for_others(queue: Queue) -> None:
    queue.add([make_job("a", resources=Resources(gpus=8)), make_job("b")])
    heard = dispatch(queue, Offers(Resources(cpus=2)))
    assert heard.begun_jobs == ["b"]
    remedy = "it waits for other machines, or queue it again with less --gpus-per-run"
    assert heard.lines == [f"not here name of a: it needs 8 GPUs, but 0 at hand; {remedy}"]
    (left,) = queue.jobs(states=[QueueState.QUEUED])
    assert "8 GPUs, but 0 at hand" in left.reason


def test_what_others_use_is_waited_for_and_that_is_said(queue: Queue) -> None:
    queue.add([make_job("a")])
    looks = itertools.count()
    heard = dispatch(queue, Offers(room=lambda: next(looks) >= 5))
    assert heard.begun_jobs == ["a"]
    (line,) = heard.lines
    assert line.startswith("waiting name of a: ")


def test_what_cannot_be_submitted_now_goes_back_uncounted_and_is_tried_again(queue: Queue) -> None:
    queue.add([make_job("a"), make_job("b")])
    offers = Offers()
    offers.refusals = [ResourceError("no cluster answers"), ResourceError("no cluster answers")]
    heard = dispatch(queue, offers)
    assert [(id, outcome.success) for id, outcome, _ in heard.ends] == [("a", True), ("b", True)]
    assert heard.lines == [
        "waiting: nothing can be begun now, and is tried again: no cluster answers",
        "going on: jobs can be begun again",
    ]
    assert [len(each.attempts) for each in queue.jobs(["a", "b"])] == [1, 1]


def test_nobody_waits_for_a_cluster_that_is_away_once_others_have_done_it_all(queue: Queue) -> None:
    queue.add([make_job("a")])

    class Away(Offers):
        looks = 0

        def refresh(self) -> None:
            self.looks += 1
            assert self.looks < 4, "nothing is left to wait for"
            if self.looks == 2:
                queue.cancel(["a"])
            raise ResourceError("no cluster answers")

    heard = dispatch(queue, Away())
    assert heard.lines == ["waiting: nothing can be begun now, and is tried again: no cluster answers"]


def test_what_can_never_be_submitted_here_is_left_for_others_and_said_once(queue: Queue) -> None:
    queue.add([make_job("a"), make_job("b")])
    offers = Offers()
    offers.refusals = [ConfigError("a: too large for any partition")]
    heard = dispatch(queue, offers)
    assert [id for id, _, _ in heard.ends] == ["b"] and heard.returned == ["a"]
    assert heard.lines == ["not here name of a: a: too large for any partition"]
    (left,) = queue.jobs(states=[QueueState.QUEUED])
    assert "too large for any partition" in left.reason and left.attempts == ()


def test_what_this_machine_lacks_is_left_for_others(queue: Queue) -> None:
    queue.add([make_job("a"), make_job("b")])
    offers = Offers()
    offers.outcomes = {"a": Outcome.failed(FailureKind.NOT_HERE, "its folder is not here")}
    heard = dispatch(queue, offers, max_jobs=1)
    assert [id for id, _, _ in heard.ends] == ["a", "b"], "a job that was not done is none of those that it may take"
    (left,) = queue.jobs(states=[QueueState.QUEUED])
    assert left.job.id == "a"


def test_what_is_planned_anew_with_less_is_refused_no_more(queue: Queue) -> None:
    queue.add([make_job("a", resources=Resources(cpus=8)), make_job("b")])
    offers = Offers()
    offers.refusals = [ConfigError("a: needs 8 CPUs, and no node has them")]

    class Planning(Heard):
        def begun(self, job: Job) -> None:
            super().begun(job)
            if job.id == "b":
                queue.add([make_job("a", resources=Resources(cpus=1))])

    heard = Planning()
    Dispatcher(queue, offers, heard, Asked(), DispatcherOptions()).run()
    assert heard.lines == ["not here name of a: a: needs 8 CPUs, and no node has them"]
    assert [(id, outcome.success) for id, outcome, _ in heard.ends] == [("b", True), ("a", True)]


def test_whoever_waits_for_jobs_looks_again_for_what_the_machine_lacked(
    queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "_NOT_HERE_SECONDS", 0.1)
    queue.add([make_job("a")])
    offers, asked = Offers(), Asked()
    offers.outcomes = {"a": Outcome.failed(FailureKind.NOT_HERE, "its folder is not here")}

    class Mounting(Heard):
        def ended(self, job: Job, outcome: Outcome, settled: Settled) -> None:
            super().ended(job, outcome, settled)
            offers.outcomes = {}
            asked.asked = outcome.success

    heard = Mounting()
    out_of_patience = threading.Timer(60, setattr, [asked, "asked", True])
    out_of_patience.start()
    Dispatcher(queue, offers, heard, asked, DispatcherOptions(continuous=True)).run()
    out_of_patience.cancel()
    assert [outcome.success for _, outcome, _ in heard.ends] == [False, True]


def test_a_machine_that_refuses_job_after_job_is_given_a_rest(queue: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pausing, "_MACHINE_SECONDS", 2.0)
    # None of the three is due again before the fourth has had its turn, however slow a machine is.
    monkeypatch.setitem(retries.RULES, FailureKind.RESOURCE, retries.Rule(6, first_delay_seconds=600.0))
    queue.add([make_job(name) for name in "abcd"])
    offers = Offers()
    offers.outcomes = {name: Outcome.failed(FailureKind.RESOURCE, f"no space for {name}") for name in "abc"}
    asked = Asked()

    class Ending(Heard):
        def ended(self, job: Job, outcome: Outcome, settled: Settled) -> None:
            super().ended(job, outcome, settled)
            asked.asked = job.id == "d"

    heard = Ending()
    started = time.monotonic()
    Dispatcher(queue, offers, heard, asked, DispatcherOptions()).run()
    assert time.monotonic() - started >= 2.0
    assert heard.lines == [
        "waiting 2 s before anything new is begun: 3 times in a row the machine refused something, "
        "at last to name of c: no space for c"
    ]
    assert [id for id, _, _ in heard.ends] == ["a", "b", "c", "d"]
