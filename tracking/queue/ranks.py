"""In which order jobs have their turns."""

from __future__ import annotations

__all__ = ["PRIORITY_SECONDS", "SHORTEST_SECONDS", "rank_after", "rank_of"]

PRIORITY_SECONDS = 3600.0
"""One step of priority is worth so long a wait: so nothing waits for ever behind later jobs of higher priority."""
SHORTEST_SECONDS = 1e-6
"""Between the ranks of two jobs that come one after the other at the same moment."""


def rank_of(queued_at: float, priority: int) -> float:
    """Return a job's rank: the lower has its turn first. It never changes by waiting, and neither does the order."""
    return queued_at - PRIORITY_SECONDS * priority


def rank_after(rank: float, priority: int, new_priority: int) -> float:
    """Return the rank of a job whose priority changes."""
    return rank + PRIORITY_SECONDS * (priority - new_priority)
