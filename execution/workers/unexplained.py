"""Jobs whose worker is gone, until it is known how it ended."""

from __future__ import annotations

import math
import time
from typing import NamedTuple

from execution.workers.handle import WorkerHandle
from execution.workers.worker import Worker
from execution.workers.workforce import Workforce
from jobs import Outcome

__all__ = ["EXPLAIN_SECONDS", "Unexplained"]

EXPLAIN_SECONDS = 2.0
"""For the template to say how a worker ended."""


class _Death(NamedTuple):
    noticed_at: float
    handle: WorkerHandle
    worker: Worker


class Unexplained:
    """Ends such jobs with what is known, as soon as it is, or as nothing more will be.

    Args:
        force: hears how workers ended.
    """

    def __init__(self, force: Workforce) -> None:
        self._force = force
        self._deaths: list[_Death] = []

    @property
    def handles(self) -> list[WorkerHandle]:
        """The jobs of which it is not known yet."""
        return [death.handle for death in self._deaths]

    def add(self, handle: WorkerHandle, worker: Worker) -> None:
        """Note that a worker is gone, and that it had a job."""
        self._deaths.append(_Death(time.monotonic(), handle, worker))

    def explain(self) -> None:
        """End the jobs of which it is known by now."""
        now = time.monotonic()
        for death in list(self._deaths):
            begun_at, is_last_chance = death.handle.begun_at, now >= death.noticed_at + EXPLAIN_SECONDS
            why = self._force.why_gone(death.worker, begun_at, death.noticed_at, is_last_chance)
            if why is not None:
                self._deaths.remove(death)
                death.handle.end(Outcome.failed(*why, seconds=now - begun_at))

    def next_due(self) -> float:
        """Return when nothing more is waited for, on the monotonic clock; infinite where nothing is."""
        return min((death.noticed_at + EXPLAIN_SECONDS for death in self._deaths), default=math.inf)
