"""What is left in a queue when a worker ends, and who could do it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tracking.queue.queue import Queue
from tracking.queue.records import QueuedJob, QueueState

__all__ = ["Remains", "look_at"]

_MOST_SHOWN = 10


@dataclass(frozen=True)
class Remains:
    """What has not ended."""

    waiting: Sequence[QueuedJob]
    held: Sequence[QueuedJob]
    num_running: int
    """With other workers."""

    @property
    def stuck(self) -> Sequence[QueuedJob]:
        """Those that wait although nobody works on anything: somebody must do something about them."""
        return [] if self.num_running else self.waiting

    def in_words(self) -> str:
        """Return one line."""
        parts = [
            f"{len(self.waiting):,} still wait" if self.waiting else "",
            f"{len(self.held):,} held" if self.held else "",
            f"{self.num_running:,} with other workers" if self.num_running else "",
        ]
        return ", ".join(part for part in parts if part) or "nothing is left"

    def details(self) -> list[str]:
        """Return a line for each of those that somebody may have to look at, with the reason."""
        # What waits for others says nothing new beside them.
        looked_at = sorted([*self.waiting, *self.held], key=lambda each: each.reason.startswith("needs "))
        lines = [f"left    {each.job.name}: {each.reason or 'waits for its turn'}" for each in looked_at]
        more = len(lines) - _MOST_SHOWN
        shown = lines[:_MOST_SHOWN] + ([f"and {more:,} more"] if more > 0 else [])
        return [*shown, "see: python experiment_cli.py queue list"] if shown else []


def look_at(queue: Queue) -> Remains:
    """Return what has not ended in a queue.

    Raises:
        DatabaseUnavailable: the store cannot be reached.
    """
    waiting = queue.jobs(states=[QueueState.QUEUED])
    held = queue.jobs(states=[QueueState.HELD])
    return Remains(waiting, held, queue.counts()[QueueState.RUNNING])
