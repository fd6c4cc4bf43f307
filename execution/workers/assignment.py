"""Which job gets which worker, which GPUs and how much memory; and which has to wait, and for what."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection

from execution.workers.forecast import Forecast
from execution.workers.handle import WorkerHandle
from execution.workers.room import Beside, Room
from execution.workers.unexplained import Unexplained
from execution.workers.worker import Worker
from execution.workers.workforce import Workforce
from jobs import FailureKind, Job, Outcome

__all__ = ["Assignment"]

_MOST_LOSSES = 3
"""Workers that a job may take with it before they say that they begin: it may be what kills them."""


class Assignment:
    """Gives jobs to workers in the order in which they came.

    Args:
        room: what this machine has.
        force: the workers.
        unexplained: jobs whose worker is gone. They gave back their GPUs at once, and keep their other needs promised
            to them until it is known how it ended.
    """

    def __init__(self, room: Room, force: Workforce, unexplained: Unexplained) -> None:
        self._room = room
        self._force = force
        self._unexplained = unexplained
        self._forecast: Forecast | None = None
        self.waiting: deque[WorkerHandle] = deque()
        """Jobs without a worker, the next one first."""

    @property
    def running(self) -> list[WorkerHandle]:
        """The jobs that have a worker, or whose worker is gone and nobody knows how."""
        busy = [worker.handle for worker in self._force.workers if worker.handle is not None]
        return [*busy, *self._unexplained.handles]

    def give_out(self) -> None:
        """Give the jobs that wait to workers, until one has to go on waiting."""
        self._forecast = None
        while self.waiting:
            if trouble := self._force.trouble():
                while self.waiting:
                    # None of them was begun: others may do them, and it counts for nothing.
                    self.waiting.popleft().end(Outcome.failed(FailureKind.NOT_HERE, trouble))
                return
            self._room.look_again(self._force.workers)
            handle = self.waiting[0]
            found = self._find_worker(handle)
            if found is None:
                return
            self.waiting.popleft()
            self._give(handle, *found)

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

    def _give(self, handle: WorkerHandle, worker: Worker, gpus: tuple[str, ...]) -> None:
        handle.worker, handle.gpus, handle.waits_for = worker, gpus, f"waits for {worker.name} to start"
        worker.handle = handle
        self._room.shares.take(gpus, self._room.gpus_for(handle.job))
        if worker.is_up:
            worker.begin()

    def take_from(self, worker: Worker) -> WorkerHandle:
        """Return the job that a worker had, and let others have its place."""
        handle = worker.handle
        assert handle is not None
        worker.relieve()
        handle.worker = None
        self._room.shares.give_back(handle.gpus, self._room.gpus_for(handle.job))
        self._room.note_change()
        return handle

    def lose(self, worker: Worker) -> None:
        """Take the job from a worker that is gone: it waits again, unless it may be what ended the worker."""
        has_begun = worker.has_begun
        handle = self.take_from(worker)
        is_to_blame = has_begun or handle.losses >= _MOST_LOSSES - 1
        if worker.is_up and (is_to_blame or handle.is_cancelled or worker.verdict is not None):
            self._unexplained.add(handle, worker)
        else:
            handle.go_back()
            self.waiting.appendleft(handle)

    def look(self) -> None:
        """Look at the machine, for the two that follow: they look at nothing."""
        self._room.look(self._force.workers)
        self._forecast = None

    def has_room(self, job: Job, promised: Collection[Job]) -> bool:
        """Whether a job could begin beside those that run, those that wait, and others that are promised a place."""
        if self._forecast is None:
            waiting = (handle.job for handle in self.waiting)
            self._forecast = Forecast(self._room, self._beside, waiting, self._force.workers)
        return self._forecast.has_room(job, promised)

    def held_by_others(self, job: Job) -> str:
        """See :meth:`execution.base.Executor.blocked_by_others`."""
        return self._room.held_by_others(job, self._force.workers)

    @property
    def _beside(self) -> list[Beside]:
        return [Beside(handle.job, handle.worker) for handle in self.running]
