"""How lists are sorted, and read page by page: queries for the keys of a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, or_, select

from tracking.states.judgement import Judgement
from tracking.store import schema

__all__ = ["Order", "read_ids", "select_keys"]

_E = schema.experiments.c


@dataclass(frozen=True)
class Order:
    """By what a list is sorted; what has no value comes last, and equal values in the order of their keys."""

    value: ColumnElement[Any]
    descending: bool = False
    nullable: bool = True

    def apply(self, query: Select[Any]) -> Select[Any]:
        """Return ``query`` sorted."""
        columns = [self.value, _E.key]
        directed = [column.desc() if self.descending else column.asc() for column in columns]
        return query.order_by(*([self.value.is_(None)] if self.nullable else []), *directed)

    def behind(self, key: int, value: Any) -> ColumnElement[bool]:
        """Return the condition for rows that come behind the row with this key and value."""
        if value is None:
            return and_(self.value.is_(None), self._beyond(_E.key, key))
        # The first condition is implied by the second; databases search an index by it.
        reached = self.value <= value if self.descending else self.value >= value
        beyond = or_(self._beyond(self.value, value), self._beyond(_E.key, key))
        found = and_(reached, beyond)
        return or_(found, self.value.is_(None)) if self.nullable else found

    def _beyond(self, column: ColumnElement[Any], value: Any) -> ColumnElement[bool]:
        beyond: ColumnElement[bool] = column < value if self.descending else column > value
        return beyond


def select_keys(condition: ColumnElement[bool], order: Order, limit: int) -> Select[Any]:
    """Return the query for the keys, and the values they are sorted by, of at most ``limit`` experiments."""
    return order.apply(select(_E.key, order.value).where(condition)).limit(limit)


def read_ids(connection: Connection, keys: Sequence[int], _: Mapping[int, Judgement]) -> list[str]:
    """Return the ids of experiments, in the order of ``keys``."""
    ids = dict(connection.execute(select(_E.key, _E.id).where(_E.key.in_(keys))).tuples().all())
    return [ids[key] for key in keys]
