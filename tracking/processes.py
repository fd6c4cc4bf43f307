"""Which machine this is, whether a process on it still is the one that it was, and what ended one."""

from __future__ import annotations

import math
import os
import signal
import socket
import sys
import time
from pathlib import Path

__all__ = ["TERMINATED", "boot_id", "booted_at", "exit_status", "host_name", "process_started"]

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_PROCESSES = Path("/proc")
_DEAD_STATES = ("Z", "X", "x")


def exit_status(number: int) -> int:
    """Return the status of what a signal ended, as shells give it; whoever leaves because of one leaves with it."""
    return 128 + number


TERMINATED = exit_status(signal.SIGTERM)


def host_name() -> str:
    """Return what this machine calls itself."""
    return socket.gethostname()


def boot_id() -> str:
    """Return ``<boot>/<process namespace>``: process ids mean the same only where both are equal; empty if unknown.

    A container shares its kernel, and so the boot, with others that count their processes anew.
    """
    if sys.platform != "linux":
        # Processes are told apart by the time of day at which they started, which no later boot repeats.
        return f"{sys.platform}/{host_name()}"
    try:
        boot = _BOOT_ID.read_text(encoding="ascii").strip()
        namespace = str(Path("/proc/self/ns/pid").readlink()).removeprefix("pid:").strip("[]")
    except OSError:
        return ""
    return f"{boot}/{namespace}"


def booted_at() -> float | None:
    """Return when this machine was started, in seconds since 1970, UTC; None if unknown."""
    try:
        return time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)
    except (AttributeError, OSError):
        return None


def process_started(pid: int) -> float | None:
    """Return when a process started, or None where none of this id is alive.

    On Linux this counts seconds from the boot: a clock that is set while the process runs does not change it. It is
    NaN for one that lives where nobody may see more of it, as on clusters that hide what belongs to other users.
    """
    if sys.platform != "linux":
        return _started_elsewhere(pid)
    try:
        # The second field is the program's name in brackets, and may hold anything.
        fields = (_PROCESSES / str(pid) / "stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return math.nan if _answers(pid) else None
    # A killed process stays as a zombie until its parent asks how it ended.
    return None if fields[0] in _DEAD_STATES else int(fields[19]) / os.sysconf("SC_CLK_TCK")


def _answers(pid: int) -> bool:
    try:
        # Sends nothing.
        os.kill(pid, 0)
    except PermissionError:
        return True
    except OSError:
        return False
    return True


def _started_elsewhere(pid: int) -> float | None:
    import psutil

    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else float(process.create_time())
    except psutil.NoSuchProcess:
        return None
    except psutil.AccessDenied:
        return math.nan
