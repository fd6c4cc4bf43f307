"""The clock of a store, by which hosts whose own clocks differ agree."""

from __future__ import annotations

import time

from sqlalchemy import Connection, text

__all__ = ["store_clock"]

_SERVER_CLOCK = text("SELECT extract(epoch FROM clock_timestamp())")


def store_clock(connection: Connection) -> float:
    """Return seconds since 1970, UTC, by the clock of the database's server, or of this machine where it has none."""
    if connection.dialect.name == "sqlite":
        return time.time()
    return float(connection.execute(_SERVER_CLOCK).scalar_one())
