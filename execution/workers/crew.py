"""The workers of one executor and the jobs they have: everything happens in :meth:`Crew.turn`, in the caller's thread."""

from __future__ import annotations

import itertools
import logging
import selectors
import time
from collections import deque
from contextlib import suppress

from execution.workers.channel import Message
from execution.workers.deaths import KillsForMemory, explain
from execution.workers.handle import WorkerHandle
from execution.workers.processes import OtherProcess
from execution.workers.room import Room
from execution.workers.template import Template
from execution.workers.worker import Worker
from jobs import FailureKind, Job, Outcome

__all__ = ["Crew"]

logger = logging.getLogger(__name__)

_CANCEL_SECONDS = 5.0
"""For work to stop by itself before it is killed."""
_CLOSE_SECONDS = 2.0
_EXPLAIN_SECONDS = 2.0
_LOOK_SECONDS = 0.5
"""Between two looks at what others leave of the machine."""
"""For the template to say how a worker ended."""
_LONGEST_SECONDS = 60.0
_UNSAFE_STARTS = 3
_MOST_STARTS = 8
"""Workers in a row that end before they are up, until imports are no longer shared, and until jobs fail."""


class Crew:
    """Gives jobs to workers in the order in which they came.

    Args:
        template: forks the workers.
        size: how many jobs at the same time.
        room: which GPUs and how much memory there are.
        hang_minutes: for how long work may say nothing; None: for ever.
    """

    def __init__(self, template: Template, size: int, room: Room, hang_minutes: float | None) -> None:
        self._template = template
        self._size = size
        self._room = room
        self._hang_minutes = hang_minutes
        self._kills = KillsForMemory()
        self._selector = selectors.DefaultSelector()
        self._waiting: deque[WorkerHandle] = deque()
        self._workers: list[Worker] = []
        self._unexplained: list[tuple[float, WorkerHandle, Worker]] = []
        self._failed_starts = 0
        self._next_start = 0.0
        self.is_closed = False
        """Whether everything has been stopped."""

    @property
    def running(self) -> list[WorkerHandle]:
        """The jobs that have a worker."""
        busy = [worker.handle for worker in self._workers if worker.handle is not None]
        return [*busy, *(handle for _, handle, _ in self._unexplained)]

    @property
    def waits(self) -> bool:
        """Whether a job waits for a worker."""
        return bool(self._waiting)

    def add(self, handle: WorkerHandle) -> None:
        """Take a job; it begins at once if it can."""
        self._waiting.append(handle)
        self._give_out()

    def turn(self, timeout: float) -> None:
        """Take in what has happened and do what is due; wait at most ``timeout`` s for something to happen."""
        if self.is_closed:
            return
        self._give_out()
        for key, _ in self._selector.select(max(0.0, min(timeout, self._next_due() - time.monotonic()))):
            if key.data is None:
                self._hear_template()
            elif key.data in self._workers:
                self._hear(key.data, has_ended=key.fileobj is not key.data.channel)
        self._explain_deaths()
        self._enforce_limits()
        self._give_out()

    def cancel(self, handle: WorkerHandle) -> None:
        """See :meth:`execution.base.Handle.cancel`."""
        self.turn(0.0)
        if handle.outcome is not None or handle.is_cancelled:
            return
        handle.is_cancelled = True
        self._stop(handle, Outcome.failed(FailureKind.CANCELLED, "cancelled"))
        if handle.worker is not None:
            handle.worker.kill_in(_CANCEL_SECONDS)

    def preempt(self, handle: WorkerHandle, reason: str) -> None:
        """See :meth:`execution.base.Handle.preempt`."""
        self.turn(0.0)
        if handle.outcome is None:
            self._stop(handle, Outcome.failed(FailureKind.PREEMPTED, reason))

    def _stop(self, handle: WorkerHandle, if_not_begun: Outcome) -> None:
        worker = handle.worker
        if worker is not None and worker.is_up:
            worker.stop(if_not_begun.failure.message if if_not_begun.failure else "")
        elif handle in self._waiting or worker is not None:
            if worker is None:
                self._waiting.remove(handle)
            else:
                self._take_from(worker)
            handle.end(if_not_begun)

    def close(self) -> None:
        """Stop everything; what still runs counts as cancelled."""
        if self.is_closed:
            return
        try:
            for handle in [*self._waiting, *self.running]:
                self.cancel(handle)
            for worker in self._workers:
                worker.kill_in(_CLOSE_SECONDS)
                worker.dismiss()
            self._turn_until_gone(_CLOSE_SECONDS)
        finally:
            # A second Ctrl-C ends up here.
            for worker in list(self._workers):
                self._kill(worker)
            self._turn_until_gone(2 * _EXPLAIN_SECONDS)
            self.is_closed = True
            self._template.stop()
            self._template.join(_EXPLAIN_SECONDS)
            self._selector.close()

    def _turn_until_gone(self, patience_s: float) -> None:
        limit = time.monotonic() + patience_s
        while (self._workers or self._unexplained) and time.monotonic() < limit:
            self.turn(limit - time.monotonic())

    # Jobs to workers.

    def _give_out(self) -> None:
        while self._waiting:
            handle = self._waiting[0]
            gpus, handle.waits_for = self.find_place(handle.job)
            if gpus is None:
                return
            worker = self._worker_with(self._room.visible(gpus), handle.job.work)
            if worker is None:
                handle.waits_for = "waits for a process to start"
                return
            self._waiting.popleft()
            handle.worker, handle.gpus, handle.waits_for = worker, gpus, f"waits for {worker.name} to start"
            worker.handle = handle
            self._room.take(handle.job, gpus)
            if worker.is_up:
                worker.begin()

    def find_place(self, job: Job) -> tuple[tuple[str, ...] | None, str]:
        """Return the GPUs with which a job can begin now, or None and what it waits for."""
        running = self.running
        if len(running) >= self._size:
            return None, "waits for a worker"
        warm = [worker.gpus for worker in self._workers if worker.is_idle and worker.gpus]
        bound = {id for worker in self._workers for id in worker.gpus or ()}
        return self._room.find(job, running, warm, bound)

    def _worker_with(self, gpus: tuple[str, ...] | None, work: str) -> Worker | None:
        idle = [worker for worker in self._workers if worker.is_idle]
        fitting = [worker for worker in idle if worker.gpus == gpus]
        if fitting:
            return max(fitting, key=lambda worker: worker.heard_at)
        if sum(not worker.is_dismissed for worker in self._workers) >= self._size:
            min(idle, key=lambda worker: worker.heard_at).dismiss()
        return self._fork(gpus, work)

    def _take_from(self, worker: Worker) -> WorkerHandle:
        handle = worker.handle
        assert handle is not None
        worker.relieve()
        handle.worker = None
        self._room.give_back(handle.job, handle.gpus)
        return handle

    # Workers come and go.

    def _fork(self, gpus: tuple[str, ...] | None, work: str) -> Worker | None:
        if time.monotonic() < self._next_start:
            return None
        taken = {worker.number for worker in self._workers}
        number = next(number for number in itertools.count(1) if number not in taken)
        try:
            self._start_template()
            channel = self._template.fork(number, work, gpus)
        except OSError as error:
            logger.warning("no worker can be started: %s", error)
            self._note_failed_start()
            return None
        worker = Worker(number, gpus, channel, self._template.generation)
        self._workers.append(worker)
        self._selector.register(channel, selectors.EVENT_READ, worker)
        return worker

    def _start_template(self) -> None:
        if self._template.channel is None:
            self._template.start()
            assert self._template.channel is not None
            self._selector.register(self._template.channel, selectors.EVENT_READ, None)

    def _hear_template(self) -> None:
        self._template.read()
        channel = self._template.channel
        if channel is not None and channel.closed:
            self._selector.unregister(channel)
            self._template.stop()
            if self._template.has_served and not self._failed_starts:
                # At once, so that it has imported everything again by the time that a worker must be replaced.
                with suppress(OSError):
                    self._start_template()

    def _note_failed_start(self) -> None:
        self._failed_starts += 1
        self._next_start = time.monotonic() + (0.0 if self._failed_starts == 1 else 0.05 * 2**self._failed_starts)
        if self._failed_starts == _UNSAFE_STARTS:
            self._template.preloads = False
        if self._failed_starts >= _MOST_STARTS:
            message = f"no worker can be started; what they wrote: {self._template.last_words()}"
            while self._waiting:
                self._waiting.popleft().end(Outcome.failed(FailureKind.WORKER_DIED, message))

    def _hear(self, worker: Worker, has_ended: bool) -> None:
        for message in worker.channel.receive():
            self._take_in(worker, message)
        if has_ended or worker.channel.closed:
            self._lose(worker)

    def _take_in(self, worker: Worker, message: Message) -> None:
        worker.heard_at = time.monotonic()
        if "hello" in message:
            self._failed_starts = 0
            worker.process = OtherProcess(message["hello"])
            if worker.process.descriptor is not None:
                self._selector.register(worker.process.descriptor, selectors.EVENT_READ, worker)
            if worker.handle is not None:
                worker.begin()
        elif "leaving" in message:
            worker.leaving = message["leaving"]
            worker.is_dismissed = True
        elif worker.handle is not None:
            if message["progress"] is not None:
                worker.handle.report(message["progress"])
            if "outcome" in message:
                outcome = Outcome.from_mapping(message["outcome"])
                self._take_from(worker).end(outcome)
                if _leaves_traces(outcome):
                    worker.dismiss()

    def _kill(self, worker: Worker) -> None:
        worker.kill()
        if not worker.is_up:
            self._lose(worker)

    def _lose(self, worker: Worker) -> None:
        self._workers.remove(worker)
        self._selector.unregister(worker.channel)
        if worker.process is not None and worker.process.descriptor is not None:
            self._selector.unregister(worker.process.descriptor)
        handle = None if worker.handle is None else self._take_from(worker)
        worker.kill()
        worker.close()
        if not worker.is_up:
            self._note_failed_start()
            if handle is not None:
                self._waiting.appendleft(handle)
        elif handle is not None:
            self._unexplained.append((time.monotonic() + _EXPLAIN_SECONDS, handle, worker))

    def _explain_deaths(self) -> None:
        for entry in list(self._unexplained):
            limit, handle, worker = entry
            outcome = self._end_of(worker, handle, is_last_chance=time.monotonic() >= limit)
            if outcome is not None:
                self._unexplained.remove(entry)
                handle.end(outcome)

    def _end_of(self, worker: Worker, handle: WorkerHandle, is_last_chance: bool) -> Outcome | None:
        seconds = time.monotonic() - handle.begun_at
        if worker.verdict is not None:
            return Outcome.failed(worker.verdict.kind, worker.verdict.message, seconds)
        if worker.leaving:
            return Outcome.failed(FailureKind.PREEMPTED, f"{worker.leaving}, and it did not stop in time", seconds)
        assert worker.process is not None
        knows = self._template.channel is not None and worker.generation == self._template.generation
        status = self._template.status(worker.process.pid)
        if status is None and knows and not is_last_chance:
            return None
        kind, evidence = explain(status, self._kills)
        return Outcome.failed(kind, f"{worker.name} {evidence}", seconds)

    def _enforce_limits(self) -> None:
        now = time.monotonic()
        for worker in list(self._workers):
            verdict = worker.next_verdict(self._hang_minutes)
            if verdict.at <= now:
                worker.verdict = verdict
                self._kill(worker)

    def _next_due(self) -> float:
        times = [worker.next_verdict(self._hang_minutes).at for worker in self._workers]
        times += [limit for limit, _, _ in self._unexplained]
        # Nobody tells when others leave memory or a GPU, so that one looks now and then.
        times.append(time.monotonic() + (_LOOK_SECONDS if self._waiting else _LONGEST_SECONDS))
        return min(times)


def _leaves_traces(outcome: Outcome) -> bool:
    """Whether what went wrong may have left a process of no more use: memory in pieces, a broken CUDA context."""
    failure = outcome.failure
    return failure is not None and (failure.kind == FailureKind.OUT_OF_MEMORY or "CUDA" in failure.message)
