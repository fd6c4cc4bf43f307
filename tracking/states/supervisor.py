"""The process beside a training that says, every few seconds, that the training lives, and writes down when it died.

Started by :mod:`tracking.states.supervision` as ``python -m tracking.states.supervisor``; it takes orders as JSON
lines on standard input. Training code may block for minutes, hold Python's lock or be stopped: that must not silence
its heart. The heavy code of the store is loaded only when there is a folder to take in.
"""

from __future__ import annotations

import json
import os
import select
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, NamedTuple

from atomic_files import write_json
from errors import AssayError
from tracking.folders.contents import Run, read_folder
from tracking.folders.folder import HEARTBEAT, JOURNAL, ExperimentFolder
from tracking.processes import host_name
from tracking.states.pulse import Pulse
from tracking.statuses import ENDED, Status

__all__ = ["SupervisorProcess", "Watched", "main"]

_ORDERS = 0
_LOOK_SECONDS = 0.5
_LAST_SYNC_SECONDS = 30.0
_TERMINATION_COUNTS_SECONDS = 900.0
"""A SIGTERM explains an end that follows it within the longest usual grace period."""
_SILENT = frozenset({Status.LOST, Status.STALE})


class Watched(NamedTuple):
    """The attempt that is being watched."""

    folder: ExperimentFolder
    experiment_id: str
    attempt: int

    def run(self) -> Run | None:
        """Return what the folder says of this attempt; None where the folder is gone or cannot be read."""
        try:
            contents = read_folder(self.folder.path)
        except AssayError:
            return None
        if contents is None or len(contents.runs) < self.attempt:
            return None
        return contents.runs[self.attempt - 1]

    def is_newest(self) -> bool:
        """Whether no other attempt has begun since, beside which this one counts no more."""
        return sum(event.event == "started" for event in self.folder.journal()) <= self.attempt


