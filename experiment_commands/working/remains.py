"""What is left in a queue when a worker ends, and who could do it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tracking.queue.queue import Queue
from tracking.queue.records import QueuedJob, QueueState

__all__ = ["Remains", "look_at"]

_MOST_SHOWN = 10
_LOOKED_AT = 100


@dataclass(frozen=True)
class Remains:
    """What has not ended."""

    first: Sequence[QueuedJob]
    """The first of those that wait, and of those that are held."""
    num_waiting: int
    num_held: int
    num_running: int
    """With other workers."""

    @property
    def is_stuck(self) -> bool:
        """Whether jobs wait although nobody works on anything: somebody must do something about them."""
        return bool(self.num_waiting) and not self.num_running

    def in_words(self) -> str:
        """Return one line."""
        parts = [
            f"{self.num_waiting:,} still wait" if self.num_waiting else "",
            f"{self.num_held:,} held" if self.num_held else "",
            f"{self.num_running:,} with other workers" if self.num_running else "",
        ]
        return ", ".join(part for part in parts if part) or "nothing is left"

    def details(self) -> list[str]:
        """Return a line for each of those that somebody may have to look at, with the reason."""
        # What waits for others says nothing new beside them.
        looked_at = sorted(self.first, key=lambda each: each.reason.startswith("needs "))
        lines = [f"left    {each.job.name}: {each.reason or 'waits for its turn'}" for each in looked_at]
        shown = lines[:_MOST_SHOWN]
        more = self.num_waiting + self.num_held - len(shown)
        shown += [f"and {more:,} more"] if more > 0 else []
        return [*shown, "see: python experiment_cli.py queue list"] if shown else []


def look_at(queue: Queue) -> Remains:
    """Return what has not ended in a queue.

    Raises:
        DatabaseUnavailable: the store cannot be reached.
    """
    # Many may be left, and ten lines are shown; those in front are seldom the ones that wait for others.
    first = [
        job for state in (QueueState.QUEUED, QueueState.HELD) for job in queue.jobs(states=[state], limit=_LOOKED_AT)
    ]
    counts = queue.counts()
    return Remains(first, counts[QueueState.QUEUED], counts[QueueState.HELD], counts[QueueState.RUNNING])
