"""What an experiment's status means, and which ones are final."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["ENDED", "UNDECIDED", "Status"]


class Status(StrEnum):
    """How an experiment, or one attempt at it, stands."""

    PLANNED = "planned"
    """Somebody means to run it; nothing has begun."""
    RUNNING = "running"
    """A process works on it and its supervisor says so."""
    COMPLETED = "completed"
    """It said that it ended well."""
    FAILED = "failed"
    """It said that it ended with an error."""
    PREEMPTED = "preempted"
    """Somebody stopped it from outside (Ctrl-C, SIGTERM, a time limit); it can be taken up again."""
    LOST = "lost"
    """Its process is known to be gone without having said how it ended."""
    STALE = "stale"
    """Nothing was heard of it for two heartbeats, and from here nobody can tell whether it lives."""


ENDED = frozenset({Status.COMPLETED, Status.FAILED, Status.PREEMPTED})
"""Statuses that the run itself declared: no evidence overrules them."""

UNDECIDED = frozenset({Status.RUNNING, Status.LOST, Status.STALE})
"""Statuses that others find out: new evidence changes them."""
