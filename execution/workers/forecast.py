"""Whether one more job could begin, once all that was promised a worker has one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from execution.workers.gpu_shares import GpuShares
from execution.workers.room import Beside, Room
from execution.workers.worker import Worker
from jobs import Job

__all__ = ["Forecast"]


class _Plan(NamedTuple):
    beside: list[Beside]
    shares: GpuShares
    is_full: bool
    """Whether something that was promised a worker has to wait itself."""


class Forecast:
    """Calculates with what a room has seen, and looks at nothing.

    Args:
        room: what there is.
        running: jobs that have begun.
        waiting: jobs that were submitted and wait, in their order.
        workers: all of ours.
    """

    def __init__(
        self, room: Room, running: Sequence[Beside], waiting: Iterable[Job], workers: Sequence[Worker]
    ) -> None:
        self._room = room
        self._running = running
        self._waiting = list(waiting)
        self._workers = list(workers)
        self._plans: dict[tuple[str, ...], _Plan] = {}

    def has_room(self, job: Job, promised: Collection[Job]) -> bool:
        """Whether a job could begin beside what runs and waits, and others that are promised a place.

        Args:
            job: the next one.
            promised: others; those that run or wait count once.
        """
        key = tuple(other.id for other in promised)
        if key not in self._plans:
            self._plans[key] = self._plan(promised)
        plan = self._plans[key]
        return not plan.is_full and self._room.find(job, plan.beside, self._workers, plan.shares)[0] is not None

    def _plan(self, promised: Collection[Job]) -> _Plan:
        beside, shares = list(self._running), self._room.shares.copy()
        known = {other.job.id for other in beside}
        coming = {job.id: job for job in [*self._waiting, *(job for job in promised if job.id not in known)]}
        for job in coming.values():
            gpus, _ = self._room.find(job, beside, self._workers, shares)
            if gpus is None:
                return _Plan(beside, shares, is_full=True)
            shares.take(gpus, self._room.gpus_for(job))
            beside.append(Beside(job))
        return _Plan(beside, shares, is_full=False)
