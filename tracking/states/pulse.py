"""Heartbeats into the database, without the weight of its other code: a supervisor is to cost next to nothing."""

from __future__ import annotations

import sqlite3
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

__all__ = ["Pulse"]

_PATIENCE_SECONDS = 5
_BEAT = (
    "UPDATE runs SET heartbeat_at = {clock} WHERE attempt = {value} AND experiment_key = "
    "(SELECT key FROM experiments WHERE id = {value}) RETURNING status, heartbeat_at"
)


class Pulse:
    """Writes ``runs.heartbeat_at`` from a thread of its own: a database that hangs holds nobody up.

    Args:
        file: an SQLite file, or None.
        server: URI of a PostgreSQL server, or None. With neither, nothing is written.
    """

    def __init__(self, file: str | None = None, server: str | None = None) -> None:
        self._file = file
        self._server = server
        self._connection: Any = None
        self._wanted = threading.Event()
        self._run: tuple[int, str] | None = None
        self.status: str | None = None
        """What the database said of the run at the last beat."""
        self.clock_offset = 0.0
        """Seconds that the server's clock is ahead of this machine's: heartbeats go by the server's."""
        threading.Thread(target=self._work, daemon=True).start()

    def beat(self, experiment_id: str, attempt: int) -> None:
        """Ask for a beat; it is written as soon as the database takes it."""
        self._run = (attempt, experiment_id)
        self._wanted.set()

    def _work(self) -> None:
        while True:
            self._wanted.wait()
            self._wanted.clear()
            if self._run is None:
                continue
            try:
                self._write(*self._run)
            except Exception:
                # Whatever ails the database, the next beat tries again.
                self._disconnect()

    def _write(self, attempt: int, experiment_id: str) -> None:
        if self._file is not None:
            row = self._write_file(self._file, attempt, experiment_id)
        elif self._server is not None:
            row = self._write_server(self._server, attempt, experiment_id)
        else:
            return
        self.status = row[0] if row else None

    def _write_file(self, file: str, attempt: int, experiment_id: str) -> Any:
        # mode=rw: a file that was deleted is not made anew, and without tables. Opened for each beat, as it may have
        # been replaced since.
        uri = f"{Path(file).as_uri()}?mode=rw"
        self._connection = sqlite3.connect(uri, uri=True, timeout=_PATIENCE_SECONDS, isolation_level=None)
        statement = _BEAT.format(clock="?", value="?")
        row = self._connection.execute(statement, (time.time(), attempt, experiment_id)).fetchone()
        self._disconnect()
        return row

    def _write_server(self, server: str, attempt: int, experiment_id: str) -> Any:
        if self._connection is None:
            import psycopg

            self._connection = psycopg.connect(server, autocommit=True, connect_timeout=_PATIENCE_SECONDS)
        statement = _BEAT.format(clock="extract(epoch FROM clock_timestamp())", value="%s")
        asked = time.time()
        row = self._connection.execute(statement, (attempt, experiment_id)).fetchone()
        if row:
            self.clock_offset = float(row[1]) - (asked + time.time()) / 2
        return row

    def _disconnect(self) -> None:
        with suppress(Exception):
            self._connection.close()
        self._connection = None
