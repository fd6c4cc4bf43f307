"""What becomes of a job after an attempt. Nothing here touches the store."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from jobs import Failure, FailureKind, Outcome
from jobs.outcome import REACHED
from jobs.retries import DIVIDE_BATCH, Retry, counts, next_attempt
from tracking.queue.records import QueueState

__all__ = ["NEVER_BEGAN", "Decision", "History", "Tally", "decide"]

NEVER_BEGAN = frozenset({FailureKind.BUSY, FailureKind.NOT_HERE, FailureKind.OTHER_CODE})
"""After these nothing was done and nothing used up; of several in a row the newest is kept."""
_FROM_OUTSIDE = frozenset({FailureKind.WORKER_DIED, FailureKind.LOST, FailureKind.PREEMPTED})
"""After these it counts whether an attempt got further than those before."""


class Tally(NamedTuple):
    """What is kept of earlier attempts beside the failures that count."""

    in_a_row: int
    """How many failures of one kind came last, one after the other, that do not count."""
    kind: str
    """Theirs; empty where the last attempt was none of them."""
    reached: float
    """How far the furthest attempt came of those that were ended from outside."""

    def after(self, outcome: Outcome) -> Tally:
        """Return it with one more attempt."""
        reached = max(self.reached, _reached(outcome))
        failure = outcome.failure
        if failure is None or counts(failure.kind):
            return Tally(0, "", reached)
        goes_on = failure.kind == self.kind and reached == self.reached
        return Tally(self.in_a_row + 1 if goes_on else 1, failure.kind, reached)


class History(NamedTuple):
    """What is known of a job when an attempt at it ends."""

    failures: Sequence[FailureKind]
    """Of this round's earlier attempts, the oldest first: those that count."""
    tally: Tally
    adjustments: Mapping[str, Any]
    cancel_requested: bool


class Decision(NamedTuple):
    """What follows from an outcome."""

    state: QueueState
    reason: str
    adjustments: Mapping[str, Any]
    tally: Tally
    delay_seconds: float = 0.0
    counts: bool = False
    """Whether the attempt counts as one that failed."""


def decide(outcome: Outcome, history: History, rng: random.Random) -> Decision:
    """Return what becomes of a job.

    Args:
        outcome: of the newest attempt.
        history: what was before.
        rng: draws the jitter of delays.
    """
    failure, tally = outcome.failure, history.tally.after(outcome)
    if failure is None:
        return Decision(QueueState.COMPLETED, "", history.adjustments, tally)
    if history.cancel_requested:
        return Decision(QueueState.CANCELLED, "cancelled while it ran", history.adjustments, tally)
    if failure.kind == FailureKind.CANCELLED:
        # By a command of the cluster that has it: whoever gave that wants it no more than one who asks the queue.
        return Decision(QueueState.CANCELLED, failure.message, history.adjustments, tally)
    retry = _retry(failure.kind, history, tally, rng)
    if retry is None:
        return Decision(QueueState.FAILED, failure.message, history.adjustments, tally, counts=True)
    adjustments = _merged(history.adjustments, retry.adjustments)
    reason = _why_again(failure, retry, adjustments)
    return Decision(QueueState.QUEUED, reason, adjustments, tally, retry.delay_seconds, retry.counts)


def _retry(kind: FailureKind, history: History, tally: Tally, rng: random.Random) -> Retry | None:
    if tally.reached > history.tally.reached:
        # It got further than any before: what ended it was not its doing, or it would have happened before.
        return Retry(0.0, {}, counts=False)
    return next_attempt([*history.failures, *[kind] * max(1, tally.in_a_row)], rng)


def _reached(outcome: Outcome) -> float:
    """Return how far an attempt came that was ended from outside; 0 for any other end, and where nothing is known."""
    if outcome.failure is None or outcome.failure.kind not in _FROM_OUTSIDE:
        return 0.0
    reached = outcome.progress.get(REACHED)
    return float(reached) if isinstance(reached, int | float) else 0.0


def _merged(before: Mapping[str, Any], added: Mapping[str, Any]) -> dict[str, Any]:
    merged = {**before, **added}
    if DIVIDE_BATCH in before and DIVIDE_BATCH in added:
        merged[DIVIDE_BATCH] = before[DIVIDE_BATCH] * added[DIVIDE_BATCH]
    return merged


def _why_again(failure: Failure, retry: Retry, adjustments: Mapping[str, Any]) -> str:
    """Return in words why a job waits once more."""
    if failure.kind == FailureKind.BUSY:
        return f"somebody else makes it: {failure.message}"
    changed = "".join(f", with {name}={adjustments[name]}" for name in retry.adjustments)
    return f"tried again{changed}, as {_WHAT_HAPPENED.get(failure.kind, 'it failed')}: {failure.message}"


_WHAT_HAPPENED: Mapping[FailureKind, str] = {
    FailureKind.RESOURCE: "the machine refused something",
    FailureKind.OUT_OF_MEMORY: "memory ran out",
    FailureKind.WORKER_DIED: "its worker died",
    FailureKind.LOST: "who had it is gone",
    FailureKind.TIMED_OUT: "it took too long",
    FailureKind.PREEMPTED: "it was stopped from outside",
    FailureKind.NOT_HERE: "a machine lacked what it needs",
    FailureKind.OTHER_CODE: "the code was another one",
}
