"""How the jobs of a plan ended, collected while somebody else is told too."""

from __future__ import annotations

from execution.base import Handle
from execution.listening import Listener
from jobs import Job, Outcome
from tracking.queue.records import Settled

__all__ = ["Outcomes"]


class Outcomes(Listener):
    """Collects final outcomes and passes everything on.

    Args:
        listener: who is told everything too.
    """

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self.final: dict[str, Outcome] = {}
        """By id of the job; those that were given back to the queue are not in it."""

    def begun(self, job: Job) -> None:
        """Pass it on."""
        self._listener.begun(job)

    def progressed(self, handle: Handle) -> None:
        """Pass it on."""
        self._listener.progressed(handle)

    def ended(self, job: Job, outcome: Outcome, settled: Settled) -> None:
        """Keep what is final."""
        if settled.state is not None and settled.state.is_final:
            self.final[job.id] = outcome
        self._listener.ended(job, outcome, settled)

    def said(self, text: str) -> None:
        """Pass it on."""
        self._listener.said(text)
