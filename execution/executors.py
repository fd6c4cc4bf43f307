"""The executors by name; third parties add theirs through the entry-point group ``assay.executors``."""

from __future__ import annotations

from collections.abc import Callable

from execution.base import Executor
from execution.options import ExecutorOptions
from registry import Registry

__all__ = ["EXECUTORS", "create_executor"]

EXECUTORS: Registry[Callable[[ExecutorOptions], Executor]] = Registry("executors")
EXECUTORS.register("inline", "execution.inline:InlineExecutor")
EXECUTORS.register("workers", "execution.workers.executor:WorkersExecutor")
EXECUTORS.register("slurm", "execution.slurm.executor:SlurmExecutor")
EXECUTORS.register("ray", "execution.on_ray.executor:RayExecutor")


def create_executor(options: ExecutorOptions) -> Executor:
    """Return the executor that ``options`` name.

    Raises:
        ConfigError: no such executor, or options that it cannot follow.
        ResourceError: what it needs is not there: a cluster, a package, a GPU.
    """
    return EXECUTORS.get(options.executor)(options)
