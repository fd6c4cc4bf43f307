"""Whether a failed job is tried again, when, and how: by the kind of failure."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from jobs.outcome import FailureKind

__all__ = ["DIVIDE_BATCH", "RULES", "Retry", "Rule", "counts", "next_attempt"]

DIVIDE_BATCH = "divide_batch"
"""Adjustment: the batch is divided by this, and the gradient accumulated over as many batches."""


class Retry(NamedTuple):
    """How a job is tried again."""

    delay_seconds: float
    adjustments: Mapping[str, Any]
    """Added to those of earlier attempts."""
    counts: bool
    """Whether the attempt behind it counts as one that failed."""


@dataclass(frozen=True)
class Rule:
    """What follows from a kind of failure."""

    attempts: int | None
    """How often a job may fail in this way in all; None: without end."""
    at_once: int = 0
    """So many are tried again without a delay."""
    first_delay_seconds: float = 0.0
    """Doubled with each further failure of the kind."""
    longest_delay_seconds: float = 600.0
    adjustments: Mapping[str, Any] = field(default_factory=dict)
    counts: bool = True


RULES: Mapping[FailureKind, Rule] = {
    # The last of the delays is 80 s.
    FailureKind.RESOURCE: Rule(attempts=6, first_delay_seconds=5.0),
    # Those that got no further than another one before.
    FailureKind.WORKER_DIED: Rule(attempts=6, first_delay_seconds=1.0, longest_delay_seconds=30.0),
    # The same, but more often: it says little about the job whom its worker's own end took along.
    FailureKind.LOST: Rule(attempts=20, first_delay_seconds=1.0, longest_delay_seconds=30.0),
    FailureKind.TIMED_OUT: Rule(attempts=2, first_delay_seconds=1.0),
    # The effective batch stays: half of it, accumulated twice.
    FailureKind.OUT_OF_MEMORY: Rule(attempts=2, adjustments={DIVIDE_BATCH: 2}),
    # In a row, and without getting further; so what is stopped again and again lets others have their turns.
    FailureKind.PREEMPTED: Rule(None, at_once=1, first_delay_seconds=1.0, longest_delay_seconds=60.0, counts=False),
    # Whoever makes it may take hours: what waits longer may as well look less often.
    FailureKind.BUSY: Rule(None, first_delay_seconds=0.5, longest_delay_seconds=30.0, counts=False),
    # By others: who told it does not take it again.
    FailureKind.NOT_HERE: Rule(None, first_delay_seconds=1.0, longest_delay_seconds=60.0, counts=False),
    FailureKind.OTHER_CODE: Rule(None, first_delay_seconds=1.0, longest_delay_seconds=60.0, counts=False),
}
"""Kinds that are not here are never tried again."""

_JITTER = 0.25
"""Delays vary by this share up and down, so that what failed together does not come back together."""


def counts(kind: FailureKind) -> bool:
    """Whether failures of a kind count for the whole life of a job; of the others, those in a row do."""
    return kind not in RULES or RULES[kind].counts


def next_attempt(failures: Sequence[FailureKind], rng: random.Random) -> Retry | None:
    """Return how a job is tried again, or None where it has failed for good.

    Args:
        failures: the kinds of its failures up to now, the newest last; of those that do not count, those in a row.
        rng: draws the jitter.
    """
    rule = RULES.get(failures[-1])
    if rule is None:
        return None
    times = sum(kind == failures[-1] for kind in failures)
    if rule.attempts is not None and times >= rule.attempts:
        return None
    delay = _delay(rule, times - rule.at_once) * (1 + rng.uniform(-_JITTER, _JITTER))
    return Retry(delay, rule.adjustments, rule.counts)


def _delay(rule: Rule, times: int) -> float:
    if times <= 0:
        return 0.0
    # 2**60 is as long as any limit, and a float still.
    return min(rule.longest_delay_seconds, rule.first_delay_seconds * 2.0 ** min(times - 1, 60))
