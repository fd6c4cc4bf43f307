"""The jobs of one executor and the workers that do them.

Nothing happens behind the caller's back: all of it is done in :meth:`Crew.turn`, in the caller's thread.
"""

from __future__ import annotations

import time
from collections.abc import Collection

from execution.channel import Message
from execution.endings import GRACE_SECONDS
from execution.workers.assignment import Assignment
from execution.workers.handle import WorkerHandle
from execution.workers.room import Room
from execution.workers.template import Template
from execution.workers.unexplained import EXPLAIN_SECONDS, Unexplained
from execution.workers.worker import Worker
from execution.workers.workforce import Workforce
from jobs import Failure, FailureKind, Job, Outcome

__all__ = ["Crew"]

_CANCEL_SECONDS = 5.0
_CANCEL_AGAIN_SECONDS = 2.0
"""For work to stop by itself before it is killed; the second where it was asked to stop before."""
_CLOSE_SECONDS = 2.0
_LAST_SECONDS = 2 * EXPLAIN_SECONDS
"""For the ends of those that were killed to be noticed and explained."""
_LOOK_SECONDS = 0.5
"""Between two looks at what others leave of the machine."""
_LONGEST_SECONDS = 60.0


class Crew:
    """Moves jobs on: to a worker, to their end, and back where their worker ended before they began.

    Args:
        template: forks the workers.
        room: how many workers there are, with which GPUs and how much memory.
        hang_minutes: for how long work may say nothing; None: for ever.
    """

    def __init__(self, template: Template, room: Room, hang_minutes: float | None) -> None:
        self._room = room
        self._hang_minutes = hang_minutes
        self._force = Workforce(template, room.workers)
        self._unexplained = Unexplained(self._force)
        self._assignment = Assignment(room, self._force, self._unexplained)
        self.is_closed = False
        """Whether everything has been stopped."""

    def warm_up(self, work: str) -> None:
        """Let what ``work`` needs be imported before there is a job."""
        self._force.warm_up(work)

    def add(self, handle: WorkerHandle) -> None:
        """Take a job; it begins at once if it can."""
        self._assignment.waiting.append(handle)
        self.turn(0.0)

    def turn(self, timeout: float) -> None:
        """Take in what has happened and do what is due; wait at most ``timeout`` s for something to happen."""
        if self.is_closed:
            return
        self._assignment.give_out()
        for worker, message in self._force.listen(min(timeout, self._next_due() - time.monotonic())):
            self._take_in(worker, message)
        self._unexplained.explain()
        self._enforce_limits()
        self._assignment.give_out()

    def look(self) -> None:
        """Do what is due, and look at the machine: :meth:`has_room` and :meth:`held_by_others` look at nothing."""
        self.turn(0.0)
        self._assignment.look()

    def has_room(self, job: Job, promised: Collection[Job]) -> bool:
        """See :meth:`execution.base.Executor.has_room`."""
        return self._assignment.has_room(job, promised)

    def held_by_others(self, job: Job) -> str:
        """See :meth:`execution.base.Executor.blocked_by_others`."""
        return self._assignment.held_by_others(job)

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
            self._assignment.take_from(worker)
            handle.end(Outcome(failure))
        elif handle in self._assignment.waiting:
            self._assignment.waiting.remove(handle)
            handle.end(Outcome(failure))

    def close(self) -> None:
        """Stop everything; what still runs counts as cancelled."""
        if self.is_closed:
            return
        try:
            for handle in self._open_handles():
                self.cancel(handle)
            for worker in self._force.workers:
                worker.kill_in(_CLOSE_SECONDS)
                worker.dismiss()
            self._turn_until_gone(_CLOSE_SECONDS)
        finally:
            # A second Ctrl-C ends up here.
            for worker in list(self._force.workers):
                self._kill(worker)
            self._turn_until_gone(_LAST_SECONDS)
            self.is_closed = True
            for handle in self._open_handles():
                handle.is_cancelled = True
                handle.end(Outcome.failed(FailureKind.CANCELLED, "cancelled"))
            self._force.close()

    def _open_handles(self) -> list[WorkerHandle]:
        return [*self._assignment.waiting, *self._assignment.running]

    def _turn_until_gone(self, patience_s: float) -> None:
        limit = time.monotonic() + patience_s
        while (self._force.workers or self._unexplained.handles) and time.monotonic() < limit:
            self.turn(limit - time.monotonic())

    def _take_in(self, worker: Worker, message: Message | None) -> None:
        if message is None:
            # What it had of memory is free now.
            self._room.note_change()
        handle = worker.handle
        if handle is None:
            return
        if message is None:
            self._assignment.lose(worker)
        elif "hello" in message:
            worker.begin()
        elif "begun" in message:
            worker.has_begun = True
        elif "importing" in message:
            worker.importing = message["importing"]
        elif "progress" in message:
            if message["progress"] is not None:
                handle.report(message["progress"])
            if "outcome" in message:
                outcome = Outcome.from_mapping(message["outcome"])
                self._assignment.take_from(worker).end(outcome)
                if _leaves_traces(outcome):
                    worker.dismiss()

    def _kill(self, worker: Worker) -> None:
        if self._force.kill(worker) and worker.handle is not None:
            self._assignment.lose(worker)

    def _enforce_limits(self) -> None:
        now = time.monotonic()
        for worker in list(self._force.workers):
            verdict = worker.next_verdict(self._hang_minutes)
            if verdict.at <= now:
                worker.verdict = verdict
                self._kill(worker)

    def _next_due(self) -> float:
        times = [worker.next_verdict(self._hang_minutes).at for worker in self._force.workers]
        times.append(self._unexplained.next_due())
        # Nobody tells when others leave memory or a GPU, so that one looks now and then.
        times.append(time.monotonic() + (_LOOK_SECONDS if self._assignment.waiting else _LONGEST_SECONDS))
        return min(times)


def _leaves_traces(outcome: Outcome) -> bool:
    """Whether what went wrong may have left a process of no more use: memory in pieces, a broken CUDA context."""
    failure = outcome.failure
    return failure is not None and (failure.kind == FailureKind.OUT_OF_MEMORY or "CUDA" in failure.message)
