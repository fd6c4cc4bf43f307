"""What a worker prints: a line with the time for whatever happens."""

from __future__ import annotations

import sys
from datetime import datetime

from execution.dispatching.listening import Listener
from jobs import FailureKind, Job, Outcome
from running.lines import Retries, Warned, end_line, warning_lines
from running.outcomes import write_down
from terminal.text import printable
from tracking.queue.records import Limits, Settled

__all__ = ["WorkLines"]

_LIMITED = {"cost": ("cost_per_day", "--max-cost-per-day"), "calls": ("calls_per_hour", "--max-calls-per-hour")}
"""By what a job uses up: the limit of it, and its flag."""


class WorkLines(Listener):
    """Prints a line where a job begins, ends, or is tried again; ``status`` shows how far each is.

    Args:
        limits: of this worker.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        # What runs in this process has its own output redirected into its log.
        self._output = sys.stdout
        self._retries = Retries()
        self._warned = Warned()
        self.num_done = 0
        self.num_failed = 0
        """For good; those that were given back count nowhere."""

    def said(self, text: str) -> None:
        """Print a line; a warning once."""
        if not self._warned.is_new(text):
            return
        print(printable(f"{datetime.now():%H:%M:%S}  {text}"), file=self._output, flush=True)

    def begun(self, job: Job) -> None:
        """Say that a job begins."""
        if self._retries.is_waiting(job):
            return
        attempt = f"  (attempt {job.attempt})" if job.attempt > 1 else ""
        self.said(f"start   {job.name}{attempt}")
        for used, (limit, flag) in _LIMITED.items():
            if getattr(job.resources, used) and getattr(self._limits, limit) is None:
                self.said(f"warning: jobs that say their {used} are begun without a limit: this worker has no {flag}")

    def ended(self, job: Job, outcome: Outcome, settled: Settled) -> None:
        """Say how an attempt ended; where its process could not, its folder is told too."""
        for line in warning_lines(outcome):
            self.said(line)
        if settled.state is not None and settled.state.is_final:
            write_down(job, outcome)
            self.num_done += outcome.success
            self.num_failed += outcome.failure is not None and outcome.failure.kind != FailureKind.CANCELLED
            self.said(end_line(job, outcome))
            return
        if line := self._retries.line(job, outcome, settled):
            self.said(line)
