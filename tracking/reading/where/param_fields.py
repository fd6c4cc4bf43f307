"""Fields of parameters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Text, and_, literal, or_, select

from tracking.reading.where.bytewise import Bytewise
from tracking.reading.where.field import Condition, Field, WrongOperator, bound, compare, contains
from tracking.reading.where.syntax import Literal
from tracking.reading.where.values import boolean, number
from tracking.store import schema

__all__ = ["param_field"]


def param_field(name: str, is_number: bool) -> Field:
    """Return the field of a parameter; numbers, texts and true or false are different kinds, and never equal.

    Args:
        name: dotted.
        is_number: whether to sort by number, or by text.
    """
    return _ParamField(name, is_number)


class _ParamField(Field):
    def __init__(self, name: str, is_number: bool) -> None:
        self._name = name
        self._is_number = is_number

    def present(self) -> Condition:
        return self._any()

    def one_of(self, literals: Sequence[Literal]) -> Condition:
        return self._any(or_(*(self._equals(each) for each in literals)))

    def ordered(self, operator: str, given: Literal) -> Condition:
        table, value = schema.params.c, number(given)
        if value is not None:
            return self._any(table.kind.in_(("int", "float")), compare(operator, table.number, bound(float(value))))
        if boolean(given) is not None:
            raise WrongOperator(f"{given.text} is not {operator} anything; compare it with = or !=")
        return self._any(table.kind == "str", compare(operator, Bytewise(table.text), literal(given.text, Text)))

    def matches(self, given: Literal) -> Condition:
        return self._any(contains(schema.params.c.text, given))

    def sort_value(self) -> ColumnElement[Any]:
        table = schema.params.c
        column = table.number if self._is_number else Bytewise(table.text)
        found = select(column).where(
            table.experiment_key == schema.experiments.c.key, table.name == self._name, table.kind != "null"
        )
        return found.scalar_subquery()

    def _equals(self, given: Literal) -> Condition:
        table, value, truth = schema.params.c, number(given), boolean(given)
        if value is not None:
            return and_(table.kind.in_(("int", "float")), table.number == bound(float(value)))
        if truth is not None:
            return and_(table.kind == "bool", table.number == bound(float(truth)))
        return and_(table.kind == "str", table.text == literal(given.text, Text))

    def _any(self, *conditions: Condition) -> Condition:
        table = schema.params.c
        return schema.experiments.c.key.in_(
            select(table.experiment_key).where(table.name == self._name, table.kind != "null", *conditions)
        )
