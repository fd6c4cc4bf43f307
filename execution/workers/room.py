"""What this machine has for jobs, and what is left of it."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Collection, Sequence

from execution.options import ExecutorOptions
from execution.workers.gpu_shares import GpuShares
from execution.workers.gpus import Inventory, choose
from execution.workers.handle import WorkerHandle
from execution.workers.memory import available_gb, outstanding_gb, total_gb
from jobs import Job, Resources

__all__ = ["Room", "cores"]

_LOOK_SECONDS = 1.0
_LEAST_FREE_GB = 0.5
"""A job that says nothing of memory begins beside others only where at least this much is free."""


def cores() -> int:
    """Return how many CPU cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Room:
    """CPU cores, memory and GPUs.

    Args:
        options: which GPUs, how many workers, how much memory.
        inventory: looks which GPUs there are.

    Raises:
        ConfigError: a GPU was named that is not there.
    """

    def __init__(self, options: ExecutorOptions, inventory: Inventory) -> None:
        self._inventory = inventory
        self._memory_gb = options.memory_gb
        self._gpus = choose(inventory(), options.gpu_ids)
        self._were_named = options.gpu_ids is not None
        self._shares = GpuShares(self._gpus)
        self.workers = options.workers or self._default_workers(options.threads_per_job)
        self._looked_at = {"gpus": -_LOOK_SECONDS, "memory": -_LOOK_SECONDS}
        self._free_gb = 0.0
        self._others: set[str] = set()

    def _default_workers(self, threads_per_job: int | None) -> int:
        return len(self._gpus) or max(1, cores() // (threads_per_job or 1))

    @property
    def capacity(self) -> Resources:
        """What one job can ask for at most."""
        total = total_gb()
        return Resources(
            # More workers than cores are the user's choice; each has one at least.
            cpus=float(max(cores(), self.workers)),
            gpus=self._shares.most_at_once(),
            memory_gb=total if self._memory_gb is None else min(total, self._memory_gb),
        )

    def visible(self, gpus: tuple[str, ...]) -> tuple[str, ...] | None:
        """Return what a worker with these GPUs is told; None where there are none that could be hidden."""
        return gpus if self._gpus else None

    def take(self, job: Job, gpus: tuple[str, ...]) -> None:
        """Note that a job begins on these GPUs."""
        self._shares.take(gpus, self._gpus_for(job))

    def give_back(self, job: Job, gpus: tuple[str, ...]) -> None:
        """Note that it has them no more."""
        self._shares.give_back(gpus, self._gpus_for(job))

    def find(
        self, job: Job, running: Sequence[WorkerHandle], warm: Collection[tuple[str, ...]], bound: Collection[str]
    ) -> tuple[tuple[str, ...] | None, str]:
        """Return the GPUs with which a job can begin, or None and what it waits for.

        Args:
            job: the next one.
            running: those that have begun.
            warm: GPUs of idle workers.
            bound: GPUs that workers of ours have, whose memory is in use by them.
        """
        needs = job.resources
        if running and sum(other.job.resources.cpus for other in running) + needs.cpus > self.capacity.cpus + 1e-6:
            return None, f"waits for {needs.cpus:g} CPUs"
        if obstacle := self._memory_obstacle(needs.memory_gb, running):
            return None, obstacle
        amount = self._gpus_for(job)
        gpus = self._shares.find(amount, warm, lambda id: id in bound or id not in self._taken_by_others())
        if gpus is None:
            others = f"; others use {len(self._others)} of {len(self._gpus)}" if self._others else ""
            return None, f"waits for {amount:g} GPUs{others}"
        return gpus, ""

    def _gpus_for(self, job: Job) -> float:
        if job.resources.gpus is not None:
            return job.resources.gpus
        # A share that lets all workers be at work at the same time.
        return 1.0 / math.ceil(self.workers / len(self._gpus)) if self._gpus else 0.0

    def _memory_obstacle(self, needs_gb: float, running: Sequence[WorkerHandle]) -> str:
        if not needs_gb and not running:
            return ""
        promised = sum(handle.job.resources.memory_gb for handle in running)
        if self._memory_gb is not None and promised + needs_gb > self._memory_gb + 1e-6:
            return f"waits for {needs_gb:g} GB of memory; {promised:g} of {self._memory_gb:g} GB are promised to others"
        free = self._free_now() - outstanding_gb(
            (handle.worker.process.pid, handle.job.resources.memory_gb)
            for handle in running
            if handle.worker is not None and handle.worker.process is not None
        )
        if free >= max(needs_gb, _LEAST_FREE_GB if running else 0.0):
            return ""
        return f"waits for {max(needs_gb, _LEAST_FREE_GB):g} GB of memory; {max(0.0, free):.1f} GB are free"

    def _free_now(self) -> float:
        if self._is_due("memory"):
            self._free_gb = available_gb()
        return self._free_gb

    def _taken_by_others(self) -> set[str]:
        # Whoever names GPUs wants these, whatever else runs there.
        if not self._were_named and self._is_due("gpus"):
            self._others = {gpu.id for gpu in self._inventory() if gpu.is_taken}
        return self._others

    def _is_due(self, what: str) -> bool:
        now = time.monotonic()
        if now - self._looked_at[what] < _LOOK_SECONDS:
            return False
        self._looked_at[what] = now
        return True
