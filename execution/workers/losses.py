"""Jobs whose worker is gone, until it is known how it ended."""

from __future__ import annotations

import math
import time
from typing import NamedTuple

from execution.workers.handle import WorkerHandle
from execution.workers.worker import Worker
from execution.workers.workforce import Workforce
from jobs import Outcome

__all__ = ["Losses"]

_EXPLAIN_SECONDS = 2.0
"""For the template to say how a worker ended."""


class _Loss(NamedTuple):
    noticed_at: float
    handle: WorkerHandle
    worker: Worker


class Losses:
    """Ends such jobs with what is known, as soon as it is, or as nothing more will be.

    Args:
        force: hears how workers ended.
    """

    def __init__(self, force: Workforce) -> None:
        self._force = force
        self._losses: list[_Loss] = []

    @property
    def handles(self) -> list[WorkerHandle]:
        """The jobs of which it is not known yet."""
        return [loss.handle for loss in self._losses]

    def add(self, handle: WorkerHandle, worker: Worker) -> None:
        """Note that a worker is gone, and that it had a job."""
        self._losses.append(_Loss(time.monotonic(), handle, worker))

    def explain(self) -> None:
        """End the jobs of which it is known by now."""
        now = time.monotonic()
        for loss in list(self._losses):
            begun_at, is_last_chance = loss.handle.begun_at, now >= loss.noticed_at + _EXPLAIN_SECONDS
            why = self._force.why_gone(loss.worker, begun_at, loss.noticed_at, is_last_chance)
            if why is not None:
                self._losses.remove(loss)
                loss.handle.end(Outcome.failed(*why, seconds=now - begun_at))

    def next_due(self) -> float:
        """Return when nothing more is waited for, on the monotonic clock; infinite where nothing is."""
        return min((loss.noticed_at + _EXPLAIN_SECONDS for loss in self._losses), default=math.inf)
