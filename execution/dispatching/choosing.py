"""Which jobs an executor can begin now, and why not the others."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

from execution.base import Executor
from execution.flags import RESOURCE_FLAGS
from jobs import Job, Resources
from tracking.queue.records import Fit
from tracking.queue.specs import with_values

__all__ = ["Choice"]

_OTHERS = "others use what it needs of this machine"


class _Refusal(NamedTuple):
    job: Job
    why: str
    until: float


class Choice:
    """Answers what the queue asks about jobs while they are claimed.

    It is asked within a transaction that everybody else waits for: it looks at the machine before, in :meth:`look`, and
    speaks to people after, in :meth:`say_what_came_of_it`.

    Args:
        executor: who would do them.
        say: told a line for people.
    """

    def __init__(self, executor: Executor, say: Callable[[str], None]) -> None:
        self._executor = executor
        self._say = say
        self._capacity: Resources | None = None
        self._running: list[Job] = []
        self._refused: dict[str, _Refusal] = {}
        self._obstacles: dict[str, str] = {}
        self._unfit: list[Job] = []
        self._news: list[str] = []
        self._told: set[str] = set()

    def refuse(self, job: Job, why: str, seconds: float = math.inf) -> None:
        """Refuse a job from now on: it was tried, and cannot be done here.

        Args:
            job: the same id with other resources is another one.
            why: in words.
            seconds: for how long.
        """
        self._refused[job.id] = _Refusal(_as_planned(job), why, time.monotonic() + seconds)

    def look(self, running: Collection[Job]) -> None:
        """Look at the machine, before the next claim.

        Raises:
            ResourceError: the executor does not answer.
        """
        self._executor.refresh()
        self._capacity = self._executor.capacity
        self._running = list(running)
        self._unfit = []
        self._obstacles = {}

    def fits(self, job: Job, taken: Sequence[Job]) -> Fit:
        """Return whether there is room for a job, beside what runs and what this claim took already."""
        running = [*self._running, *taken]
        if any(each.id == job.id for each in self._running):
            return self._is_blocked(job, "an earlier attempt at it has not stopped here yet")
        if self._executor.has_room(job, running):
            return Fit.NOW
        others = self._executor.blocked_by_others(job)
        if others or not running:
            return self._is_blocked(job, others or _OTHERS)
        self._unfit.append(job)
        return Fit.LATER

    def refusal(self, job: Job) -> str:
        """Return why a job can never be done here; empty where it could."""
        refused = self._refused.get(job.id)
        if refused is not None and time.monotonic() < refused.until and refused.job == _as_planned(job):
            return refused.why
        missing = job.resources.missing(self._capacity)
        why = "; ".join(missing.values())
        if why and why not in self._told:
            self._told.add(why)
            flags = " and ".join(RESOURCE_FLAGS[name] for name in missing)
            remedy = f"it waits for other machines, or queue it again with less {flags}"
            self._news.append(f"not here {job.name}: it needs {why}; {remedy}")
        return why

    def obstacle(self, job: Job) -> str:
        """Return in words who has what a job needs."""
        return self._obstacles.get(job.id, "")

    @property
    def has_unfit(self) -> bool:
        """Whether the last claim left jobs that fit at some other time."""
        return bool(self._unfit)

    def say_what_came_of_it(self, *, nothing_runs: bool) -> None:
        """Tell people what was found during a claim; where nothing runs, also what is waited for."""
        news, self._news = self._news, []
        if nothing_runs and self._unfit:
            job = self._unfit[0]
            why = self._obstacles.get(job.id, _OTHERS)
            if job.id not in self._told:
                self._told.add(job.id)
                news.append(f"waiting {job.name}: {why}; it begins when that is free")
        for line in news:
            self._say(line)

    def _is_blocked(self, job: Job, why: str) -> Fit:
        self._obstacles[job.id] = why
        self._unfit.append(job)
        return Fit.BLOCKED


def _as_planned(job: Job) -> Job:
    """Return a job without what changes from one time it is handed out to the next."""
    return with_values(job, attempt=1, failed_needs={}, adjustments={}, priority=0)
