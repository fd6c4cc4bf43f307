"""What may be used up within a time, counted over the whole queue."""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, func, select

from jobs import Job
from tracking.queue.decisions import NEVER_BEGAN
from tracking.queue.records import Limits
from tracking.store.schema import queue_attempts

__all__ = ["Budget"]

_A = queue_attempts.c
_HOUR, _DAY = 3600.0, 86_400.0

# What never began cost nothing. Attempts beyond the window's other end began before the clock was set back
# by more than that; nobody would live to see them count no more.
_SPENT = select(func.coalesce(func.sum(_A.cost), 0.0), func.coalesce(func.sum(_A.calls), 0)).where(
    _A.started_at.between(bindparam("since"), bindparam("until")), _A.kind.not_in(sorted(NEVER_BEGAN))
)


class Budget:
    """What is left of limits at one moment; whoever stands further behind does not take what another waits for.

    Args:
        connection: to the database.
        limits: None where there are none.
        now: the time of the store.
    """

    def __init__(self, connection: Connection, limits: Limits | None, now: float) -> None:
        self._connection = connection
        self._limits = limits or Limits()
        self._now = now
        self._cost_left: float | None = None
        self._calls_left: int | None = None

    def refusal(self, job: Job) -> str:
        """Return why a job exceeds a limit all by itself, or nothing."""
        cost, calls = self._limits.cost_per_day, self._limits.calls_per_hour
        if cost is not None and job.resources.cost > cost:
            return f"costs {job.resources.cost:g}, and the limit is {cost:g} a day"
        if calls is not None and job.resources.calls > calls:
            return f"makes {job.resources.calls} calls, and the limit is {calls} an hour"
        return ""

    def shortage(self, job: Job) -> str:
        """Return which limit leaves too little for a job now, or nothing; those that come later get none of it then."""
        cost, calls = job.resources.cost, job.resources.calls
        if self._limits.cost_per_day is not None and cost:
            if self._cost_left is None:
                self._cost_left = self._limits.cost_per_day - self._spent(_DAY)[0]
            # Sums of floats.
            if cost > self._cost_left + 1e-9:
                self._cost_left = 0.0
                return f"what the last 24 hours cost leaves less than {cost:g} of {self._limits.cost_per_day:g} a day"
        if self._limits.calls_per_hour is not None and calls:
            if self._calls_left is None:
                self._calls_left = self._limits.calls_per_hour - self._spent(_HOUR)[1]
            if calls > self._calls_left:
                self._calls_left = 0
                return f"the last hour's calls leave less than {calls} of {self._limits.calls_per_hour} an hour"
        return ""

    def spend(self, job: Job) -> None:
        """Take off what a job uses up that begins now."""
        if self._cost_left is not None:
            self._cost_left -= job.resources.cost
        if self._calls_left is not None:
            self._calls_left -= job.resources.calls

    def _spent(self, seconds: float) -> tuple[float, int]:
        window = {"since": self._now - seconds, "until": self._now + seconds}
        cost, calls = self._connection.execute(_SPENT, window).one()
        return float(cost), int(calls)
