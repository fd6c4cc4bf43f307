"""How a list of experiments is run."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from execution.options import ExecutorOptions
from jobs import Resources
from jobs.job import HIGHEST_PRIORITY
from validated import validated_dataclass

__all__ = ["RunnerOptions"]


@validated_dataclass
class RunnerOptions:
    """Options of a run. None of them changes a result."""

    auto_prepare: bool = True
    """Make the signals that nobody supplied; otherwise their absence is an error."""
    force: bool = False
    """Train finished experiments again."""
    stop_on_error: bool = False
    """Stop at the first experiment that fails."""
    quiet: bool = False
    """Print nothing."""
    tracking: bool = True
    """Enter the experiments in the experiment store."""
    db: str | None = None
    """The store: a file or a URL; None means the variable EXPERIMENTS_DB_URL, else ``experiments.db``."""
    tags: tuple[str, ...] = ()
    """Words to find the experiments by."""
    notes: str = ""
    """Free text on the experiments."""
    variant: str | None = None
    """What the experiments are called in the store apart from their seeds; None means each by its own name."""
    heartbeat_seconds: Annotated[float, Field(gt=0)] = 10.0
    """Between two signs of life of a run."""
    execution: ExecutorOptions = Field(default_factory=ExecutorOptions)
    """Where they are executed."""
    resources: Resources = Field(default_factory=Resources)
    """What each run takes."""
    priority: Annotated[int, Field(ge=-HIGHEST_PRIORITY, le=HIGHEST_PRIORITY)] = 0
    """In a queue that others use too: the higher the sooner."""
