"""Whether the delay before a job's next attempt is over, by a clock that anybody may set."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, or_

from tracking.store.schema import queue_jobs

__all__ = ["is_due", "seconds_until_due"]

_J = queue_jobs.c
_CLOCK_SLACK = 1.0
"""Seconds: a clock that goes back a little is no clock that was set."""


def is_due(now: Any) -> ColumnElement[bool]:
    """Return the condition that a delay is over; one that began in the future was set by a clock since set back.

    Args:
        now: the time of the store, or a bound parameter for it.
    """
    return or_(_J.not_before <= now, _J.not_before - _J.delay_seconds > now + _CLOCK_SLACK)


def seconds_until_due(not_before: float, delay_seconds: float, now: float) -> float:
    """Return how long a job waits yet by the same rule; 0 where it is due."""
    delayed = now < not_before <= now + delay_seconds + _CLOCK_SLACK
    return not_before - now if delayed else 0.0
