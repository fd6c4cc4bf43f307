"""How processes that do jobs come to their end: how long they are given, in which words it is told, and why memory."""

from __future__ import annotations

import re
import signal
import time
from collections.abc import Sequence
from pathlib import Path

__all__ = ["GRACE_SECONDS", "KILLING_SECONDS", "KillsForMemory", "in_words", "said_nothing", "took_too_long"]

GRACE_SECONDS = 25.0
"""From SIGTERM, or from the loss of whoever it worked for, until a process is ended whatever it does: schedulers kill
30 seconds later."""
KILLING_SECONDS = 5
"""What a process takes at most to end that is killed."""

_GROUPS = Path("/sys/fs/cgroup")
_OF_MACHINE = Path("/proc/vmstat")
_LOOK_SECONDS = 0.5


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


def took_too_long(minutes: float) -> str:
    """Return what is said of a job that was killed at its limit of time."""
    return f"killed after {minutes:g} minutes, the limit that it was given"


def said_nothing(minutes: float) -> str:
    """Return what is said of a job that was killed because it hung."""
    return f"killed because it reported nothing for {minutes:g} minutes"


class KillsForMemory:
    """When the kernel killed for want of memory: looked at now and then, because it keeps a count and no times.

    The count is that of this process's control group where there is one, and so of nobody else's processes; that of the
    machine otherwise.

    Args:
        counters: files with a line ``oom_kill <count>``, of which the first that has one is used; None: the system's.
    """

    def __init__(self, counters: Sequence[Path] | None = None) -> None:
        files = _counters() if counters is None else counters
        self._file = next((file for file in files if _count(file) is not None), None)
        self._known = self._read()
        self._looked = time.monotonic()
        self._rose: float | None = None

    def look(self) -> None:
        """Take note of what has happened up to now; to be called often, it looks twice in a second at most."""
        if time.monotonic() - self._looked >= _LOOK_SECONDS:
            self._look()

    def seen_since(self, moment: float) -> bool:
        """Whether a killing was noticed since then; what happened between two looks is noticed at the second.

        Args:
            moment: on the monotonic clock.
        """
        self._look()
        return self._rose is not None and self._rose >= moment

    def _look(self) -> None:
        count, self._looked = self._read(), time.monotonic()
        if count > self._known:
            self._rose = self._looked
        self._known = count

    def _read(self) -> int:
        return (_count(self._file) or 0) if self._file is not None else 0


def _counters() -> list[Path]:
    """Return where counts may stand, the narrowest first: both versions of control groups, and the machine."""
    files = []
    try:
        groups = Path("/proc/self/cgroup").read_text().splitlines()
    except OSError:
        groups = []
    for group in groups:
        number, controllers, path = group.split(":", 2)
        if number == "0":
            files.append(_GROUPS / path.lstrip("/") / "memory.events")
        elif "memory" in controllers.split(","):
            files.append(_GROUPS / "memory" / path.lstrip("/") / "memory.oom_control")
    # In a container its own group may look like the root.
    return [*files, _GROUPS / "memory.events", _GROUPS / "memory/memory.oom_control", _OF_MACHINE]


def _count(file: Path) -> int | None:
    try:
        found = re.search(r"^oom_kill (\d+)$", file.read_text(), re.MULTILINE)
    except OSError:
        return None
    return int(found[1]) if found else None
