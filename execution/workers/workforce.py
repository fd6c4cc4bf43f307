"""The processes of one executor: who there is, who is up, who is gone and why. It knows of no job but how to be fit."""

from __future__ import annotations

import itertools
import logging
import selectors
import time
from contextlib import suppress

from execution.channel import Message
from execution.endings import KillsForMemory
from execution.workers.deaths import explain
from execution.workers.memory import resident_gb
from execution.workers.processes import OtherProcess
from execution.workers.template import Template
from execution.workers.worker import Worker
from jobs import FailureKind

__all__ = ["Workforce"]

logger = logging.getLogger(__name__)

_UNSAFE_STARTS = 3
_MOST_STARTS = 8
"""Workers in a row that end before they are up, until imports are no longer shared, and until jobs fail."""
_JOIN_SECONDS = 2.0


class Workforce:
    """At most ``size`` workers, and those on their way out.

    Args:
        template: forks them.
        size: how many.
    """

    def __init__(self, template: Template, size: int) -> None:
        self._template = template
        self._size = size
        self._kills = KillsForMemory()
        self._selector = selectors.DefaultSelector()
        self._failed_starts = 0
        self._failed_generation = 0
        self._next_start = 0.0
        self._births = itertools.count(1)
        self.workers: list[Worker] = []

    def listen(self, timeout: float) -> list[tuple[Worker, Message | None]]:
        """Wait at most ``timeout`` s, and return what workers say; None stands for one that is gone.

        A worker that says ``hello`` is up; one that is gone stands in :attr:`workers` no more.
        """
        self._kills.look()
        heard: list[tuple[Worker, Message | None]] = []
        for key, _ in self._selector.select(max(0.0, timeout)):
            if key.data is None:
                self._hear_template()
            elif key.data in self.workers:
                worker: Worker = key.data
                heard += [(worker, message) for message in self._read(worker)]
                if worker.channel.closed or key.fileobj is not worker.channel:
                    self._part_with(worker)
                    heard.append((worker, None))
        return heard

    def _read(self, worker: Worker) -> list[Message]:
        messages = worker.channel.receive()
        for message in messages:
            worker.heard_at = time.monotonic()
            if "hello" in message:
                self._failed_starts = 0
                worker.process = OtherProcess(message["hello"])
                worker.born_gb = resident_gb(message["hello"])
                if worker.process.descriptor is not None:
                    self._selector.register(worker.process.descriptor, selectors.EVENT_READ, worker)
            elif "leaving" in message:
                worker.leaving = message["leaving"]
                worker.is_dismissed = True
        return messages

    def find(self, gpus: tuple[str, ...] | None, work: str) -> Worker | None:
        """Return an idle worker that sees these GPUs, if need be a new one in place of an idle one that does not.

        Args:
            gpus: see :class:`Worker`.
            work: what it is to do first, if it is new.

        Returns:
            None where no process can be started just now.
        """
        fitting = self.fitting(gpus)
        if fitting is not None:
            return fitting
        if sum(not worker.is_dismissed for worker in self.workers) >= self._size:
            self.idle[0].dismiss()
        return self._fork(gpus, work)

    @property
    def idle(self) -> list[Worker]:
        """Those that can be given a job, whoever has been idle for longest first."""
        return sorted((worker for worker in self.workers if worker.is_idle), key=lambda worker: worker.heard_at)

    def fitting(self, gpus: tuple[str, ...] | None) -> Worker | None:
        """Return the idle worker that a job on these GPUs would be given; None where it needs a new one."""
        fitting = [worker for worker in self.idle if worker.gpus == gpus]
        return fitting[-1] if fitting else None

    def _fork(self, gpus: tuple[str, ...] | None, work: str) -> Worker | None:
        if time.monotonic() < self._next_start:
            return None
        taken = {worker.number for worker in self.workers}
        number = next(number for number in itertools.count(1) if number not in taken)
        try:
            self._start_template()
            birth = next(self._births)
            channel = self._template.fork(birth, number, work, gpus)
        except OSError as error:
            logger.warning("no worker can be started: %s", error)
            self._note_failed_start(self._template.generation)
            return None
        worker = Worker(number, gpus, channel, self._template.generation, birth)
        self.workers.append(worker)
        self._selector.register(channel, selectors.EVENT_READ, worker)
        return worker

    def warm_up(self, work: str) -> None:
        """Let what ``work`` needs be imported before the first worker is wanted."""
        self._template.expect(work)
        # Where no process can be started now, the first job tries again and says so.
        with suppress(OSError):
            self._start_template()

    def _start_template(self) -> None:
        if self._template.channel is None:
            self._selector.register(self._template.start(), selectors.EVENT_READ, None)

    def _hear_template(self) -> None:
        self._template.read()
        channel = self._template.channel
        if channel is not None and channel.closed:
            self._selector.unregister(channel)
            self._template.stop()
            self._template.join(_JOIN_SECONDS)
            if self._template.has_served and not self._failed_starts:
                # At once, so that it has imported everything again by the time that a worker must be replaced.
                with suppress(OSError):
                    self._start_template()

    def _note_failed_start(self, generation: int) -> None:
        if generation == self._failed_generation and self._template.channel is None:
            return  # all whom one process was to fork fail with it, and count as one
        self._failed_generation = generation
        self._failed_starts += 1
        self._next_start = time.monotonic() + (0.0 if self._failed_starts == 1 else 0.05 * 2**self._failed_starts)
        if self._failed_starts == _UNSAFE_STARTS:
            self._template.preloads = False

    def trouble(self) -> str:
        """Return why no worker can be started, where that was tried often enough; asked again, it is tried again."""
        if self._failed_starts < _MOST_STARTS:
            return ""
        self._failed_starts = _MOST_STARTS - 1
        return f"no worker can be started: {self._template.last_words()}"

    def kill(self, worker: Worker) -> bool:
        """Kill a worker; return whether it is gone already, else :meth:`listen` will tell."""
        worker.kill()
        if worker.is_up:
            return False
        self._part_with(worker)
        return True

    def _part_with(self, worker: Worker) -> None:
        self.workers.remove(worker)
        self._selector.unregister(worker.channel)
        if worker.process is not None and worker.process.descriptor is not None:
            self._selector.unregister(worker.process.descriptor)
        worker.kill()
        worker.close()
        if not worker.is_up:
            self._note_failed_start(worker.generation)

    def why_gone(
        self, worker: Worker, begun_at: float, noticed_at: float, is_last_chance: bool
    ) -> tuple[FailureKind, str] | None:
        """Return of what kind the end of a worker is, and the evidence; None while more may become known.

        Args:
            worker: one that was up and is gone.
            begun_at: when its job began, on the monotonic clock.
            noticed_at: when it was noticed that it is gone.
            is_last_chance: whether to say now what is known.
        """
        if worker.verdict is not None:
            return worker.verdict.kind, worker.verdict.message
        if worker.leaving:
            return FailureKind.PREEMPTED, f"{worker.leaving}, and the work did not stop in time"
        will_tell = self._template.channel is not None and worker.generation == self._template.generation
        status = self._template.status(worker.birth)
        if status is None and will_tell and not is_last_chance:
            return None
        kind, evidence = explain(status, self._kills, begun_at, noticed_at)
        importing = f", importing the work {worker.importing!r}," if worker.importing else ""
        return kind, f"{worker.name}{importing} {evidence}"

    def close(self) -> None:
        """Let go of everything; the workers are gone."""
        self._template.stop()
        self._template.join(_JOIN_SECONDS)
        self._selector.close()
