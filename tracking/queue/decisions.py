"""What becomes of a job after an attempt."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from jobs import Failure, FailureKind, Outcome
from jobs.retries import DIVIDE_BATCH, Retry, next_attempt
from tracking.queue.records import QueueState

__all__ = ["Decision", "History", "decide"]


class Decision(NamedTuple):
    """What follows from an outcome."""

    state: QueueState
    reason: str
    delay_seconds: float
    adjustments: Mapping[str, Any]
    counts: bool
    """Whether the attempt counts as one that failed."""


class History(NamedTuple):
    """What is known of a job when an attempt at it ends."""

    failures: Sequence[FailureKind]
    """Of this round's earlier attempts, the oldest first; of kinds that do not count, those in a row."""
    adjustments: Mapping[str, Any]
    cancel_requested: bool


def decide(outcome: Outcome, history: History, rng: random.Random, *, got_further: bool = False) -> Decision:
    """Return what becomes of a job.

    Args:
        outcome: of the newest attempt.
        history: what was before.
        rng: draws the jitter of delays.
        got_further: whether it came further than any attempt before that was ended from outside: that was not its
            doing, or it would have happened before.
    """
    failure = outcome.failure
    if failure is None:
        return Decision(QueueState.COMPLETED, "", 0.0, history.adjustments, False)
    if history.cancel_requested:
        return Decision(QueueState.CANCELLED, "cancelled while it ran", 0.0, history.adjustments, False)
    if failure.kind == FailureKind.CANCELLED:
        # By a command of the cluster that has it: whoever gave that wants it no more than one who asks the queue.
        return Decision(QueueState.CANCELLED, failure.message, 0.0, history.adjustments, False)
    retry = next_attempt([*history.failures, failure.kind], rng)
    if got_further:
        retry = Retry(0.0, {}, counts=False)
    if retry is None:
        return Decision(QueueState.FAILED, failure.message, 0.0, history.adjustments, True)
    adjustments = _merged(history.adjustments, retry.adjustments)
    return Decision(
        QueueState.QUEUED, _why_again(failure, retry, adjustments), retry.delay_seconds, adjustments, retry.counts
    )


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
