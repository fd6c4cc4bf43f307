"""Starts the process that watches over a training, and tells it which run is going on."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import URL

from tracking.store.database import database_url

__all__ = ["Supervisor"]

logger = logging.getLogger(__name__)

_PROJECT = Path(__file__).resolve().parents[2]
_MOST_RESTARTS = 20


class Supervisor:
    """The supervisor of this process: one light process beside it, started with the first run that is watched.

    It lives in its own session, so that Ctrl-C does not reach it. If it is killed, another one takes its place. All
    methods return at once, and none raises: who trains does not depend on who watches.

    Args:
        database: the store, with its password; see :func:`tracking.store.database.database_url`.
        interval: seconds between two heartbeats.
    """

    def __init__(self, database: str | URL, interval: float) -> None:
        self._start_order = {"parent": os.getpid(), "interval": interval, "database": reach(database)}
        self._watch_order: dict[str, Any] = {"watch": None}
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._restarts = 0

    def watch(self, folder: Path, experiment_id: str, attempt: int) -> None:
        """Watch over one attempt: it beats from now on, and is written down as lost if this process dies."""
        watch = {"folder": str(Path(folder).absolute()), "experiment_id": experiment_id, "attempt": attempt}
        self._order({"watch": watch})

    def release(self) -> None:
        """The run ended and said how: what becomes of this process does not concern it any more."""
        self._order({"watch": None})

    def close(self) -> None:
        """Send the supervisor away; a run that was not released is watched until this process ends."""
        with self._lock:
            process, self._process = self._process, None
            if process is not None and self._is_own():
                _close_pipe(process)

    @property
    def pid(self) -> int | None:
        """Id of the supervisor's process, while there is one."""
        return self._process.pid if self._process is not None else None

    def _is_own(self) -> bool:
        """Whether this is the process that is watched, and not one forked from it, such as a data loader."""
        return os.getpid() == self._start_order["parent"]

    def _order(self, order: dict[str, Any]) -> None:
        if not self._is_own():
            return
        with self._lock:
            self._watch_order = order
            if self._process is None and order["watch"] is not None:
                self._start()
            elif self._process is not None:
                _send(self._process, order)

    def _start(self) -> None:
        try:
            self._process = _spawn()
        except OSError as error:
            logger.warning("no supervisor can be started (%s): if this process is killed, its run shows it late", error)
            return
        _send(self._process, self._start_order, self._watch_order)
        threading.Thread(target=self._wait, args=(self._process,), daemon=True, name="supervisor").start()

    def _wait(self, process: subprocess.Popen[bytes]) -> None:
        """Wait for the supervisor's end, so that it leaves no zombie; replace it if it was not sent away."""
        status = process.wait()
        with suppress(OSError):
            _close_pipe(process)
        time.sleep(min(30.0, 0.1 * 2**self._restarts))
        with self._lock:
            if self._process is not process:
                return
            self._process = None
            self._restarts += 1
            if self._restarts > _MOST_RESTARTS:
                logger.warning("the supervisor ends again and again (exit status %d); going on without", status)
            elif self._watch_order["watch"] is not None:
                self._start()


def reach(database: str | URL) -> dict[str, str | None]:
    """Return what the supervisor needs to reach the database; nothing where it lies in this process's memory."""
    url = database if isinstance(database, URL) else database_url(database)
    if url.drivername != "sqlite":
        server = url.set(drivername="postgresql").render_as_string(hide_password=False)
        return {"url": url.render_as_string(hide_password=False), "server": server}
    if url.database in (None, "", ":memory:"):
        return {"url": None}
    file = str(Path(url.database).absolute())
    return {"url": url.set(database=file).render_as_string(hide_password=False), "file": file}


def _spawn() -> subprocess.Popen[bytes]:
    # -P and the folder on the path: whatever lies in the current folder is not imported by mistake.
    path = os.pathsep.join(filter(None, [str(_PROJECT), os.environ.get("PYTHONPATH")]))
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "tracking.states.supervisor"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        cwd="/",
        env={**os.environ, "PYTHONPATH": path},
    )


def _send(process: subprocess.Popen[bytes], *orders: dict[str, Any]) -> None:
    assert process.stdin is not None
    # A supervisor that is gone gets its orders when it is replaced. Passwords go this way, not into the command line.
    with suppress(OSError, ValueError):
        process.stdin.write(b"".join(json.dumps(order).encode() + b"\n" for order in orders))
        process.stdin.flush()


def _close_pipe(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin is not None
    with suppress(OSError):
        process.stdin.close()
