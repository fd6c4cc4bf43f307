"""In this process, one job after another: the reference that every other executor must equal."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

from errors import ConfigError
from execution.base import Executor, Handle, JobState
from execution.options import ExecutorOptions
from execution.work import Context, carry_out
from jobs import FailureKind, Job, Outcome, Resources

__all__ = ["InlineExecutor"]


class InlineExecutor(Executor):
    """Executes a job within :meth:`submit`. Nobody is there to kill it.

    Work that takes longer than its job may is stopped when it next asks whether it is to stop, as training does after
    each step; whether it hangs nobody sees.

    Args:
        options: none of them means anything here.
    """

    name = "inline"
    reads = ()
    reads_resources = ("minutes",)

    def __init__(self, options: ExecutorOptions) -> None:
        self._on_progress: Callable[[Handle], None] = lambda handle: None
        self._stop_reason: Callable[[], str] = lambda: ""

    def listen(self, on_progress: Callable[[Handle], None], stop_reason: Callable[[], str]) -> None:
        """Say who is told of progress while :meth:`submit` is at work, and who may stop it."""
        self._on_progress = on_progress
        self._stop_reason = stop_reason

    @cached_property
    def capacity(self) -> Resources | None:
        """What this machine has: nobody shares it out, yet a job that needs more is none for this process."""
        from execution.workers.gpus import installed_gpus
        from execution.workers.room import Room

        return Room(ExecutorOptions(), installed_gpus).capacity

    @property
    def max_concurrent(self) -> int:
        """One."""
        return 1

    def submit(self, job: Job) -> Handle:
        """Do the job and return.

        Raises:
            ConfigError: it needs more than there is, or its payload is not JSON.
        """
        if lacking := job.resources.lacks(self.capacity):
            raise ConfigError(f"{job.name} needs {lacking}; lower its resources")
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
        limit = _Limit(self.job.resources.minutes, context.stop_reason)
        outcome = carry_out(self.job, replace(context, stop_reason=limit.stop_reason))
        self._outcome = limit.outcome(outcome)

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


class _Limit:
    """Of time: as good as it can be kept without another process."""

    def __init__(self, minutes: float | None, stop_reason: Callable[[], str]) -> None:
        self._minutes = minutes
        self._others = stop_reason
        self._started = time.monotonic()
        self._reason = ""

    def stop_reason(self) -> str:
        if reason := self._others():
            return reason
        if self._minutes is not None and time.monotonic() - self._started > self._minutes * 60:
            self._reason = f"it took longer than {self._minutes:g} minutes"
        return self._reason

    def outcome(self, outcome: Outcome) -> Outcome:
        """Return what an end stands for that this limit, and nobody else, led to."""
        failure = outcome.failure
        if failure is None or failure.kind != FailureKind.PREEMPTED or not self._reason or self._others():
            return outcome
        return replace(outcome, failure=replace(failure, kind=FailureKind.TIMED_OUT, message=self._reason))
