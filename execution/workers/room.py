"""What this machine has for jobs, and what is left of it."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Sequence
from typing import NamedTuple

from execution.gpu_share import fair_share
from execution.options import ExecutorOptions
from execution.workers.gpu_shares import GpuShares
from execution.workers.gpus import Gpu, Inventory, choose
from execution.workers.memory import available_gb, resident_gb, total_gb
from execution.workers.worker import Worker
from jobs import Job, Resources

__all__ = ["Beside", "Room", "cores"]

_LOOK_SECONDS = 1.0
"""For what was seen to hold, where nothing is known to have changed."""
_LEAST_FREE_GB = 0.5
"""A job that says nothing of memory begins beside others only where at least this much is free."""
_SYSTEM_SHARE = 0.2
"""Of memory, that a system takes for itself: it is not waited for where nothing of ours runs."""
_ROUNDING = 1e-6


def cores() -> int:
    """Return how many CPU cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Beside(NamedTuple):
    """A job that runs, or is about to."""

    job: Job
    worker: Worker | None = None


class Room:
    """CPU cores, memory and GPUs: what was seen at the last :meth:`look`, and calculations with it.

    Args:
        options: which GPUs, how many workers, how much memory.
        inventory: looks which GPUs there are.

    Raises:
        ConfigError: a GPU was named that is not there.
    """

    def __init__(self, options: ExecutorOptions, inventory: Inventory) -> None:
        self._inventory = inventory
        self._memory_gb = options.memory_gb
        installed = inventory()
        self._gpus = choose(installed, options.gpu_ids)
        self._were_named = options.gpu_ids is not None
        self._total_gb = total_gb()
        self.shares = GpuShares(self._gpus)
        """Who has how much of the GPUs."""
        self.workers = options.workers or len(self._gpus) or max(1, cores() // (options.threads_per_job or 1))
        """How many there are at most."""
        self.capacity = Resources(
            # More workers than cores are the user's choice; each has one at least.
            cpus=float(max(cores(), self.workers)),
            gpus=self.shares.most_at_once(),
            memory_gb=self._total_gb if self._memory_gb is None else min(self._total_gb, self._memory_gb),
        )
        """What one job can ask for at most."""
        self._looked_at = self._asked_at = -math.inf
        self._free_gb = available_gb()
        self._resident_gb: dict[int, float] = {}
        self._others = _taken(installed)

    def look(self, workers: Sequence[Worker]) -> None:
        """Look at memory and at the processes of ours, and at GPUs once in a second at most: drivers take their time.

        Args:
            workers: all of ours.
        """
        now = self._looked_at = time.monotonic()
        self._free_gb = available_gb()
        self._resident_gb = {each.process.pid: resident_gb(each.process.pid) for each in workers if each.process}
        # Whoever names GPUs wants these, whatever else runs there.
        if self._gpus and not self._were_named and now - self._asked_at >= _LOOK_SECONDS:
            self._asked_at = now
            self._others = _taken(self._inventory())

    def look_again(self, workers: Sequence[Worker]) -> None:
        """Look where what was seen is a second old, or something of ours has changed since."""
        if time.monotonic() - self._looked_at >= _LOOK_SECONDS:
            self.look(workers)

    def note_change(self) -> None:
        """Note that a worker or its job has ended: what was seen of memory holds no more."""
        self._looked_at = -math.inf

    def visible(self, gpus: tuple[str, ...]) -> tuple[str, ...] | None:
        """Return what a worker with these GPUs is told; None where there are none that could be hidden."""
        return gpus if self._gpus else None

    def gpus_for(self, job: Job) -> float:
        """Return how much of GPUs a job takes: what it says, or a share that lets all workers be at work."""
        return job.resources.gpus if job.resources.gpus is not None else fair_share(self.workers, len(self._gpus))

    def find(
        self, job: Job, beside: Sequence[Beside], workers: Sequence[Worker], shares: GpuShares
    ) -> tuple[tuple[str, ...] | None, str]:
        """Return the GPUs with which a job can begin, or None and what it waits for.

        Args:
            job: the next one.
            beside: those that have begun, or will have.
            workers: all of ours.
            shares: which GPUs those beside it have.
        """
        if len(beside) >= self.workers:
            return None, "waits for a worker"
        needs = job.resources
        if beside and sum(other.job.resources.cpus for other in beside) + needs.cpus > self.capacity.cpus + _ROUNDING:
            return None, f"waits for {needs.cpus:g} CPUs"
        if obstacle := self._memory_obstacle(needs.memory_gb, beside, [each for each in workers if each.is_idle]):
            return None, obstacle
        amount = self.gpus_for(job)
        warm = [each.gpus for each in workers if each.is_idle and each.gpus]
        others = self._taken_by_others(workers)
        gpus = shares.find(amount, warm, lambda id: id not in others)
        if gpus is None:
            return None, f"waits for {amount:g} GPUs{self._in_use(others)}"
        return gpus, ""

    def held_by_others(self, job: Job, workers: Sequence[Worker]) -> str:
        """Return what others use that a job would wait for though nothing of ours ran; empty where it would not."""
        others = self._taken_by_others(workers)
        if GpuShares(self._gpus).find(self.gpus_for(job), [], lambda id: id not in others) is None:
            return f"waits for {self.gpus_for(job):g} GPUs{self._in_use(others)}"
        return self._obstacle_alone(job.resources.memory_gb, workers)

    def to_dismiss(
        self, job: Job, beside: Sequence[Beside], idle: Sequence[Worker], taker: Worker | None
    ) -> list[Worker]:
        """Return the idle workers whose memory a job needs, so that they have to go before it begins.

        Args:
            job: one that :meth:`find` has found a place for.
            beside: those that have begun.
            idle: workers, whoever is to go first first.
            taker: the one of them that the job is for; None where a new one is.
        """
        needs_gb, gone = job.resources.memory_gb, []
        kept = [taker] if taker is not None else []
        left = self._left_gb(beside, kept)
        for worker in idle:
            if left >= self._least(needs_gb, beside):
                break
            if worker is not taker and self._own_gb(worker):
                left += self._own_gb(worker)
                gone.append(worker)
        return gone

    def _memory_obstacle(self, needs_gb: float, beside: Sequence[Beside], idle: Sequence[Worker]) -> str:
        if not beside:
            return self._obstacle_alone(needs_gb, idle)
        promised = sum(other.job.resources.memory_gb for other in beside)
        if self._memory_gb is not None and promised + needs_gb > self._memory_gb + _ROUNDING:
            return f"waits for {needs_gb:g} GB of memory; {promised:g} of {self._memory_gb:g} GB are promised to others"
        left = self._left_gb(beside, idle)
        if left >= self._least(needs_gb, beside):
            return ""
        return f"waits for {self._least(needs_gb, beside):g} GB of memory; {max(0.0, left):.1f} GB are free"

    def _obstacle_alone(self, needs_gb: float, ours: Sequence[Worker]) -> str:
        left = self._left_gb([], ours)
        others_gb = self._total_gb - left
        if left >= needs_gb or others_gb <= _SYSTEM_SHARE * self._total_gb:
            return ""
        return f"waits for {needs_gb:g} GB of memory; others use {others_gb:.1f} of {self._total_gb:.1f} GB"

    @staticmethod
    def _least(needs_gb: float, beside: Sequence[Beside]) -> float:
        return max(needs_gb, _LEAST_FREE_GB if beside else 0.0)

    def _left_gb(self, beside: Sequence[Beside], ours: Sequence[Worker]) -> float:
        """Return what is free once ``ours`` give back what they have, and those beside have taken what they may."""
        free = self._free_gb + sum(self._own_gb(worker) for worker in ours)
        for other in beside:
            process = other.worker.process if other.worker is not None else None
            has = self._resident_gb.get(process.pid, 0.0) if process is not None else 0.0
            free -= max(0.0, other.job.resources.memory_gb - has)
        return free

    def _own_gb(self, worker: Worker) -> float:
        """Return what a worker has of its own, beside what it shares with the process that it was forked from."""
        has = self._resident_gb.get(worker.process.pid, 0.0) if worker.process is not None else 0.0
        return max(0.0, has - worker.born_gb)

    def _taken_by_others(self, workers: Sequence[Worker]) -> set[str]:
        if self._were_named or not self._others:
            return set()
        return self._others - {id for worker in workers for id in worker.gpus or ()}

    def _in_use(self, others: set[str]) -> str:
        used = sum(gpu.id in others for gpu in self._gpus)
        return f"; others use {used} of {len(self._gpus)}" if used else ""


def _taken(gpus: Sequence[Gpu]) -> set[str]:
    return {gpu.id for gpu in gpus if gpu.is_taken}
