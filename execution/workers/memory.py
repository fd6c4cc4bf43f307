"""Main memory: of the machine, or of the container where that is less."""

from __future__ import annotations

from pathlib import Path

import psutil

__all__ = ["available_gb", "resident_gb", "total_gb"]

GB = 2**30
_LIMITS = (
    (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory.current")),
    (Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"), Path("/sys/fs/cgroup/memory/memory.usage_in_bytes")),
)
"""A container's limit and what it uses, by the second and by the first version of control groups."""


def total_gb() -> float:
    """Return how much there is."""
    whole = psutil.virtual_memory().total
    return float(min([whole, *(limit for limit, _ in _container())])) / GB


def available_gb() -> float:
    """Return how much a new process could take without pushing out another."""
    free = psutil.virtual_memory().available
    return float(min([free, *(limit - used for limit, used in _container())])) / GB


def resident_gb(pid: int) -> float:
    """Return how much a process has, what it shares with others included; 0 where it is gone."""
    try:
        return float(psutil.Process(pid).memory_info().rss) / GB
    except psutil.Error:
        return 0.0


def _container() -> list[tuple[int, int]]:
    found = []
    for limit, used in _LIMITS:
        try:
            found.append((int(limit.read_text()), int(used.read_text())))
        except (OSError, ValueError):  # no such group, or no limit: "max"
            continue
    return found