class SupervisorProcess:
    """Watches one parent process and the run in it.

    Args:
        parent: id of the process to watch.
        interval: seconds between two heartbeats.
        database: how to reach the store: ``url``, and ``file`` or ``server`` for heartbeats.
    """

    def __init__(self, parent: int, interval: float, database: Mapping[str, str | None]) -> None:
        self._parent = parent
        self._interval = interval
        self._database_url = database["url"]
        self._pulse = Pulse(database.get("file"), database.get("server"))
        self._watched: Watched | None = None
        self._journal_size = -1
        self._next_beat = 0.0
        self._terminated_at: float | None = None
        self._orders_end = False
        self._unread = b""

    def run(self) -> None:
        """Watch until the parent is gone, or has nothing to be watched any more and closed its end."""
        signal.signal(signal.SIGTERM, self._note_termination)
        while not self._parent_is_gone():
            self._take_orders(min(_LOOK_SECONDS, self._interval))
            if self._orders_end and self._watched is None:
                return
            if self._watched is not None and time.monotonic() >= self._next_beat:
                self._next_beat = time.monotonic() + self._interval
                self._beat(self._watched)
        # What the parent said last may still lie in the pipe.
        self._take_orders(0)
        if self._watched is not None:
            self._conclude(self._watched)

    def _parent_is_gone(self) -> bool:
        # The end of input alone says nothing: data loaders forked from the parent keep the pipe open, and a parent on
        # its way out closes it early.
        return os.getppid() != self._parent

    def _note_termination(self, number: int, frame: Any) -> None:
        # Whoever ends a job (SLURM, a shutdown) sends this to all of its processes; the run decides what follows.
        self._terminated_at = time.time()

    # -- orders ---------------------------------------------------------------------------------------------------

    def _take_orders(self, timeout: float) -> None:
        if self._orders_end:
            time.sleep(timeout)
            return
        while not self._orders_end and select.select([_ORDERS], [], [], timeout)[0]:
            timeout = 0
            block = os.read(_ORDERS, 65536)
            self._orders_end = not block
            for order in self._lines(block):
                self._obey(order)

    def _lines(self, block: bytes) -> Iterator[dict[str, Any]]:
        *lines, self._unread = (self._unread + block).split(b"\n")
        yield from (json.loads(line) for line in lines)

    def _obey(self, order: Mapping[str, Any]) -> None:
        watch = order.get("watch")
        self._watched = None
        if watch is not None:
            self._watched = Watched(ExperimentFolder(watch["folder"]), watch["experiment_id"], watch["attempt"])
        self._next_beat, self._journal_size = 0.0, -1

    # -- heartbeats -----------------------------------------------------------------------------------------------

    def _beat(self, watched: Watched) -> None:
        self._pulse.beat(watched.experiment_id, watched.attempt)
        folder = watched.folder.path
        if not folder.is_dir():
            return
        beat = {"time": self._now(), "attempt": watched.attempt, "interval": self._interval, "host": host_name()}
        # A full disk passes, and the database still hears the heart.
        with suppress(AssayError):
            write_json(folder / HEARTBEAT, beat)
            if self._passes_for_dead(watched) and watched.is_newest():
                self._revive(watched)

    def _now(self) -> float:
        """Return the time that heartbeats go by."""
        return time.time() + self._pulse.clock_offset

    def _passes_for_dead(self, watched: Watched) -> bool:
        """Tell whether somebody judged the run dead: in its folder, or in the database where the folder is unseen."""
        if self._pulse.status in _SILENT:
            return True
        with suppress(OSError):
            size = (watched.folder.path / JOURNAL).stat().st_size
            if size != self._journal_size:
                self._journal_size = size
                run = watched.run()
                return run is not None and run.status in _SILENT
        return False

    def _revive(self, watched: Watched) -> None:
        evidence = f"its supervisor on {host_name()} beats again, and process {self._parent} is alive"
        watched.folder.append("judged", attempt=watched.attempt, status=Status.RUNNING, evidence=evidence)
        self._pulse.status = None
        self._sync(watched, patience=0.0)

    # -- the end --------------------------------------------------------------------------------------------------

    def _conclude(self, watched: Watched) -> None:
        """Write how a run ended that did not say so itself, and bring into the database what it left."""
        run = watched.run()
        if run is None:
            return
        if run.status not in ENDED:
            status, evidence = self._explain_end()
            with suppress(AssayError):
                watched.folder.append(
                    "judged", attempt=watched.attempt, status=status, evidence=evidence, finished_at=self._now()
                )
        self._sync(watched, patience=_LAST_SYNC_SECONDS)

    def _explain_end(self) -> tuple[Status, str]:
        gone = f"process {self._parent} on {host_name()} ended without a word"
        since = None if self._terminated_at is None else time.time() - self._terminated_at
        if since is not None and since <= _TERMINATION_COUNTS_SECONDS:
            return Status.PREEMPTED, f"{gone}, {since:.0f} s after the whole job was sent SIGTERM"
        return Status.LOST, f"{gone}: killed, out of memory, or crashed"

    def _sync(self, watched: Watched, patience: float) -> None:
        from tracking.indexing.index import sync_folder
        from tracking.store.database import Database

        limit = time.monotonic() + patience
        while self._database_url is not None:
            try:
                database = Database.open(self._database_url, create=False)
                sync_folder(database, watched.folder.path)
                database.close()
                return
            except AssayError:
                # The folder has it all; whoever syncs it next brings it in.
                if time.monotonic() >= limit:
                    return
                time.sleep(1.0)


def main() -> None:
    """Read the first line of orders, then supervise."""
    # Ctrl-C and a closing terminal are the training's business.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with open(_ORDERS, "rb", buffering=0, closefd=False) as orders:  # unbuffered: later lines stay in the pipe
        first = orders.readline()
    if first:
        begin = json.loads(first)
        SupervisorProcess(begin["parent"], begin["interval"], begin["database"]).run()


if __name__ == "__main__":
    main()
