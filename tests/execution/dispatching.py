"""Jobs for a dispatcher, who listens to it and stops it in tests, and handles that do as they are told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from execution.base import Executor, Handle, JobState
from execution.dispatching.dispatcher import Dispatcher
from execution.dispatching.listening import Listener
from execution.dispatching.options import DispatcherOptions
from execution.executors import create_executor
from execution.interruption import Interruption
from execution.options import ExecutorOptions
from jobs import Job, Outcome
from tracking.queue.queue import Queue
from tracking.queue.records import Settled

__all__ = ["Asked", "Ended", "Heard", "dispatch", "make_job"]


class Heard(Listener):
    """Remembers what it is told."""

    def __init__(self) -> None:
        self.begun_jobs: list[str] = []
        self.ends: list[tuple[str, Outcome, Settled]] = []
        self.returned: list[str] = []
        self.lines: list[str] = []
        self.steps: list[Mapping[str, Any]] = []

    def begun(self, job: Job) -> None:
        self.begun_jobs.append(job.id)

    def progressed(self, handle: Handle) -> None:
        self.steps.append(handle.progress)

    def ended(self, job: Job, outcome: Outcome, settled: Settled) -> None:
        self.ends.append((job.id, outcome, settled))

    def given_back(self, job: Job) -> None:
        self.returned.append(job.id)

    def said(self, text: str) -> None:
        self.lines.append(text)


class Asked(Interruption):
    """Says what it is told to say, as if signals had come."""

    asked = False
    reason = ""

    @property
    def is_asked(self) -> bool:
        return self.asked or bool(self.reason)

    def stop_reason(self) -> str:
        return self.reason


class Ended(Handle):
    """A job that ended as a test says."""

    def __init__(self, job: Job, outcome: Outcome) -> None:
        super().__init__(job)
        self._outcome = outcome

    @property
    def state(self) -> JobState:
        return JobState.of(self._outcome)

    def result(self, timeout: float | None = None) -> Outcome:
        return self._outcome

    def cancel(self) -> None: ...

    def preempt(self, reason: str) -> None: ...

    def logs(self) -> str:
        return ""


def make_job(
    id: str, work: str = "test.echo", *needs: str, payload: Mapping[str, Any] | None = None, **more: Any
) -> Job:
    """Return a job; ``more`` are fields of it."""
    return Job(id=id, name=f"name of {id}", work=work, needs=needs, payload=dict(payload or {}), **more)


def dispatch(
    queue: Queue, executor: Executor | None = None, interruption: Interruption | None = None, **options: Any
) -> Heard:
    """Work through a queue, in this process unless an executor is given; ``options`` are the dispatcher's."""
    heard = Heard()
    with executor or create_executor(ExecutorOptions()) as opened:
        chosen = DispatcherOptions(**options)
        Dispatcher(queue, opened, heard, interruption or Interruption(), chosen).run()
    return heard
