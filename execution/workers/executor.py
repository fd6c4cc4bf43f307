"""Local workers: warm processes that import what work needs once and do job after job."""

from __future__ import annotations

import atexit
import os
import time
from collections.abc import Collection
from urllib.parse import quote

from errors import ConfigError, ResourceError
from execution.base import Executor, Handle
from execution.options import ExecutorOptions
from execution.workers.crew import Crew
from execution.workers.gpus import Inventory, installed_gpus
from execution.workers.handle import WorkerHandle
from execution.workers.room import Room, cores
from execution.workers.template import Template
from jobs import Job, Resources

__all__ = ["WorkersExecutor"]


class WorkersExecutor(Executor):
    """Does each job in one of ``options.workers`` processes of this machine.

    A worker that dies fails its job alone and is replaced. Workers end with this process, however it ends. There is no
    thread behind it: jobs are handed out, and limits kept, while somebody waits, submits, or looks at a handle.

    Args:
        options: how many workers, with how many threads, on which GPUs, in how much memory, and where logs go.
        inventory: looks which GPUs the machine has.

    Raises:
        ConfigError: a GPU was named that is not there.
        ResourceError: the folder of the logs cannot be written.
    """

    name = "workers"
    reads = ("workers", "gpu_ids", "threads_per_job", "memory_gb", "hang_minutes")

    def __init__(self, options: ExecutorOptions, inventory: Inventory = installed_gpus) -> None:
        self._logs = options.log_dir.absolute()
        self._room = Room(options, inventory)
        threads = options.threads_per_job or max(1, cores() // self._room.workers)
        try:
            self._logs.mkdir(parents=True, exist_ok=True)
            (self._logs / "workers.log").open("ab").close()
        except OSError as error:
            raise ResourceError(f"the folder of the logs, {self._logs}, cannot be written: {error}") from error
        template = Template(self._logs / "workers.log", threads)
        self._crew = Crew(template, self._room, options.hang_minutes)
        self._owner = os.getpid()
        atexit.register(self.close)

    @classmethod
    def capacity_of(cls, options: ExecutorOptions) -> Resources:
        """What this machine has, or what of it is allowed."""
        return Room(options, installed_gpus).capacity

    @property
    def capacity(self) -> Resources | None:
        """What this machine has, or what of it was allowed."""
        return self._room.capacity

    @property
    def max_concurrent(self) -> int:
        """The number of workers."""
        return self._room.workers

    def warm_up(self, work: str) -> None:
        """Start the process that workers are forked from, and let it import what ``work`` needs."""
        self._crew.warm_up(work)

    def submit(self, job: Job) -> Handle:
        """Take a job; it begins once a worker, memory and GPUs are free, after those that came before.

        Raises:
            ConfigError: it needs more than there is, or its payload is not JSON.
            ResourceError: the executor is closed.
        """
        if self._crew.is_closed:
            raise ResourceError("the executor is closed: it takes no more jobs")
        if lacking := job.resources.lacks(self.capacity):
            raise ConfigError(f"{job.name} needs {lacking}; lower its resources")
        handle = WorkerHandle(job, job.to_json(), self._logs / f"{quote(job.id, safe='')}.log", self._crew)
        self._crew.add(handle)
        return handle

    def wait(self, handles: Collection[Handle], timeout: float) -> None:
        """Return when one of ``handles`` has ended or has reported, at the latest after ``timeout`` s."""
        limit = time.monotonic() + timeout
        left = 0.0
        while True:
            self._crew.turn(left)
            # All are asked, so that what is told now is not told again.
            news = [handle.has_news() for handle in handles if isinstance(handle, WorkerHandle)]
            if any(news):
                return
            left = limit - time.monotonic()
            if left <= 0:
                return

    def refresh(self) -> None:
        """Look at what is free of memory, and at GPUs once in a second at most."""
        self._crew.look()

    def has_room(self, job: Job, running: Collection[Job]) -> bool:
        """Whether a job could begin now: a worker, cores, memory and GPUs are free, of those too that others use."""
        return self._crew.has_room(job, running)

    def blocked_by_others(self, job: Job) -> str:
        """Return which GPUs or how much memory others use, where that leaves too little for a job."""
        return self._crew.held_by_others(job)

    def close(self) -> None:
        """Stop what still runs, which then counts as cancelled, and end all workers."""
        # A process forked from this one has the same object, but they are not its workers.
        if os.getpid() == self._owner:
            atexit.unregister(self.close)
            self._crew.close()
