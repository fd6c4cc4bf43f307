"""Who is told what a dispatcher does."""

from __future__ import annotations

from execution.base import Handle
from jobs import Job, Outcome
from tracking.queue.records import Settled

__all__ = ["Listener"]


class Listener:
    """Is told everything and does nothing with it; subclasses show it."""

    def begun(self, job: Job) -> None:
        """A job was handed to the executor."""

    def progressed(self, handle: Handle) -> None:
        """A job may have got further."""

    def ended(self, job: Job, outcome: Outcome, settled: Settled) -> None:
        """An attempt at a job ended; ``settled`` says whether another follows."""

    def given_back(self, job: Job) -> None:
        """A job that had begun went back to the queue as if it had not: it could not be submitted, or was left."""

    def said(self, text: str) -> None:
        """Something happened that people should know, in a line."""
