"""Fields of what every experiment has: its columns and its tags."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Double, Text, false, func, literal, not_, select

from errors import ConfigError
from registry import nearest
from tracking.reading.where.attributes import Attribute, ValueKind
from tracking.reading.where.bytewise import Bytewise
from tracking.reading.where.field import Condition, Field, WrongOperator, bound, compare, contains, number_of
from tracking.reading.where.syntax import Literal
from tracking.reading.where.values import duration, moment
from tracking.statuses import Status
from tracking.store import schema

__all__ = ["attribute_field", "checked_status", "tag_field"]


def attribute_field(attribute: Attribute, column: ColumnElement[Any], now: float) -> Field:
    """Return the field of a column of the table of experiments.

    Args:
        attribute: which.
        column: its value; NULL or an empty text means that there is none.
        now: seconds since 1970, for times that are told from now.
    """
    return _AttributeField(attribute, column, now)


def tag_field() -> Field:
    """Return the field of the tags.

    ``!=``, ``!~`` and ``not in`` mean that an experiment has no such tag, whatever others it has.
    """
    return _TagField()


class _AttributeField(Field):
    def __init__(self, attribute: Attribute, column: ColumnElement[Any], now: float) -> None:
        self._attribute = attribute
        self._now = now
        self._is_text = attribute.kind in (ValueKind.TEXT, ValueKind.STATUS)
        self._column = func.nullif(column, "", type_=Text) if self._is_text else column

    @property
    def nullable(self) -> bool:
        return self._is_text or bool(getattr(self._column, "nullable", True))

    def present(self) -> Condition:
        return self._column.is_not(None)

    def one_of(self, literals: Sequence[Literal]) -> Condition:
        if self._attribute.kind is ValueKind.TIME:
            raise WrongOperator(f"no two times are equal; compare {self._attribute.name} with < <= > >=")
        return self._certain(self._column.in_([self._value(each) for each in literals]))

    def ordered(self, operator: str, given: Literal) -> Condition:
        if self._attribute.kind is ValueKind.STATUS:
            raise WrongOperator("statuses have no order; compare them with = != or in")
        column = Bytewise(self._column) if self._is_text else self._column
        return self._certain(compare(operator, column, self._value(given)))

    def matches(self, given: Literal) -> Condition:
        if not self._is_text:
            raise WrongOperator(f"{self._attribute.name} is no text; compare it with < <= > >= or =")
        return self._certain(contains(self._column, given))

    def sort_value(self) -> ColumnElement[Any]:
        return Bytewise(self._column) if self._is_text else self._column

    def _certain(self, condition: Condition) -> Condition:
        return func.coalesce(condition, false())

    def _value(self, given: Literal) -> ColumnElement[Any]:
        kind = self._attribute.kind
        if kind is ValueKind.TIME:
            return literal(moment(given, self._now), Double)
        if kind is ValueKind.DURATION:
            return literal(duration(given), Double)
        if kind is ValueKind.NUMBER:
            return bound(number_of(given, self._attribute.name))
        if kind is ValueKind.STATUS:
            return literal(checked_status(given.text), Text)
        return literal(given.text, Text)


class _TagField(Field):
    def present(self) -> Condition:
        return self._any()

    def one_of(self, literals: Sequence[Literal]) -> Condition:
        return self._any(schema.tags.c.tag.in_([each.text for each in literals]))

    def none_of(self, literals: Sequence[Literal]) -> Condition:
        return not_(self.one_of(literals))

    def ordered(self, operator: str, given: Literal) -> Condition:
        raise WrongOperator("tags have no order; compare them with = != ~ or in")

    def matches(self, given: Literal) -> Condition:
        return self._any(contains(schema.tags.c.tag, given))

    def matches_not(self, given: Literal) -> Condition:
        return not_(self.matches(given))

    def sort_value(self) -> ColumnElement[Any]:
        raise ConfigError("experiments have several tags, so they cannot be sorted by them")

    def _any(self, *conditions: Condition) -> Condition:
        return schema.experiments.c.key.in_(select(schema.tags.c.experiment_key).where(*conditions))


def checked_status(text: str) -> str:
    """Return a status as the store writes it.

    Raises:
        ConfigError: there is no such status.
    """
    known = [status.value for status in Status]
    if text.lower() not in known:
        raise ConfigError(f"no status {text!r}{nearest(text.lower(), known)} (known: {', '.join(known)})")
    return text.lower()
