"""The jobs of one executor and the workers that do them.

Nothing happens behind the caller's back: all of it is done in :meth:`Crew.turn`, in the caller's thread.
"""

from __future__ import annotations

import time
from collections import deque

from execution.workers.channel import Message
from execution.workers.handle import WorkerHandle
from execution.workers.room import Room
from execution.workers.template import Template
from execution.workers.worker import Worker
from execution.workers.workforce import Workforce
from jobs import Failure, FailureKind, Job, Outcome

__all__ = ["Crew"]

_CANCEL_SECONDS = 5.0
"""For work to stop by itself before it is killed."""
_CLOSE_SECONDS = 2.0
_EXPLAIN_SECONDS = 2.0
"""For the template to say how a worker ended."""
_LOOK_SECONDS = 0.5
"""Between two looks at what others leave of the machine."""
_LONGEST_SECONDS = 60.0


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
        self._unexplained: list[tuple[float, WorkerHandle, Worker]] = []
        self.is_closed = False
        """Whether everything has been stopped."""

    @property
    def running(self) -> list[WorkerHandle]:
        """The jobs that have a worker."""
        busy = [worker.handle for worker in self._force.workers if worker.handle is not None]
        return [*busy, *(handle for _, handle, _ in self._unexplained)]

    @property
    def waits(self) -> bool:
        """Whether a job waits for a worker."""
        return bool(self._waiting)

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
        self._give_out()
        for worker, message in self._force.listen(min(timeout, self._next_due() - time.monotonic())):
            self._take_in(worker, message)
        self._explain_deaths()
        self._enforce_limits()
        self._give_out()

    def find_place(self, job: Job) -> tuple[tuple[str, ...] | None, str]:
        """Return the GPUs with which a job can begin now, or None and what it waits for."""
        running = self.running
        if len(running) >= self._room.workers:
            return None, "waits for a worker"
        warm = [worker.gpus for worker in self._force.workers if worker.is_idle and worker.gpus]
        bound = {id for worker in self._force.workers for id in worker.gpus or ()}
        return self._room.find(job, running, warm, bound)

    def cancel(self, handle: WorkerHandle) -> None:
        """See :meth:`execution.base.Handle.cancel`."""
        self.turn(0.0)
        if handle.outcome is None and not handle.is_cancelled:
            handle.is_cancelled = True
            self._stop(handle, Failure(FailureKind.CANCELLED, "cancelled"))
            if handle.worker is not None:
                handle.worker.kill_in(_CANCEL_SECONDS)

    def preempt(self, handle: WorkerHandle, reason: str) -> None:
        """See :meth:`execution.base.Handle.preempt`."""
        self.turn(0.0)
        if handle.outcome is None:
            self._stop(handle, Failure(FailureKind.PREEMPTED, reason))

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
                    self._waiting.popleft().end(Outcome.failed(FailureKind.WORKER_DIED, trouble))
                return
            handle = self._waiting[0]
            gpus, handle.waits_for = self.find_place(handle.job)
            if gpus is None:
                return
            worker = self._force.find(self._room.visible(gpus), handle.job.work)
            if worker is None:
                handle.waits_for = "waits for a process to start"
                return
            self._waiting.popleft()
            handle.worker, handle.gpus, handle.waits_for = worker, gpus, f"waits for {worker.name} to start"
            worker.handle = handle
            self._room.take(handle.job, gpus)
            if worker.is_up:
                worker.begin()

    def _take_from(self, worker: Worker) -> WorkerHandle:
        handle = worker.handle
        assert handle is not None
        worker.relieve()
        handle.worker = None
        self._room.give_back(handle.job, handle.gpus)
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
        if worker.is_up and (has_begun or handle.is_cancelled or worker.verdict is not None):
            self._unexplained.append((time.monotonic() + _EXPLAIN_SECONDS, handle, worker))
        else:
            handle.go_back()
            self._waiting.appendleft(handle)

    def _kill(self, worker: Worker) -> None:
        if self._force.kill(worker) and worker.handle is not None:
            self._lose(worker)

    def _explain_deaths(self) -> None:
        now = time.monotonic()
        for entry in list(self._unexplained):
            limit, handle, worker = entry
            why = self._force.why_gone(worker, is_last_chance=now >= limit)
            if why is not None:
                self._unexplained.remove(entry)
                handle.end(Outcome.failed(*why, seconds=now - handle.begun_at))

    def _enforce_limits(self) -> None:
        now = time.monotonic()
        for worker in list(self._force.workers):
            verdict = worker.next_verdict(self._hang_minutes)
            if verdict.at <= now:
                worker.verdict = verdict
                self._kill(worker)

    def _next_due(self) -> float:
        times = [worker.next_verdict(self._hang_minutes).at for worker in self._force.workers]
        times += [limit for limit, _, _ in self._unexplained]
        # Nobody tells when others leave memory or a GPU, so that one looks now and then.
        times.append(time.monotonic() + (_LOOK_SECONDS if self._waiting else _LONGEST_SECONDS))
        return min(times)


def _leaves_traces(outcome: Outcome) -> bool:
    """Whether what went wrong may have left a process of no more use: memory in pieces, a broken CUDA context."""
    failure = outcome.failure
    return failure is not None and (failure.kind == FailureKind.OUT_OF_MEMORY or "CUDA" in failure.message)
