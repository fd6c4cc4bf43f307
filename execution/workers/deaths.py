"""Of what kind of failure the death of a worker is, and the evidence."""

from __future__ import annotations

import signal

from execution.endings import KillsForMemory, in_words
from execution.workers.memory import available_gb, total_gb
from jobs import FailureKind

__all__ = ["explain"]

_NOTICED_SECONDS = 5.0
"""The kernel counts a killing, and the death is noticed, in either order and not far from each other."""


def explain(status: int | None, kills: KillsForMemory, begun_at: float, noticed_at: float) -> tuple[FailureKind, str]:
    """Return of what kind the death of a worker is, and the evidence.

    Args:
        status: see :func:`execution.endings.in_words`.
        kills: when the kernel killed for want of memory.
        begun_at: when its job began, on the monotonic clock: no earlier killing was of it.
        noticed_at: when its death was noticed.
    """
    memory = f"{available_gb():.1f} of {total_gb():.1f} GB of memory are free now"
    since = max(begun_at, noticed_at - _NOTICED_SECONDS)
    if status in (None, -signal.SIGKILL) and kills.seen_since(since):
        return FailureKind.OUT_OF_MEMORY, f"{in_words(status)}: the kernel kills for want of memory; {memory}"
    return FailureKind.WORKER_DIED, f"{in_words(status)}; {memory}"
