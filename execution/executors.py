"""The executors by name; third parties add theirs through the entry-point group ``assay.executors``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from errors import ConfigError
from execution.base import Executor
from execution.options import ExecutorOptions
from registry import Registry

__all__ = ["EXECUTORS", "check_options", "create_executor", "options_class_of"]

EXECUTORS: Registry[Callable[[ExecutorOptions], Executor]] = Registry("executors")
EXECUTORS.register("inline", "execution.inline:InlineExecutor")
EXECUTORS.register("workers", "execution.workers.executor:WorkersExecutor")
EXECUTORS.register("slurm", "execution.slurm.executor:SlurmExecutor")
EXECUTORS.register("ray", "execution.on_ray.executor:RayExecutor")

_OF_ALL = ("executor", "log_dir", "own")


def create_executor(options: ExecutorOptions) -> Executor:
    """Return the executor that ``options`` name.

    Raises:
        ConfigError: no such executor, or options that it cannot follow.
        ResourceError: what it needs is not there: a cluster, a package, a GPU.
    """
    check_options(options)
    return EXECUTORS.get(options.executor)(options)


def options_class_of(executor: str) -> type[Any] | None:
    """Return the dataclass of the options that an executor alone has, if it has any.

    Raises:
        ConfigError: no such executor.
    """
    found: type[Any] | None = getattr(EXECUTORS.get(executor), "options_class", None)
    return found


def check_options(options: ExecutorOptions) -> None:
    """Refuse options that would say nothing to the executor: whoever gives one believes that it does something.

    Raises:
        ConfigError: no such executor, an option that it does not read, or one of its own with an impossible value.
    """
    executor = EXECUTORS.get(options.executor)
    reads = getattr(executor, "reads", None)
    idle = [] if reads is None else [name for name in options.given if name not in (*_OF_ALL, *reads)]
    if (own := options_class_of(options.executor)) is not None:
        options.own_as(own)
    else:
        idle += [f"own.{name}" for name in options.own]
    if idle:
        raise ConfigError(f"ExecutorOptions.{idle[0]} says nothing to the executor {options.executor}; leave it out")
