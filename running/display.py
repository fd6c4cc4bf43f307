"""What the terminal shows while a plan is executed: bars where there is one, plain lines where there is not."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from types import TracebackType
from typing import NamedTuple, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeRemainingColumn

from execution.base import Handle
from execution.dispatching.listening import Listener
from jobs import Job, Outcome
from jobs.outcome import WAITS_FOR
from running.lines import Retries, Warned, end_line, warning_lines
from tracking.queue.records import Settled

__all__ = ["Display"]


class _Bar(NamedTuple):
    task: TaskID
    weight: float


class Display(Listener):
    """Shows a suite's bar with the time left, a bar for each run going on, and a line for each outcome.

    Args:
        weights: expected seconds of each job that takes time, by its id.
        console: where to print; None means standard output.
        quiet: print nothing.
    """

    def __init__(self, weights: Mapping[str, float], console: Console | None = None, quiet: bool = False) -> None:
        self._console = Console(quiet=True) if quiet else console or Console(file=sys.stdout)
        # A job without a known cost still moves the bar.
        self._weights = {job: max(weight, 0.01) for job, weight in weights.items()}
        self._done = 0.0
        self._begun: set[str] = set()
        self._running: dict[str, _Bar] = {}
        self._fractions: dict[str, float] = {}
        self._retries = Retries()
        self._reasons: set[str] = set()
        self._warned = Warned()
        self._bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("{task.fields[detail]}"),
            TextColumn("{task.fields[left]}"),
            TimeRemainingColumn(),
            console=self._console,
            disable=not self._console.is_terminal,
            speed_estimate_period=600,
        )
        self._suite = self._bars.add_task("suite", total=sum(self._weights.values()) or 1, detail="", left="left:")

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def said(self, text: str) -> None:
        """Print a line above the bars; a warning once."""
        if not self._warned.is_new(text):
            return
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)

    def begun(self, job: Job) -> None:
        """Show that ``job`` is being done; what takes no time of its own is only shown when it ends."""
        if job.id not in self._weights or job.failed_needs:
            return
        again = job.id in self._begun
        self._begun.add(job.id)
        task = self._bars.add_task(job.name, total=1, detail="", left="")
        self._running[job.id] = _Bar(task, self._weights[job.id])
        count = f"{len(self._begun)}/{len(self._weights)}"
        self._bars.update(self._suite, detail=count)
        if not self._console.is_terminal and not again:
            self.said(f"start   {job.name}  ({count})")

    def progressed(self, handle: Handle) -> None:
        """Show how far a job is."""
        bar, progress = self._running.get(handle.job.id), handle.progress
        if bar is None or not progress:
            return
        step, total, loss = progress.get("step"), progress.get("total_steps"), progress.get("loss")
        if (reason := str(progress.get(WAITS_FOR, ""))) and not self._console.is_terminal:
            self._say_why(handle.job, reason)
        # Work of third parties reports what it likes.
        if progress.get("phase") != "training" or not step or not total:
            self._bars.update(bar.task, detail=str(progress.get("phase", "")))
            return
        fraction = step / total
        detail = f"step {step}/{total}" + ("" if loss is None else f"  loss {loss:.3f}")
        self._fractions[handle.job.id] = fraction
        self._bars.update(bar.task, completed=fraction, detail=detail)
        self._update_suite()

    def given_back(self, job: Job) -> None:
        """Show no longer that it is being done: it had not begun."""
        self._remove_bar(job)
        self._update_suite()

    def ended(self, job: Job, outcome: Outcome, settled: Settled) -> None:
        """Show how an attempt ended."""
        bar = self._remove_bar(job)
        for line in warning_lines(outcome):
            self.said(line)
        if settled.state is not None and settled.state.is_final:
            self._done += bar.weight if bar else self._weights.get(job.id, 0.0)
            self.said(end_line(job, outcome))
        elif line := self._retries.line(job, outcome, settled):
            self.said(line)
        self._update_suite()

    def _say_why(self, job: Job, reason: str) -> None:
        """Say once why jobs wait, for the first of those that wait for the same."""
        if reason not in self._reasons:
            self._reasons.add(reason)
            self.said(f"waits   {job.name}: {reason}")

    def _remove_bar(self, job: Job) -> _Bar | None:
        self._fractions.pop(job.id, None)
        bar = self._running.pop(job.id, None)
        if bar is not None:
            self._bars.remove_task(bar.task)
        return bar

    def _update_suite(self) -> None:
        running = sum(self._running[job].weight * fraction for job, fraction in self._fractions.items())
        self._bars.update(self._suite, completed=self._done + running)
