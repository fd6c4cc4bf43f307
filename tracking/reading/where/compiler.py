"""From a filter to a condition on the table of experiments."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import ColumnElement, and_, not_, or_

from errors import ConfigError
from tracking.reading.where.errors import Place, filter_error
from tracking.reading.where.field import Field, WrongOperator
from tracking.reading.where.finder import FieldFinder
from tracking.reading.where.parser import parse
from tracking.reading.where.syntax import And, Comparison, Expression, Key, Literal, Membership, Not, Or, Presence

__all__ = ["compile_filter"]


def compile_filter(text: str, finder: FieldFinder) -> ColumnElement[bool]:
    """Return the condition that a filter stands for; it is never NULL, and all values in it are bound parameters.

    Raises:
        ConfigError: the filter makes no sense; the message points at the place.
    """
    return _Compiler(text, finder).compile(parse(text))


class _Compiler:
    def __init__(self, text: str, finder: FieldFinder) -> None:
        self._text = text
        self._finder = finder

    def compile(self, expression: Expression) -> ColumnElement[bool]:
        match expression:
            case And(operands):
                return and_(*map(self.compile, operands))
            case Or(operands):
                return or_(*map(self.compile, operands))
            case Not(operand):
                return not_(self.compile(operand))
            case Presence(key, present):
                found = self._field(key).present()
                return found if present else not_(found)
            case Membership(key, literals, negated):
                return self._membership(self._field(key), literals, negated)
            case Comparison():
                return self._comparison(self._field(expression.key), expression)

    def _field(self, key: Key) -> Field:
        with self._pointing_at(key.place, key.place):
            return self._finder.find(key.text)

    def _membership(self, field: Field, literals: Sequence[Literal], negated: bool) -> ColumnElement[bool]:
        for literal in literals:
            with self._pointing_at(literal.place, literal.place):
                field.one_of([literal])
        return field.none_of(literals) if negated else field.one_of(literals)

    def _comparison(self, field: Field, comparison: Comparison) -> ColumnElement[bool]:
        literal = comparison.literal
        with self._pointing_at(literal.place, comparison.place):
            match comparison.operator:
                case "=":
                    return field.one_of([literal])
                case "!=":
                    return field.none_of([literal])
                case "~":
                    return field.matches(literal)
                case "!~":
                    return field.matches_not(literal)
                case operator:
                    return field.ordered(operator, literal)

    @contextmanager
    def _pointing_at(self, value: Place, operator: Place) -> Iterator[None]:
        """Give errors a place: that of the value, or that of the operator where the operator is wrong."""
        try:
            yield
        except WrongOperator as error:
            raise filter_error(str(error), self._text, operator) from error
        except ConfigError as error:
            raise filter_error(str(error), self._text, value) from error
