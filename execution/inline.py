"""In this process, one job after another: the reference that every other executor must equal."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from typing import Any

from execution.base import Executor, Handle, JobState
from execution.options import ExecutorOptions
from execution.work import Context, carry_out
from jobs import Job, Outcome, Resources

__all__ = ["InlineExecutor"]


class InlineExecutor(Executor):
    """Executes a job within :meth:`submit`. What only another process can do is left out: limits of time, killing.

    Args:
        options: none of them means anything here.
    """

    name = "inline"
    reads = ()
    reads_resources = False

    def __init__(self, options: ExecutorOptions) -> None:
        self._on_progress: Callable[[Handle], None] = lambda handle: None
        self._stop_reason: Callable[[], str] = lambda: ""

    def listen(self, on_progress: Callable[[Handle], None], stop_reason: Callable[[], str]) -> None:
        """Say who is told of progress while :meth:`submit` is at work, and who may stop it."""
        self._on_progress = on_progress
        self._stop_reason = stop_reason

    @property
    def capacity(self) -> Resources | None:
        """Not known: one job has all that this process has."""
        return None

    @property
    def max_concurrent(self) -> int:
        """One."""
        return 1

    def submit(self, job: Job) -> Handle:
        """Do the job and return.

        Raises:
            ConfigError: its payload is not JSON.
        """
        # It crosses no boundary here, and yet is what it would be beyond: the others are measured by this one.
        handle = _Done(Job.from_json(job.to_json()), self._on_progress)
        handle.carry_out(Context(handle.report, self._stop_reason, self.kept))
        return handle

    def wait(self, handles: Collection[Handle], timeout: float) -> None:
        """Return: all have ended."""

    def close(self) -> None:
        """Forget what was kept between jobs."""
        self.kept.clear()


class _Done(Handle):
    def __init__(self, job: Job, on_progress: Callable[[Handle], None]) -> None:
        super().__init__(job)
        self._on_progress = on_progress
        self._progress: Mapping[str, Any] = {}
        self._outcome: Outcome | None = None

    def carry_out(self, context: Context) -> None:
        self._outcome = carry_out(self.job, context)

    def report(self, progress: Mapping[str, Any]) -> None:
        self._progress = json.loads(json.dumps(progress))
        self._on_progress(self)

    @property
    def state(self) -> JobState:
        if self._outcome is None:
            return JobState.RUNNING
        return JobState.of(self._outcome)

    @property
    def progress(self) -> Mapping[str, Any]:
        return self._progress

    def result(self, timeout: float | None = None) -> Outcome:
        assert self._outcome is not None, "asked from within the work"
        return self._outcome

    def cancel(self) -> None:
        """It has ended."""

    def preempt(self, reason: str) -> None:
        """It has ended."""

    def logs(self) -> str:
        return ""
