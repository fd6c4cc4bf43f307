"""From a name to the field that it stands for."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, case, select

from tracking.reading.where.attribute_fields import attribute_field, tag_field
from tracking.reading.where.attributes import ATTRIBUTES, ValueKind
from tracking.reading.where.catalogue import Catalogue, Family, Meaning
from tracking.reading.where.field import Field
from tracking.reading.where.number_fields import evaluation_field, metric_field
from tracking.reading.where.param_fields import param_field, part_field
from tracking.statuses import Status
from tracking.store import schema
from tracking.store.places import whole_path

__all__ = ["FieldFinder"]

_E = schema.experiments.c


class FieldFinder:
    """Finds fields by the names that users write.

    Args:
        connection: from :meth:`tracking.store.database.Database.read`; needed for as long as names are looked up.
        statuses: keys of experiments whose status is not the stored one, because their process is gone.
        now: seconds since 1970, for times such as ``7d ago``; None means the clock's.
    """

    def __init__(
        self, connection: Connection, statuses: Mapping[int, Status] | None = None, now: float | None = None
    ) -> None:
        self._connection = connection
        self._catalogue = Catalogue(connection)
        self._statuses = statuses or {}
        self._now = time.time() if now is None else now

    def find(self, text: str) -> Field:
        """Return the field called ``text``.

        Raises:
            ConfigError: nothing in the store is called so.
        """
        meaning = self._catalogue.find(text)
        match meaning.family:
            case Family.ATTRIBUTE:
                return self._attribute(meaning)
            case Family.PARAM:
                return self._param(meaning)
            case Family.METRIC:
                return metric_field(meaning)
            case Family.EVALUATION:
                return evaluation_field(meaning)

    def status_column(self) -> ColumnElement[str]:
        """Return the status as it is now."""
        keys: dict[Status, list[int]] = defaultdict(list)
        for key, status in self._statuses.items():
            keys[status].append(key)
        changed = [(_E.key.in_(found), status.value) for status, found in keys.items()]
        return case(*changed, else_=_E.status) if changed else _E.status

    def _attribute(self, meaning: Meaning) -> Field:
        attribute = ATTRIBUTES[meaning.name]
        if attribute.kind is ValueKind.TAGS:
            return tag_field()
        column: ColumnElement[Any] = _E[attribute.column]
        if attribute.kind is ValueKind.STATUS:
            column = self.status_column()
        if attribute.name == "folder":
            column = whole_path(column)
        return attribute_field(attribute, column, self._now)

    def _param(self, meaning: Meaning) -> Field:
        part = meaning.part
        if part is None:
            return param_field(meaning.name, self._is_number(meaning.name))
        return part_field(part, any(self._is_number(part.param_at(place)) for place in part.positions))

    def _is_number(self, name: str) -> bool:
        table = schema.params.c
        query = select(select(1).where(table.name == name, table.number.is_not(None)).exists())
        return self._connection.execute(query).scalar_one()
