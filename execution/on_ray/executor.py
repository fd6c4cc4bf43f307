"""Jobs as tasks of a Ray cluster."""

from __future__ import annotations

import dataclasses
import os
import time
from collections.abc import Collection
from pathlib import Path
from typing import Any

from errors import ConfigError, ResourceError
from execution.base import Executor, Handle
from execution.gpu_share import fair_share
from execution.on_ray.cluster import Cluster, largest
from execution.on_ray.code import PROJECT, search_paths
from execution.on_ray.handle import RayHandle
from execution.on_ray.job_folder import JobFolder
from execution.options import ExecutorOptions
from jobs import FailureKind, Job, Outcome, Resources
from validated import validated_dataclass

__all__ = ["RayExecutor", "RayOptions"]

_CARRIED = ("ASSAY_", "CUBLAS_", "EXPERIMENTS_", "HF_", "MLFLOW_", "PYTORCH_", "TOKENIZERS_", "TRANSFORMERS_", "WANDB_")
"""Beginnings of the environment variables that change what jobs do, and go with them."""
_POLL_SECONDS = 0.1
_NODES_SECONDS = 5.0
"""How long an answer to what nodes there are is taken for true."""


@validated_dataclass
class RayOptions:
    """Options of Ray."""

    address: str | None = None
    """Of a running cluster, such as ``auto`` or ``10.0.0.1:6379``; None: $RAY_ADDRESS, else one on this machine."""


