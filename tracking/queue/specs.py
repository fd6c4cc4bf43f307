"""Jobs as they were added, read and checked once."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, select

from errors import ConfigError
from jobs import Job
from tracking.queue.transactions import pages
from tracking.store.schema import queue_jobs

__all__ = ["Specs", "read_spec"]

_J = queue_jobs.c
_TEXTS = select(_J.key, _J.job).where(_J.key.in_(bindparam("keys", expanding=True)))
_MOST = 20_000


class Specs:
    """Keeps what jobs say, as whoever looks for the next one looks at the same ones again and again."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, int], Job | ConfigError] = {}

    def of(self, connection: Connection, rows: Sequence[Any]) -> dict[int, Job | ConfigError]:
        """Return jobs, or what is wrong with them, by the key of their row.

        Args:
            connection: to the database.
            rows: with ``key``, ``id``, ``round``, ``priority`` and ``code``; the last two may have changed since.
        """
        unknown = {row.key: row for row in rows if (row.id, row.round) not in self._known}
        if len(self._known) + len(unknown) > _MOST:
            self._known.clear()
            unknown = {row.key: row for row in rows}
        for page in pages(unknown):
            for key, text in connection.execute(_TEXTS, {"keys": page}):
                self._known[unknown[key].id, unknown[key].round] = read_spec(text)
        return {row.key: _as_it_is_now(self._known[row.id, row.round], row) for row in rows}


def read_spec(text: str) -> Job | ConfigError:
    """Return the job that a row holds, or why this version of the program does not know it."""
    try:
        return Job.from_json(text)
    except ConfigError as error:
        return error


def _as_it_is_now(spec: Job | ConfigError, row: Any) -> Job | ConfigError:
    if isinstance(spec, ConfigError) or (spec.priority, spec.code) == (row.priority, row.code):
        return spec
    return dataclasses.replace(spec, priority=row.priority, code=row.code)
