"""The jobs of one executor and the workers that do them.

Nothing happens behind the caller's back: all of it is done in :meth:`Crew.turn`, in the caller's thread.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Collection
from typing import NamedTuple

from execution.channel import Message
from execution.endings import GRACE_SECONDS
from execution.workers.forecast import Forecast
from execution.workers.handle import WorkerHandle
from execution.workers.room import Beside, Room
from execution.workers.template import Template
from execution.workers.worker import Worker
from execution.workers.workforce import Workforce
from jobs import Failure, FailureKind, Job, Outcome

__all__ = ["Crew"]

_CANCEL_SECONDS = 5.0
_CANCEL_AGAIN_SECONDS = 2.0
"""For work to stop by itself before it is killed; the second where it was asked to stop before."""
_CLOSE_SECONDS = 2.0
_EXPLAIN_SECONDS = 2.0
"""For the template to say how a worker ended."""
_LOOK_SECONDS = 0.5
"""Between two looks at what others leave of the machine."""
_LONGEST_SECONDS = 60.0
_MOST_LOSSES = 3
"""Workers that a job may take with it before they say that they begin: it may be what kills them."""


class _Loss(NamedTuple):
    """A job whose worker is gone, and nobody has said yet how."""

    noticed_at: float
    handle: WorkerHandle
    worker: Worker


class Crew:
    """Gives jobs to workers in the order in which they came.

    Args:
        template: forks the workers.
        room: how many workers there are, with which GPUs and how much memory.
        hang_minutes: for how long work may say nothing; None: for ever.
    """

    def __init__(self, template: Template, room: Room, hang_minutes: float | None) -> None:
        self._room = room
        self._hang_minutes = hang_minutes
        self._force = Workforce(template, room.workers)
        self._waiting: deque[WorkerHandle] = deque()
        self._unexplained: list[_Loss] = []
        self._forecast: Forecast | None = None
        self.is_closed = False
        """Whether everything has been stopped."""

    @property
    def running(self) -> list[WorkerHandle]:
        """The jobs that have a worker."""
        busy = [worker.handle for worker in self._force.workers if worker.handle is not None]
        return [*busy, *(loss.handle for loss in self._unexplained)]

    def warm_up(self, work: str) -> None:
        """Let what ``work`` needs be imported before there is a job."""
        self._force.warm_up(work)

    def add(self, handle: WorkerHandle) -> None:
        """Take a job; it begins at once if it can."""
        self._waiting.append(handle)
        self.turn(0.0)

    def turn(self, timeout: float) -> None:
        """Take in what has happened and do what is due; wait at most ``timeout`` s for something to happen."""
        if self.is_closed:
            return
        self._forecast = None
        self._give_out()
        for worker, message in self._force.listen(min(timeout, self._next_due() - time.monotonic())):
            self._take_in(worker, message)
        self._explain_deaths()
        self._enforce_limits()
        self._give_out()

    def look(self) -> None:
        """Do what is due, and look at the machine: :meth:`has_room` and :meth:`held_by_others` look at nothing."""
        self.turn(0.0)
        self._room.look(self._force.workers)
        self._forecast = None

    def has_room(self, job: Job, promised: Collection[Job]) -> bool:
        """Whether a job could begin beside those that run, those that wait, and others that are promised a place."""
        if self._forecast is None:
            waiting = (handle.job for handle in self._waiting)
            self._forecast = Forecast(self._room, self._beside, waiting, self._force.workers)
        return self._forecast.has_room(job, promised)

    def held_by_others(self, job: Job) -> str:
        """See :meth:`execution.base.Executor.blocked_by_others`."""
        return self._room.held_by_others(job, self._force.workers)

    @property
    def _beside(self) -> list[Beside]:
        return [Beside(handle.job, handle.worker) for handle in self.running]

    def cancel(self, handle: WorkerHandle) -> None:
        """See :meth:`execution.base.Handle.cancel`."""
        self.turn(0.0)
        if handle.outcome is None and not handle.is_cancelled:
            handle.is_cancelled = True
            self._stop(handle, Failure(FailureKind.CANCELLED, "cancelled"))
            if handle.worker is not None:
                handle.worker.kill_in(_CANCEL_AGAIN_SECONDS if handle.is_preempted else _CANCEL_SECONDS)

    def preempt(self, handle: WorkerHandle, reason: str) -> None:
        """See :meth:`execution.base.Handle.preempt`."""
        self.turn(0.0)
        if handle.outcome is None and not handle.is_cancelled:
            handle.is_preempted = True
            self._stop(handle, Failure(FailureKind.PREEMPTED, reason))
            if handle.worker is not None:
                words = f"{reason}; it did not stop within {GRACE_SECONDS:g} seconds and was killed"
                handle.worker.kill_in(GRACE_SECONDS, FailureKind.PREEMPTED, words)

    def _stop(self, handle: WorkerHandle, failure: Failure) -> None:
        worker = handle.worker
        if worker is not None and worker.is_up:
            worker.stop(failure.message)
        elif worker is not None:
            self._take_from(worker)
            handle.end(Outcome(failure))
        elif handle in self._waiting:
            self._waiting.remove(handle)
            handle.end(Outcome(failure))

    def close(self) -> None:
        """Stop everything; what still runs counts as cancelled."""
        if self.is_closed:
            return
        try:
            for handle in [*self._waiting, *self.running]:
                self.cancel(handle)
            for worker in self._force.workers:
                worker.kill_in(_CLOSE_SECONDS)
                worker.dismiss()
            self._turn_until_gone(_CLOSE_SECONDS)
        finally:
            # A second Ctrl-C ends up here.
            for worker in list(self._force.workers):
                self._kill(worker)
            self._turn_until_gone(2 * _EXPLAIN_SECONDS)
            self.is_closed = True
            for handle in [*self._waiting, *self.running]:
                handle.is_cancelled = True
                handle.end(Outcome.failed(FailureKind.CANCELLED, "cancelled"))
            self._force.close()

    def _turn_until_gone(self, patience_s: float) -> None:
        limit = time.monotonic() + patience_s
        while (self._force.workers or self._unexplained) and time.monotonic() < limit:
            self.turn(limit - time.monotonic())

    def _give_out(self) -> None:
        while self._waiting and not self.is_closed:
            if trouble := self._force.trouble():
                while self._waiting:
                    # None of them was begun: others may do them, and it counts for nothing.
                    self._waiting.popleft().end(Outcome.failed(FailureKind.NOT_HERE, trouble))
                return
            self._room.look(self._force.workers)
            handle = self._waiting[0]
            found = self._find_worker(handle)
            if found is None:
                return
            worker, gpus = found
            self._waiting.popleft()
            handle.worker, handle.gpus, handle.waits_for = worker, gpus, f"waits for {worker.name} to start"
            worker.handle = handle
            self._room.shares.take(gpus, self._room.gpus_for(handle.job))
            if worker.is_up:
                worker.begin()

    def _find_worker(self, handle: WorkerHandle) -> tuple[Worker, tuple[str, ...]] | None:
        beside, force = self._beside, self._force
        gpus, handle.waits_for = self._room.find(handle.job, beside, force.workers, self._room.shares)
        if gpus is None:
            return None
        visible = self._room.visible(gpus)
        in_the_way = self._room.to_dismiss(handle.job, beside, force.idle, force.fitting(visible))
        for idle in in_the_way:
            idle.dismiss()
        if in_the_way:
            handle.waits_for = "waits for memory of workers that have nothing to do"
            return None
        worker = force.find(visible, handle.job.work)
        if worker is None:
            handle.waits_for = "waits for a process to start"
            return None
        return worker, gpus

    def _take_from(self, worker: Worker) -> WorkerHandle:
        handle = worker.handle
        assert handle is not None
        worker.relieve()
        handle.worker = None
        self._room.shares.give_back(handle.gpus, self._room.gpus_for(handle.job))
        return handle

    def _take_in(self, worker: Worker, message: Message | None) -> None:
        handle = worker.handle
        if handle is None:
            return
        if message is None:
            self._lose(worker)
        elif "hello" in message:
            worker.begin()
        elif "begun" in message:
            worker.has_begun = True
        elif "progress" in message:
            if message["progress"] is not None:
                handle.report(message["progress"])
            if "outcome" in message:
                outcome = Outcome.from_mapping(message["outcome"])
                self._take_from(worker).end(outcome)
                if _leaves_traces(outcome):
                    worker.dismiss()

    def _lose(self, worker: Worker) -> None:
        has_begun = worker.has_begun
        handle = self._take_from(worker)
        is_to_blame = has_begun or handle.losses >= _MOST_LOSSES - 1
        if worker.is_up and (is_to_blame or handle.is_cancelled or worker.verdict is not None):
            self._unexplained.append(_Loss(time.monotonic(), handle, worker))
        else:
            handle.go_back()
            self._waiting.appendleft(handle)

    def _kill(self, worker: Worker) -> None:
        if self._force.kill(worker) and worker.handle is not None:
            self._lose(worker)

    def _explain_deaths(self) -> None:
        now = time.monotonic()
        for loss in list(self._unexplained):
            begun_at, is_last_chance = loss.handle.begun_at, now >= loss.noticed_at + _EXPLAIN_SECONDS
            why = self._force.why_gone(loss.worker, begun_at, loss.noticed_at, is_last_chance)
            if why is not None:
                self._unexplained.remove(loss)
                loss.handle.end(Outcome.failed(*why, seconds=now - begun_at))

    def _enforce_limits(self) -> None:
        now = time.monotonic()
        for worker in list(self._force.workers):
            verdict = worker.next_verdict(self._hang_minutes)
            if verdict.at <= now:
                worker.verdict = verdict
                self._kill(worker)

    def _next_due(self) -> float:
        times = [worker.next_verdict(self._hang_minutes).at for worker in self._force.workers]
        times += [loss.noticed_at + _EXPLAIN_SECONDS for loss in self._unexplained]
        # Nobody tells when others leave memory or a GPU, so that one looks now and then.
        times.append(time.monotonic() + (_LOOK_SECONDS if self._waiting else _LONGEST_SECONDS))
        return min(times)


def _leaves_traces(outcome: Outcome) -> bool:
    """Whether what went wrong may have left a process of no more use: memory in pieces, a broken CUDA context."""
    failure = outcome.failure
    return failure is not None and (failure.kind == FailureKind.OUT_OF_MEMORY or "CUDA" in failure.message)
