"""What is handed to somebody to be made: a job, what it takes, how it ended, and whether to try it again."""

from __future__ import annotations

from jobs.job import Job, Resources
from jobs.outcome import Failure, FailureKind, Outcome

__all__ = ["Failure", "FailureKind", "Job", "Outcome", "Resources"]
