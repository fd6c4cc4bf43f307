"""What can be asked of a thing that experiments have; how that is written in SQL is up to each kind of thing.

Every condition made here is true or false, never NULL: an experiment without a value fulfils no comparison, and NOT
turns that into true. All values are bound parameters.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Double, Text, and_, func, literal, not_

from errors import ConfigError
from tracking.reading.where.bytewise import Bytewise
from tracking.reading.where.syntax import Literal
from tracking.reading.where.values import number, pattern

__all__ = ["Condition", "Field", "WrongOperator", "bound", "compare", "contains", "number_of"]

Condition = ColumnElement[bool]


class WrongOperator(ConfigError):
    """What a name stands for cannot be compared in this way."""


class Field(ABC):
    """Something that experiments have, or have not."""

    @property
    def nullable(self) -> bool:
        """Whether there are experiments without a value."""
        return True

    @abstractmethod
    def present(self) -> Condition:
        """There is a value."""

    def recorded(self) -> Condition:
        """There is a value, be it one that is not finite and that nothing compares with."""
        return self.present()

    @abstractmethod
    def one_of(self, literals: Sequence[Literal]) -> Condition:
        """There is a value, and it equals one of these."""

    def none_of(self, literals: Sequence[Literal]) -> Condition:
        """There is a value, and it equals none of these."""
        return and_(self.present(), not_(self.one_of(literals)))

    @abstractmethod
    def ordered(self, operator: str, given: Literal) -> Condition:
        """There is a value of the same kind, and it is smaller or larger."""

    @abstractmethod
    def matches(self, given: Literal) -> Condition:
        """There is a value, and its text contains the given one."""

    def matches_not(self, given: Literal) -> Condition:
        """There is a value, and its text does not contain the given one."""
        return and_(self.present(), not_(self.matches(given)))

    @abstractmethod
    def sort_value(self) -> ColumnElement[Any]:
        """What experiments are sorted by; NULL where there is no value."""


def compare(operator: str, column: ColumnElement[Any], value: ColumnElement[Any]) -> Condition:
    """Return ``column operator value`` for ``<``, ``<=``, ``>`` or ``>=``."""
    return _COMPARE[operator](column, value)


_COMPARE: dict[str, Callable[[ColumnElement[Any], ColumnElement[Any]], Condition]] = {
    "<": lambda column, value: column < value,
    "<=": lambda column, value: column <= value,
    ">": lambda column, value: column > value,
    ">=": lambda column, value: column >= value,
}


def contains(column: ColumnElement[Any], given: Literal) -> Condition:
    """Return whether a text contains the given one, in capital or small letters."""
    return func.lower(Bytewise(column)).like(literal(pattern(given), Text), escape="\\")


def number_of(given: Literal, noun: str) -> float:
    """Return the number that a thing is compared with.

    Raises:
        ConfigError: it is none.
    """
    value = number(given)
    if value is None:
        raise ConfigError(f"expected a number, which {noun} is compared with")
    return value


def bound(value: float) -> ColumnElement[Any]:
    """Return a number as a bound parameter."""
    # The type of the column would round 1.5 to a whole number on PostgreSQL.
    return literal(value, BigInteger if isinstance(value, int) else Double)
