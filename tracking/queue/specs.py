"""Jobs as they were added, read and checked once."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, select

from errors import ConfigError
from jobs import Job
from tracking.queue.transactions import pages
from tracking.store.schema import queue_jobs

__all__ = ["Specs", "read_spec", "with_values"]

_J = queue_jobs.c
_TEXTS = select(_J.key, _J.job).where(_J.key.in_(bindparam("keys", expanding=True)))
_MOST = 20_000


class Specs:
    """Keeps what jobs say, as whoever looks for the next one looks at the same ones again and again.

    Args:
        most: keep so many.
    """

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._known: dict[tuple[str, int], Job | ConfigError] = {}
        self._not_seen_since: dict[tuple[str, int], Job | ConfigError] = {}

    def begin(self) -> None:
        """Say that somebody looks from the front again: what is not seen any more then makes room for others."""
        if len(self._known) >= self._most:
            self._known, self._not_seen_since = {}, self._known

    def of(self, connection: Connection, rows: Sequence[Any]) -> dict[int, Job | ConfigError]:
        """Return jobs, or what is wrong with them, by the key of their row.

        Args:
            connection: to the database.
            rows: with ``key``, ``id``, ``round``, ``priority`` and ``code``; the last two may have changed since.
        """
        found = {row.key: self._look_up((row.id, row.round)) for row in rows}
        unknown = {row.key: row for row in rows if found[row.key] is None}
        for page in pages(unknown):
            for key, text in connection.execute(_TEXTS, {"keys": page}):
                found[key] = spec = read_spec(text)
                self._keep((unknown[key].id, unknown[key].round), spec)
        return {row.key: _as_it_is_now(said, row) for row in rows if (said := found[row.key]) is not None}

    def _look_up(self, name: tuple[str, int]) -> Job | ConfigError | None:
        if name in self._not_seen_since:
            self._known[name] = self._not_seen_since.pop(name)
        return self._known.get(name)

    def _keep(self, name: tuple[str, int], spec: Job | ConfigError) -> None:
        if len(self._known) + len(self._not_seen_since) >= self._most:
            self._not_seen_since.clear()
        # Where there are more than that, those in front stay: giving up the oldest would find none of them next time.
        if len(self._known) < self._most:
            self._known[name] = spec


def with_values(job: Job, **values: Any) -> Job:
    """Return a job with values that are known to be valid: checking all others again takes longer than a claim."""
    changed = copy.copy(job)
    for name, value in values.items():
        object.__setattr__(changed, name, value)
    return changed


def read_spec(text: str) -> Job | ConfigError:
    """Return the job that a row holds, or why this version of the program does not know it."""
    try:
        return Job.from_json(text)
    except ConfigError as error:
        return error


def _as_it_is_now(spec: Job | ConfigError, row: Any) -> Job | ConfigError:
    if isinstance(spec, ConfigError) or (spec.priority, spec.code) == (row.priority, row.code):
        return spec
    return with_values(spec, priority=row.priority, code=row.code)
