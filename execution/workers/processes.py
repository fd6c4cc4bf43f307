"""Other processes, held by a descriptor where the system has them: a number may come to mean another process."""

from __future__ import annotations

import os
import select
import signal
from contextlib import suppress

__all__ = ["OtherProcess"]


class OtherProcess:
    """A process that is alive when this is made."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.descriptor: int | None = None
        """Can be read once the process has ended; None where the system knows no such thing."""
        if hasattr(os, "pidfd_open"):
            with suppress(OSError):
                self.descriptor = os.pidfd_open(pid)

    def signal(self, number: int = signal.SIGKILL) -> None:
        """Send a signal; nothing happens where the process has ended."""
        with suppress(OSError):
            if self.descriptor is not None:
                signal.pidfd_send_signal(self.descriptor, number)
            else:
                os.kill(self.pid, number)

    def kill_group(self) -> None:
        """Kill the process, and with it the group that it leads: what it started, such as loaders of data."""
        if not self._has_ended():
            with suppress(OSError):
                os.killpg(self.pid, signal.SIGKILL)
        self.signal()

    def _has_ended(self) -> bool:
        # Its number may be another group's by now.
        if self.descriptor is None:
            return False
        poll = select.poll()
        poll.register(self.descriptor, select.POLLIN)
        return bool(poll.poll(0))

    def close(self) -> None:
        """Let go of it."""
        if self.descriptor is not None:
            os.close(self.descriptor)
            self.descriptor = None
