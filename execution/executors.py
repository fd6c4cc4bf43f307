"""The executors by name; third parties add theirs through the entry-point group ``assay.executors``."""

from __future__ import annotations

from collections.abc import Callable

from errors import ConfigError
from execution.base import Executor
from execution.options import ExecutorOptions
from registry import Registry

__all__ = ["EXECUTORS", "check_options", "create_executor"]

EXECUTORS: Registry[Callable[[ExecutorOptions], Executor]] = Registry("executors")
EXECUTORS.register("inline", "execution.inline:InlineExecutor")
EXECUTORS.register("workers", "execution.workers.executor:WorkersExecutor")
EXECUTORS.register("slurm", "execution.slurm.executor:SlurmExecutor")
EXECUTORS.register("ray", "execution.on_ray.executor:RayExecutor")

_OF_ALL = ("executor", "log_dir")


def create_executor(options: ExecutorOptions) -> Executor:
    """Return the executor that ``options`` name.

    Raises:
        ConfigError: no such executor, or options that it cannot follow.
        ResourceError: what it needs is not there: a cluster, a package, a GPU.
    """
    check_options(options)
    return EXECUTORS.get(options.executor)(options)


def check_options(options: ExecutorOptions) -> None:
    """Refuse options that would say nothing to the executor: whoever gives one believes that it does something.

    Raises:
        ConfigError: no such executor, or an option that it does not read.
    """
    reads = getattr(EXECUTORS.get(options.executor), "reads", None)
    if reads is None:
        return
    idle = [name for name in options.given if name not in (*_OF_ALL, *reads)]
    if idle:
        raise ConfigError(f"ExecutorOptions.{idle[0]} says nothing to the executor {options.executor}; leave it out")
