"""An executor by a third party: a thread of this process for each job, and nothing of ours but the interface."""

from __future__ import annotations

import concurrent.futures
import threading
from collections.abc import Collection, Mapping
from typing import Any

from errors import ConfigError
from execution.base import Executor, Handle, JobState
from execution.options import ExecutorOptions
from execution.work import Context, carry_out
from jobs import FailureKind, Job, Outcome, Resources


class ThreadedExecutor(Executor):
    """Two jobs at a time, each in a thread."""

    name = "test.third_party"

    def __init__(self, options: ExecutorOptions) -> None:
        self._threads = concurrent.futures.ThreadPoolExecutor(self.max_concurrent)
        self._told = threading.Event()
        self._handles: list[_Handle] = []

    @property
    def capacity(self) -> Resources | None:
        return Resources(cpus=2, gpus=0, memory_gb=1024)

    @property
    def max_concurrent(self) -> int:
        return 2

    def submit(self, job: Job) -> Handle:
        if lacking := job.resources.lacks(self.capacity):
            raise ConfigError(f"{job.name} needs {lacking}")
        handle = _Handle(Job.from_json(job.to_json()), self._told)
        handle.future = self._threads.submit(handle.carry_out)
        handle.future.add_done_callback(lambda future: self._told.set())
        self._handles.append(handle)
        return handle

    def wait(self, handles: Collection[Handle], timeout: float) -> None:
        if not any(handle.state.is_final for handle in handles):
            self._told.wait(timeout)
            self._told.clear()

    def close(self) -> None:
        for handle in self._handles:
            handle.cancel()
        self._threads.shutdown()


class _Handle(Handle):
    future: concurrent.futures.Future[Outcome]

    def __init__(self, job: Job, told: threading.Event) -> None:
        super().__init__(job)
        self._told = told
        self._progress: Mapping[str, Any] = {}
        self._reason = ""
        self._cancelled = False

    def carry_out(self) -> Outcome:
        return carry_out(self.job, Context(self._report, lambda: self._reason))

    def _report(self, progress: Mapping[str, Any]) -> None:
        self._progress = progress
        self._told.set()

    @property
    def state(self) -> JobState:
        if self.future.done():
            return JobState.of(self.result())
        return JobState.RUNNING if self.future.running() else JobState.PENDING

    @property
    def progress(self) -> Mapping[str, Any]:
        return self._progress

    @property
    def where(self) -> str:
        return "a thread"

    def result(self, timeout: float | None = None) -> Outcome:
        try:
            outcome = self.future.result(timeout)
        except concurrent.futures.CancelledError:
            outcome = Outcome.failed(FailureKind.PREEMPTED, self._reason)
        if self._cancelled and not outcome.success:
            return Outcome.failed(FailureKind.CANCELLED, "cancelled")
        return outcome

    def cancel(self) -> None:
        if not self.future.done():
            self._cancelled = True
            self.preempt("cancelled")

    def preempt(self, reason: str) -> None:
        self._reason = reason
        self.future.cancel()

    def logs(self) -> str:
        return ""