class RayExecutor(Executor):
    """Submits a task for each job; Ray decides which node has room.

    A job whose node is lost has failed, as one whose process died: whoever submitted tries it again. So have all where
    the cluster is lost; another one that answers at its address is joined instead.

    Args:
        options: ``workers``, ``threads_per_job``, ``hang_minutes``, ``log_dir``; ``own`` holds fields of
            :class:`RayOptions`.
        cluster: a connection to use and to leave open; None makes one as the options say, and closes it.

    Raises:
        ConfigError: the address is none.
        ResourceError: Ray is not installed, or the cluster is not there.
    """

    name = "ray"
    reads = ("workers", "threads_per_job", "hang_minutes")
    options_class = RayOptions

    def __init__(self, options: ExecutorOptions, cluster: Cluster | None = None) -> None:
        self._options = options
        self._is_shared = cluster is not None
        self._cluster = cluster or _cluster(options)
        self._handles: list[RayHandle] = []
        self._nodes: list[Resources] = []
        self._known: dict[str, Resources] = {}
        self._refresh_at = 0.0
        self.refresh()
        self._environment = {name: value for name, value in os.environ.items() if name.startswith(_CARRIED)}
        self._paths = search_paths()

    @property
    def capacity(self) -> Resources | None:
        """The most that any node has of each kind, or had that was lost and may come back.

        That no node has all of it shows when a job is submitted.
        """
        return largest(list(self._known.values()))

    @property
    def max_concurrent(self) -> int:
        """As many as ``workers`` says, else as many as there are CPUs."""
        return self._options.workers or max(1, int(sum(node.cpus for node in self._nodes)))

    @property
    def spans_hosts(self) -> bool:
        """Whether the cluster has more than one machine now."""
        return len(self._cluster.hosts()) > 1

    def refresh(self) -> None:
        """Ask Ray every few seconds which nodes are there; where the cluster was lost, look whether one is there again.

        Raises:
            ResourceError: the cluster does not answer.
        """
        if self._cluster.is_lost:
            self._cluster.join()
            self._known, self._refresh_at = {}, 0.0
        if time.monotonic() >= self._refresh_at:
            nodes = self._cluster.nodes()
            self._nodes, self._known = list(nodes.values()), {**self._known, **nodes}
            self._refresh_at = time.monotonic() + _NODES_SECONDS

    def has_room(self, job: Job, running: Collection[Job]) -> bool:
        """Whether the cluster has as much as all of them need; what others use of it, Ray alone knows."""
        if len(running) >= self.max_concurrent:
            return False
        wanted = [self._needs(each) for each in (job, *running)]
        return all(
            sum(getattr(each, field) or 0 for each in wanted)
            <= sum(getattr(node, field) for node in self._nodes) + 1e-6
            for field in ("cpus", "gpus", "memory_gb")
        )

    def blocked_by_others(self, job: Job) -> str:
        """Say that the nodes with room for a job are lost, where they are."""
        needs = self._needs(job)
        return "" if any(not needs.lacks(node) for node in self._nodes) else "a node of the Ray cluster that was lost"

    def submit(self, job: Job) -> Handle:
        """Hand a job to Ray and return at once.

        Raises:
            ConfigError: no node has what it needs, or the job is no JSON.
            ResourceError: the log folder cannot be written, or the cluster does not answer.
        """
        self.refresh()
        needs = self._needs(job)
        self._check_fits(job, needs)
        text, directory = job.to_json(), _working_directory()
        folder = JobFolder.create(self._options.log_dir, job.id)
        order = {
            "job": text,
            "folder": str(folder.path),
            "directory": directory,
            "project": str(PROJECT),
            "paths": self._paths,
            "environment": self._environment_of(needs),
            "threads": self._threads(job),
        }
        try:
            task = self._cluster.submit(_fields(needs), order)
        except ResourceError:
            folder.tidy()
            raise
        hang_minutes = self._options.hang_minutes
        hang_seconds = None if hang_minutes is None else 60 * hang_minutes
        handle = RayHandle(job, self._cluster, folder, task, hang_seconds)
        self._handles = [other for other in self._handles if not other.is_over]
        self._handles.append(handle)
        return handle

    def wait(self, handles: Collection[Handle], timeout: float) -> None:
        """Return when one has ended or has something new to tell."""
        limit = time.monotonic() + timeout
        ours = [handle for handle in handles if isinstance(handle, RayHandle)]
        while ours:
            # Every one is looked at: looking keeps their limits of time.
            news = [handle.look() or handle.is_over for handle in ours]
            left = limit - time.monotonic()
            if any(news) or left <= 0:
                return
            self._cluster.wait(min(left, _POLL_SECONDS))

    def close(self) -> None:
        """Kill what still runs, and leave the cluster; one that was started for this executor ends."""
        stopped = Outcome.failed(FailureKind.CANCELLED, "the executor was closed")
        for handle in self._handles:
            handle.kill(stopped)
        for handle in self._handles:
            handle.give_up(stopped)
        self._handles = []
        if not self._is_shared:
            self._cluster.close()

    # -- what a task is given -----------------------------------------------------------------------------------------

    def _environment_of(self, needs: Resources) -> dict[str, str]:
        # As with local workers: who asks for no GPU gets none.
        return self._environment if needs.gpus else {**self._environment, "CUDA_VISIBLE_DEVICES": ""}

    def _threads(self, job: Job) -> int:
        return self._options.threads_per_job or max(1, int(job.resources.cpus))

    def _needs(self, job: Job) -> Resources:
        """Return what a job takes; who leaves the GPU to the cluster gets one, or a share where workers exceed GPUs."""
        if job.resources.gpus is not None:
            return job.resources
        gpus = sum(node.gpus or 0 for node in self._known.values())
        return dataclasses.replace(job.resources, gpus=fair_share(self._options.workers or 1, gpus))

    def _check_fits(self, job: Job, needs: Resources) -> None:
        # A node that was lost may come back: its jobs wait for it.
        if not any(not needs.lacks(node) for node in self._known.values()):
            most = largest(list(self._known.values()))
            raise ConfigError(
                f"{job.name} needs {needs.cpus:g} CPUs, {needs.gpus:g} GPUs and {needs.memory_gb:g} GB of memory "
                f"on one node, and none of the Ray cluster has that (at most {most.cpus:g} CPUs, {most.gpus:g} GPUs, "
                f"{most.memory_gb:.1f} GB); lower its resources, or add such a node to the cluster first"
            )


def _cluster(options: ExecutorOptions) -> Cluster:
    address = options.own_as(RayOptions).address or os.environ.get("RAY_ADDRESS")
    cores = len(os.sched_getaffinity(0))
    return Cluster(address or None, max(cores, options.workers or 0))


def _working_directory() -> str:
    try:
        return str(Path.cwd())
    except OSError as error:
        raise ResourceError(f"the working directory is gone ({error}); change into one that exists") from error


def _fields(resources: Resources) -> dict[str, Any]:
    # Ray tries nothing again: the queue decides, and counts.
    fields: dict[str, Any] = {"num_cpus": resources.cpus, "max_retries": 0, "retry_exceptions": False}
    if resources.gpus:
        fields["num_gpus"] = int(resources.gpus) if resources.gpus >= 1 else resources.gpus
        # A process that was told that there is no GPU never finds one: such jobs get processes of their own.
        fields["runtime_env"] = {"env_vars": {"ASSAY_ON_GPU": "1"}}
    if resources.memory_gb:
        fields["memory"] = int(resources.memory_gb * 2**30)
    return fields
