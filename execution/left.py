"""Jobs that somebody handed to a cluster and left: how they stand, asked from any process."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from execution.base import JobState
from execution.executors import EXECUTORS
from jobs import Job

__all__ = ["LeftJob", "left_jobs"]


@dataclass(frozen=True)
class LeftJob:
    """How a job stood a moment ago."""

    job: Job
    state: JobState
    where: str
    """Who has it, such as ``SLURM job 12_3``."""
    reason: str
    """Why it waits, or why it will not run any more; empty where there is nothing to say."""

    def to_mapping(self) -> dict[str, Any]:
        """Return it as JSON knows it."""
        about = {"id": self.job.id, "name": self.job.name}
        return {**about, "state": self.state, "where": self.where, "reason": self.reason}


def left_jobs(log_dir: Path) -> list[LeftJob]:
    """Return what was submitted with logs in a folder and has not come to a good end.

    Nothing is waited for, and nothing is changed. Executors that know of no such jobs are not loaded: one that does
    keeps them in a folder of its own name.
    """
    if not log_dir.is_dir():
        return []
    found: list[LeftJob] = []
    for name in EXECUTORS.names():
        if (log_dir / name).is_dir():
            ask = getattr(EXECUTORS.get(name), "left_jobs", None)
            found += ask(log_dir) if ask is not None else []
    return found
