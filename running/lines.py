"""How attempts ended, each in a line for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jobs import FailureKind, Job, Outcome
from planning.table import duration
from tracking.queue.records import QueueState, Settled

__all__ = ["WARNINGS", "Retries", "Warned", "end_line", "outcome_line", "warning_lines"]

WARNINGS = "warnings"
"""In what work returns: texts that whoever started it should see, wherever it was done."""
_WARNING = "warning: "


def outcome_line(results: Mapping[str, Any]) -> str:
    """Return one line on how an experiment ended: name, primary metric, time, what was kept; or the error."""
    name = results["name"]
    if not results["success"]:
        return f"FAILED  {name}: {results['error']['type']}: {results['error']['message']}"
    parts = [f"done    {name}"]
    metric = results["primary_metric"]
    value = results["metrics"].get(metric)
    if value is not None:
        parts.append(f"{metric} {value:.4g}")
    parts.append(duration(results["duration_seconds"]).removeprefix("~"))
    report = results["strategy_report"]
    if report.get("rows_dropped"):
        parts.append(f"kept {report['rows_kept']:,} of {report['rows_before']:,} rows")
    if results["resumed_from"]:
        parts.append(f"resumed from step {results['resumed_from']}")
    if results.get("adjustments"):
        parts.append("with smaller batches, as memory ran out")
    return "  ".join(parts)


def end_line(job: Job, outcome: Outcome) -> str:
    """Return one line on how a job ended for good."""
    if outcome.failure is not None and outcome.failure.kind == FailureKind.CANCELLED:
        return f"cancelled {job.name}: {outcome.failure.message}"
    if outcome.failure is not None:
        kind = outcome.failure.type or outcome.failure.kind
        return f"FAILED  {job.name}: {kind}: {outcome.failure.message}"
    if "found" in outcome.result:
        return f"found   {job.name}: {outcome.result['found']}"
    if "results" in outcome.result:
        return outcome_line(outcome.result["results"])
    return f"done    {job.name}  {duration(outcome.seconds).removeprefix('~')}"


def _retry_line(job: Job, outcome: Outcome, settled: Settled) -> str:
    """Return one line on an attempt that decided nothing; empty where there is nothing to say."""
    failure = outcome.failure
    if settled.lost:
        return f"lost    {job.name}: its lease had ended, so this attempt does not count; others may have it"
    if failure is None or settled.state != QueueState.QUEUED:
        return ""
    if failure.kind == FailureKind.BUSY:
        return f"busy    {job.name}: another runner is at it; going on with others"
    if failure.kind == FailureKind.PREEMPTED:
        return f"stopped {job.name}: {failure.message}; what it did is kept"
    wait = f" in {settled.delay_seconds:.0f} s" if settled.delay_seconds >= 1 else ""
    return f"again   {job.name}{wait}: {failure.message}"


class Retries:
    """Says of attempts that decided nothing what is to be said, and once that a job waits for another runner.

    Whoever waits so asks every second or two.
    """

    def __init__(self) -> None:
        self._waiting: set[str] = set()

    def is_waiting(self, job: Job) -> bool:
        """Whether it was said of a job that it waits, and nothing else has come of it since."""
        return job.id in self._waiting

    def line(self, job: Job, outcome: Outcome, settled: Settled) -> str:
        """Return one line; empty where there is nothing to say, or it was said before."""
        if outcome.failure is None or outcome.failure.kind != FailureKind.BUSY:
            self._waiting.discard(job.id)
        elif self.is_waiting(job):
            return ""
        else:
            self._waiting.add(job.id)
        return _retry_line(job, outcome, settled)


def warning_lines(outcome: Outcome) -> list[str]:
    """Return a line for each warning that an attempt gave."""
    return [f"{_WARNING}{text}" for text in outcome.result.get(WARNINGS, ())]


class Warned:
    """Remembers which warnings were said: many runs give the same one, and some by two ways."""

    def __init__(self) -> None:
        self._said: set[str] = set()

    def is_new(self, line: str) -> bool:
        """Whether a line is still to be said; what is no warning always is."""
        if not line.startswith(_WARNING):
            return True
        known = line in self._said
        self._said.add(line)
        return not known
