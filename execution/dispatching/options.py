"""What a dispatcher can be told."""

from __future__ import annotations

from dataclasses import dataclass, field

from tracking.queue.records import Limits

__all__ = ["DispatcherOptions"]


@dataclass(frozen=True)
class DispatcherOptions:
    """How a dispatcher works."""

    continuous: bool = False
    """Wait for new jobs when nothing is left."""
    stop_on_failure: bool = False
    """Begin nothing new once a job failed for good."""
    max_jobs: int | None = None
    """Take so many jobs and end."""
    limits: Limits = field(default_factory=Limits)
    code: str = ""
    """Version of the code at hand; empty takes jobs of any."""
    lease_seconds: float = 60.0
