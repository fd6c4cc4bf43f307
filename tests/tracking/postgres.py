"""A real PostgreSQL server for tests: an ordinary user's own, on loopback, with a free port, gone afterwards."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy import URL

from tests.ports import free_port

__all__ = ["PostgresqlServer", "find_programs"]

_USER = "app"
_PATIENCE = "--timeout=300"
# Throw-away servers need not survive a power cut, and small ones start faster.
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "shared_buffers": "32MB",
    "max_connections": "60",
}


def find_programs() -> Path | None:
    """Return the folder with ``initdb`` and ``pg_ctl``; Debian keeps them out of PATH."""
    found = shutil.which("pg_ctl")
    if found:
        return Path(found).resolve().parent
    folders = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/pg_ctl")]
    return max(folders, key=lambda folder: int(folder.parent.name), default=None)


class PostgresqlServer:
    """One server, from :meth:`create` to :meth:`stop`.

    Args:
        programs: from :func:`find_programs`.
        folder: an empty folder for data and log; as root it is given to the user ``postgres``, who must reach it.
    """

    def __init__(self, programs: Path, folder: Path) -> None:
        self._programs = programs
        self._data = folder / "data"
        self._log = folder / "log"
        self._port = free_port()
        self._password = secrets.token_hex(8)
        self._databases = 0

    def create(self) -> None:
        """Make the data folder and start."""
        password_file = self._data.parent / "password"
        password_file.write_text(self._password)
        if os.geteuid() == 0:
            shutil.chown(self._data.parent, "postgres")
            shutil.chown(password_file, "postgres")
        self._run(
            "initdb",
            "--auth=scram-sha-256",
            f"--pwfile={password_file}",
            f"--username={_USER}",
            "--encoding=UTF8",
            "--no-sync",
        )
        self.start()

    def start(self) -> None:
        """Start, and wait until it answers; the port stays the same."""
        settings = {"port": str(self._port), **_SETTINGS}
        options = " ".join(f"-c {name}={value or chr(39) * 2}" for name, value in settings.items())
        self._run("pg_ctl", "start", "--wait", _PATIENCE, "--silent", f"--log={self._log}", f"--options={options}")

    def stop(self) -> None:
        """Stop at once, cutting all connections; nothing happens where it does not run."""
        self._run("pg_ctl", "stop", "--wait", _PATIENCE, "--silent", "--mode=immediate", check=False)

    @property
    def is_running(self) -> bool:
        """Whether the server runs."""
        return self._run("pg_ctl", "status", check=False) == 0

    def new_database(self, template: URL | None = None) -> URL:
        """Create an empty database, or a copy of another one that nobody is connected to; return its URL."""
        self._databases += 1
        name = f"store_{self._databases}"
        command = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
            sql.Identifier(name), sql.Identifier(template.database or "" if template else "template0")
        )
        with psycopg.connect(self._url("postgres").set(drivername="postgresql").render_as_string(False)) as connection:
            connection.autocommit = True
            connection.execute(command)
        return self._url(name)

    def _url(self, database: str) -> URL:
        return URL.create("postgresql+psycopg", _USER, self._password, "127.0.0.1", self._port, database)

    def _run(self, program: str, *arguments: str, check: bool = True) -> int:
        # The server refuses to run as root.
        command = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        command += [str(self._programs / program), f"--pgdata={self._data}", *arguments]
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd="/"
        )
        if check and done.returncode:
            log = self._log.read_text() if self._log.exists() else ""
            raise RuntimeError(f"{program} failed: {done.stderr.decode()}{log}")
        return done.returncode
