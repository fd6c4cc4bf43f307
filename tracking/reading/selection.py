"""Which experiments a reader asks for, and in which order; read page by page, each behind the one before."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, and_, select, true

from errors import ConfigError, DataError
from tracking.reading.queries import Order, select_keys
from tracking.reading.where import FieldFinder, compile_filter
from tracking.reading.where.attribute_fields import checked_status
from tracking.states.judgement import Judgement
from tracking.states.liveness import statuses_now
from tracking.store import schema
from tracking.store.database import Database

__all__ = ["PAGE", "Selection", "finder_for", "read_pages"]

PAGE = 1000
"""Experiments that are read at once."""

T = TypeVar("T")
_E = schema.experiments.c


@dataclass(frozen=True)
class Selection:
    """What is asked for; see :meth:`tracking.reading.local_backend.LocalBackend.get_all_experiments`."""

    filter: str | None = None
    status: Sequence[str] = ()
    tags: Sequence[str] = ()
    sort: str = "-created_at"
    limit: int | None = None
    after: str | None = None
    """Id of the experiment behind which to begin."""

    def condition(self, finder: FieldFinder) -> ColumnElement[bool]:
        """Return the condition on the table of experiments.

        Raises:
            ConfigError: a filter or a status that makes no sense.
        """
        conditions: list[ColumnElement[bool]] = [true()]
        if self.status:
            conditions.append(finder.status_column().in_([checked_status(each) for each in self.status]))
        tagged = schema.tags.c
        conditions += [_E.key.in_(select(tagged.experiment_key).where(tagged.tag == tag)) for tag in self.tags]
        if self.filter is not None:
            if not isinstance(self.filter, str):
                raise ConfigError(f"filter: expected a text such as 'seed > 1', got {type(self.filter).__name__}")
            conditions.append(compile_filter(self.filter, finder))
        return and_(*conditions)

    def order(self, finder: FieldFinder) -> Order:
        """Return how to sort.

        Raises:
            ConfigError: nothing in the store is called so.
        """
        try:
            field = finder.find(self.sort.removeprefix("-"))
            return Order(field.sort_value(), descending=self.sort.startswith("-"), nullable=field.nullable)
        except ConfigError as error:
            raise ConfigError(f"sort: {error}") from error


def finder_for(connection: Connection, judged: Mapping[int, Judgement]) -> FieldFinder:
    """Return what finds fields by their names.

    Args:
        connection: from :meth:`tracking.store.database.Database.read`.
        judged: how experiments stand now whose stored status may be out of date, by key.
    """
    return FieldFinder(connection, {key: judgement.status for key, judgement in judged.items()})


def read_pages(
    database: Database,
    selection: Selection,
    read: Callable[[Connection, Sequence[int], Mapping[int, Judgement]], T],
) -> Iterator[T]:
    """Yield what ``read`` makes of the keys of each page, and of how experiments stand as the first page is read.

    No connection stays open between two pages.

    Raises:
        ConfigError: a filter, a status or a sort key that makes no sense.
        DataError: no experiment has the id to begin behind.
        DatabaseUnavailable: the database cannot be reached.
    """
    left, last = selection.limit, None
    judged: Mapping[int, Judgement] | None = None
    while left is None or left > 0:
        size = PAGE if left is None else min(PAGE, left)
        with database.read() as connection:
            judged = statuses_now(connection) if judged is None else judged
            finder = finder_for(connection, judged)
            order, condition = selection.order(finder), selection.condition(finder)
            if last is None and selection.after is not None:
                last = _place(connection, order, selection.after)
            if last is not None:
                condition = and_(condition, order.behind(*last))
            found = connection.execute(select_keys(condition, order, size)).all()
            page = read(connection, [key for key, _ in found], judged) if found else None
        if page is not None:
            yield page
        if len(found) < size:
            return
        last = found[-1]
        left = None if left is None else left - len(found)


def _place(connection: Connection, order: Order, experiment_id: str) -> tuple[int, Any]:
    found = connection.execute(select(_E.key, order.value).where(_E.id == experiment_id)).one_or_none()
    if found is None:
        raise DataError(f"no experiment {experiment_id!r} to begin behind; it may be deleted")
    return found
