"""How a process ended, in words and as a kind of failure."""

from __future__ import annotations

import re
import signal
from pathlib import Path

from execution.workers.memory import available_gb, total_gb
from jobs import FailureKind

__all__ = ["KillsForMemory", "explain", "in_words"]

_COUNTERS = (
    Path("/proc/vmstat"),
    Path("/sys/fs/cgroup/memory.events"),
    Path("/sys/fs/cgroup/memory/memory.oom_control"),
)
"""Each has a line ``oom_kill <count>``; which of them exist depends on the system and the container."""


class KillsForMemory:
    """Whether the kernel has killed for want of memory since this was asked last.

    Args:
        counters: files with a line ``oom_kill <count>``.
    """

    def __init__(self, counters: tuple[Path, ...] = _COUNTERS) -> None:
        self._files = counters
        self._counts = self._read()

    def happened(self) -> bool:
        """Look, and say so."""
        before, self._counts = self._counts, self._read()
        return any(count > before.get(file, count) for file, count in self._counts.items())

    def _read(self) -> dict[Path, int]:
        counts = {}
        for file in self._files:
            try:
                found = re.search(r"^oom_kill (\d+)$", file.read_text(), re.MULTILINE)
            except OSError:
                continue
            if found:
                counts[file] = int(found[1])
        return counts


def in_words(status: int | None) -> str:
    """Return how a process ended.

    Args:
        status: its exit status, negative for a signal; None where nobody saw it end.
    """
    if status is None:
        return "is gone, and so is the process that would know why"
    if status >= 0:
        return f"ended by itself with exit status {status}"
    try:
        name = signal.Signals(-status).name
    except ValueError:
        name = "unknown"
    return f"was killed by signal {-status} ({name})"


def explain(status: int | None, kills: KillsForMemory) -> tuple[FailureKind, str]:
    """Return of what kind the death of a worker is, and the evidence.

    Args:
        status: see :func:`in_words`.
        kills: what the kernel says of memory.
    """
    memory = f"{available_gb():.1f} of {total_gb():.1f} GB of memory are free now"
    if status in (None, -signal.SIGKILL) and kills.happened():
        return FailureKind.OUT_OF_MEMORY, f"{in_words(status)}: the kernel kills for want of memory; {memory}"
    return FailureKind.WORKER_DIED, f"{in_words(status)}; {memory}"
