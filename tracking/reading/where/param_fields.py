"""Fields of parameters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Text, and_, func, literal, not_, or_, select

from errors import ConfigError
from tracking.reading.where.bytewise import Bytewise
from tracking.reading.where.field import Condition, Field, WrongOperator, bound, compare, contains
from tracking.reading.where.named_parts import NamedPart
from tracking.reading.where.syntax import Literal
from tracking.reading.where.values import boolean, number
from tracking.store import schema

__all__ = ["param_field", "part_field"]


def param_field(name: str, is_number: bool) -> Field:
    """Return the field of a parameter; numbers, texts and true or false are different kinds, and never equal.

    Args:
        name: dotted.
        is_number: whether to sort by number, or by text.
    """
    return _ParamField(name, is_number)


def part_field(part: NamedPart, is_number: bool) -> Field:
    """Return the field of a parameter of named parts, or of their names.

    For names, ``!=``, ``!~`` and ``not in`` mean that an experiment has no such part, whatever others it has; a
    variant counts as a name, so that ``strategy = baseline`` finds the runs without strategies.
    """
    return _NamesField(part) if part.called is None else _PartField(part, is_number)


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
        return self._sort_value_at(self._name)

    def _sort_value_at(self, name: str, *conditions: Condition) -> ColumnElement[Any]:
        table = schema.params.c
        column = table.number if self._is_number else Bytewise(table.text)
        found = select(column).where(
            table.experiment_key == schema.experiments.c.key, table.name == name, table.kind != "null", *conditions
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
        return self._any_at(self._name, *conditions)

    def _any_at(self, name: str, *conditions: Condition) -> Condition:
        table = schema.params.c
        return schema.experiments.c.key.in_(
            select(table.experiment_key).where(table.name == name, table.kind != "null", *conditions)
        )


class _PartField(_ParamField):
    def __init__(self, part: NamedPart, is_number: bool) -> None:
        super().__init__(part.param_at(part.positions[0]), is_number)
        self._part = part

    def sort_value(self) -> ColumnElement[Any]:
        values = [
            self._sort_value_at(
                self._part.param_at(place), schema.params.c.experiment_key.in_(self._part.owners(place))
            )
            for place in self._part.positions
        ]
        return func.coalesce(*values) if len(values) > 1 else values[0]

    def _any(self, *conditions: Condition) -> Condition:
        return or_(*(self._at(place, conditions) for place in self._part.positions))

    def _at(self, position: int, conditions: Sequence[Condition]) -> Condition:
        owned = schema.params.c.experiment_key.in_(self._part.owners(position))
        return self._any_at(self._part.param_at(position), owned, *conditions)


class _NamesField(_PartField):
    def __init__(self, part: NamedPart) -> None:
        super().__init__(part, is_number=False)

    def one_of(self, literals: Sequence[Literal]) -> Condition:
        # What parts come to together has a name as well, also where there are none: a run without strategies is one.
        return or_(super().one_of(literals), schema.experiments.c.variant.in_([each.text for each in literals]))

    def none_of(self, literals: Sequence[Literal]) -> Condition:
        return not_(self.one_of(literals))

    def matches_not(self, given: Literal) -> Condition:
        return not_(self.matches(given))

    def sort_value(self) -> ColumnElement[Any]:
        raise ConfigError(f"experiments may have several of {self._part.parts}, so they cannot be sorted by them")

    def _at(self, position: int, conditions: Sequence[Condition]) -> Condition:
        return self._any_at(self._part.name_at(position), *conditions)
