"""One job of a local worker, as whoever submitted it sees it."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from execution.base import Handle, JobState
from execution.output import end_of_log
from execution.workers.worker import Worker
from jobs import FailureKind, Job, Outcome

if TYPE_CHECKING:
    from execution.workers.crew import Crew

__all__ = ["WorkerHandle"]


class WorkerHandle(Handle):
    """Waits, has a worker, or has ended; the crew moves it on.

    Args:
        job: what is to be done.
        text: the job as it is sent.
        log: the file for what it prints.
        crew: to whom it belongs.
    """

    def __init__(self, job: Job, text: str, log: Path, crew: Crew) -> None:
        super().__init__(job)
        self.text = text
        self.log = log
        self._crew = crew
        self._outcome: Outcome | None = None
        self._progress: str | None = None
        self._has_news = False
        self._last_worker = ""
        self.worker: Worker | None = None
        """Who does it, or is to do it once it is up."""
        self.gpus: tuple[str, ...] = ()
        """Those it holds while it has a worker."""
        self.begun_at = math.inf
        """On the monotonic clock."""
        self.waits_for = ""
        self.is_cancelled = False
        self.is_preempted = False
        self.losses = 0
        """How many workers were lost between taking it and saying that they begin."""

    @property
    def outcome(self) -> Outcome | None:
        """How it ended, if it has."""
        return self._outcome

    def begin(self, worker: Worker) -> None:
        """Note that a worker has it."""
        self.begun_at = time.monotonic()
        self._last_worker = worker.name

    def go_back(self) -> None:
        """Note that it waits again: its worker ended before it began."""
        self.losses += 1
        self.begun_at = math.inf
        self._last_worker = ""

    def report(self, progress: str) -> None:
        """Take note of progress, as JSON."""
        self._progress = progress
        self._has_news = True

    def end(self, outcome: Outcome) -> None:
        """Take note of the end. Of a job that was cancelled only a success counts still."""
        if self.is_cancelled and outcome.failure is not None:
            outcome = Outcome.failed(FailureKind.CANCELLED, "cancelled", outcome.seconds)
        self.worker = None
        self._outcome = outcome

    def has_news(self) -> bool:
        """Whether it has ended, or reported since this was asked last."""
        news, self._has_news = self._has_news, False
        return news or self._outcome is not None

    @property
    def state(self) -> JobState:
        """Where it stands now."""
        self._crew.turn(0.0)
        if self._outcome is not None:
            return JobState.of(self._outcome)
        return JobState.PENDING if self.begun_at == math.inf else JobState.RUNNING

    def result(self, timeout: float | None = None) -> Outcome:
        """Wait for the end and return it; raises TimeoutError after ``timeout`` seconds."""
        limit = math.inf if timeout is None else time.monotonic() + timeout
        self._crew.turn(0.0)
        while self._outcome is None:
            left = limit - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"{self.job.name} has not ended within {timeout:g} s")
            self._crew.turn(left)
        return self._outcome

    def cancel(self) -> None:
        """Stop it: work that does not listen is killed 5 seconds later, or 2 where it was to be preempted already."""
        self._crew.cancel(self)

    def preempt(self, reason: str) -> None:
        """Ask it to save what it did and to stop, or be killed 25 seconds later; one that has not begun never does."""
        self._crew.preempt(self, reason)

    @property
    def progress(self) -> Mapping[str, Any]:
        """What the work reported last."""
        return json.loads(self._progress) if self._progress else {}

    @property
    def where(self) -> str:
        """The worker, or what it waits for."""
        return self._last_worker or self.waits_for

    def logs(self) -> str:
        """Return the last megabyte of what it wrote; attempts stand one after the other."""
        return end_of_log(self.log)
