"""Fields of numbers that were measured: metrics and evaluations."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, select, true

from tracking.reading.where.catalogue import Meaning
from tracking.reading.where.field import Condition, Field, WrongOperator, bound, compare, number_of
from tracking.reading.where.syntax import Literal
from tracking.store import schema

__all__ = ["evaluation_field", "metric_field"]


def metric_field(meaning: Meaning) -> Field:
    """Return the field of the final value of a metric, or of its smallest or largest."""
    return _MetricField(meaning)


def evaluation_field(meaning: Meaning) -> Field:
    """Return the field of a metric of the newest evaluation on a benchmark."""
    return _EvaluationField(meaning)


class _NumberField(Field):
    _noun = ""

    @abstractmethod
    def _any(self, condition: Condition) -> Condition:
        """There is a row of the experiment that fulfils the condition."""

    @property
    @abstractmethod
    def _column(self) -> ColumnElement[float]: ...

    def present(self) -> Condition:
        return self._any(self._column.is_not(None))

    def recorded(self) -> Condition:
        return self._any(true())

    def one_of(self, literals: Sequence[Literal]) -> Condition:
        return self._any(self._column.in_([bound(float(number_of(each, self._noun))) for each in literals]))

    def ordered(self, operator: str, given: Literal) -> Condition:
        return self._any(compare(operator, self._column, bound(float(number_of(given, self._noun)))))

    def matches(self, given: Literal) -> Condition:
        raise WrongOperator(f"{self._noun} is no text; compare it with < <= > >= or =")


class _MetricField(_NumberField):
    _noun = "a metric"

    def __init__(self, meaning: Meaning) -> None:
        self._name = meaning.name
        self._summary = meaning.summary

    @property
    def _column(self) -> ColumnElement[float]:
        return schema.final_metrics.c[self._summary.value]

    def _any(self, condition: Condition) -> Condition:
        table = schema.final_metrics.c
        return schema.experiments.c.key.in_(select(table.experiment_key).where(table.name == self._name, condition))

    def sort_value(self) -> ColumnElement[Any]:
        table = schema.final_metrics.c
        found = select(self._column).where(table.experiment_key == schema.experiments.c.key, table.name == self._name)
        return found.scalar_subquery()


class _EvaluationField(_NumberField):
    _noun = "an evaluation's metric"

    def __init__(self, meaning: Meaning) -> None:
        table, scores = schema.evaluations.c, schema.evaluation_metrics.c
        self._found = and_(
            scores.evaluation_key == table.key, table.benchmark == meaning.benchmark, scores.name == meaning.name
        )

    @property
    def _column(self) -> ColumnElement[float]:
        return schema.evaluation_metrics.c.value

    def _any(self, condition: Condition) -> Condition:
        return schema.experiments.c.key.in_(select(schema.evaluations.c.experiment_key).where(self._found, condition))

    def sort_value(self) -> ColumnElement[Any]:
        found = select(self._column).where(self._found, schema.evaluations.c.experiment_key == schema.experiments.c.key)
        return found.scalar_subquery()
