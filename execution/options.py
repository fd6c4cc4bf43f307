"""How jobs are executed; nothing here changes a result."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import Field

from errors import ConfigError
from jobs.job import LONGEST_MINUTES
from validated import field_names, from_mapping, validated_dataclass

__all__ = ["ExecutorOptions"]

T = TypeVar("T")


@validated_dataclass
class ExecutorOptions:
    """Options of all executors; each reads those that mean something to it, and refuses what it cannot follow."""

    executor: str = "inline"
    workers: Annotated[int, Field(ge=1, le=100_000)] | None = None
    """How many jobs at the same time: local processes, or at most so many on a cluster."""
    gpu_ids: tuple[str, ...] | None = None
    """The GPUs that local workers may use, by number or UUID; None: those that nobody else uses."""
    threads_per_job: Annotated[int, Field(ge=1, le=10_000)] | None = None
    """Of PyTorch on the CPU; None: the cores, divided among the workers."""
    memory_gb: Annotated[float, Field(gt=0)] | None = None
    """Of main memory for all local workers together; None: what the machine has free."""
    hang_minutes: Annotated[float, Field(gt=0, le=LONGEST_MINUTES)] | None = None
    """A job that reports nothing for so long hangs, and is killed; None: no limit."""
    log_dir: Path = Path("experiments/.execution")
    """Where executors keep logs and what they exchange with jobs; on a cluster a folder that all machines see."""
    own: dict[str, Any] = Field(default_factory=dict)
    """What the executor alone knows: fields of its :attr:`execution.base.Executor.options_class`."""

    def own_as(self, options_class: type[T]) -> T:
        """Return :attr:`own`, validated.

        Raises:
            ConfigError: an unknown name or an impossible value.
        """
        try:
            return from_mapping(options_class, self.own)
        except ConfigError as error:
            raise ConfigError(re.sub(rf"\b{options_class.__name__}\.", "ExecutorOptions.own.", str(error))) from None

    @property
    def given(self) -> list[str]:
        """Names of the fields that differ from their defaults."""
        default = ExecutorOptions()
        return [name for name in field_names(ExecutorOptions) if getattr(self, name) != getattr(default, name)]
