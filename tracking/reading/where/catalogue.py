"""What a name in a filter or a sort key stands for: an attribute, a parameter, a metric or an evaluation's metric."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from sqlalchemy import ColumnElement, Connection, select

from errors import ConfigError
from registry import nearest
from tracking.reading.metric_directions import direction_of
from tracking.reading.where.attributes import ATTRIBUTES
from tracking.store import schema

__all__ = ["Catalogue", "Family", "Meaning", "Summary"]

_MAX_NAMES = 2000


class Family(Enum):
    """What kind of thing a name stands for."""

    ATTRIBUTE = ""
    PARAM = "params"
    METRIC = "metrics"
    EVALUATION = "evaluations"


class Summary(Enum):
    """Which value of a metric is meant; the values are columns of the table of final metrics."""

    LAST = "value"
    MIN = "minimum"
    MAX = "maximum"


@dataclass(frozen=True)
class Meaning:
    """What a name stands for."""

    family: Family
    name: str
    """Without the family before it; for an evaluation the metric's."""
    benchmark: str = ""
    summary: Summary = Summary.LAST


class Catalogue:
    """The names that a store knows.

    Args:
        connection: from :meth:`tracking.store.database.Database.read`; needed for as long as names are looked up.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find(self, text: str) -> Meaning:
        """Return what ``text`` stands for.

        Without ``params.`` or ``metrics.`` before it, a name is an attribute's, else a parameter's, else a metric's.

        Raises:
            ConfigError: nothing in the store is called so; the message names the nearest that is.
        """
        attribute = ATTRIBUTES.get(text)
        if attribute is not None:
            return Meaning(Family.ATTRIBUTE, attribute.name)
        prefix, dot, rest = text.partition(".")
        if dot and rest and prefix in _PREFIXES:
            return self._find_in(_PREFIXES[prefix], text, rest)
        found = self._param(text) or self._metric(text)
        if found is None:
            raise ConfigError(self._unknown("attribute, parameter or metric", text, [*ATTRIBUTES, *self._names()]))
        return found

    def _find_in(self, family: Family, text: str, name: str) -> Meaning:
        find = {Family.PARAM: self._param, Family.METRIC: self._metric, Family.EVALUATION: self._evaluation}[family]
        found = find(name)
        if found is None:
            known = [each for each in self._names() if each.startswith(f"{family.value}.")]
            known += self._params() if family is Family.PARAM else []
            raise ConfigError(self._unknown(_NOUNS[family], text, known))
        return found

    def _param(self, name: str) -> Meaning | None:
        return Meaning(Family.PARAM, name) if self._exists(schema.params.c.name == name) else None

    def _metric(self, name: str) -> Meaning | None:
        if self._exists(schema.final_metrics.c.name == name):
            return Meaning(Family.METRIC, name)
        base, dot, suffix = name.rpartition(".")
        if not dot or suffix not in _SUFFIXES or not self._exists(schema.final_metrics.c.name == base):
            return None
        return Meaning(Family.METRIC, base, summary=_SUFFIXES[suffix] or _best(base))

    def _evaluation(self, name: str) -> Meaning | None:
        # Both benchmarks and their metrics may have dots in their names.
        parts = name.split(".")
        table, values = schema.evaluations.c, schema.evaluation_metrics.c
        joined = values.evaluation_key == table.key
        for cut in range(len(parts) - 1, 0, -1):
            benchmark, metric = ".".join(parts[:cut]), ".".join(parts[cut:])
            if self._exists(joined & (table.benchmark == benchmark) & (values.name == metric)):
                return Meaning(Family.EVALUATION, metric, benchmark)
        return None

    def _exists(self, condition: ColumnElement[bool]) -> bool:
        return self._connection.execute(select(select(1).where(condition).exists())).scalar_one()

    def _names(self) -> list[str]:
        table, values = schema.evaluations.c, schema.evaluation_metrics.c
        evaluated = select(table.benchmark, values.name).distinct().where(values.evaluation_key == table.key)
        metrics = select(schema.final_metrics.c.name).distinct()
        return [
            *self._params(),
            *(f"metrics.{name}" for name in self._connection.execute(metrics.limit(_MAX_NAMES)).scalars()),
            *(f"evaluations.{'.'.join(pair)}" for pair in self._connection.execute(evaluated.limit(_MAX_NAMES))),
        ]

    def _params(self) -> list[str]:
        query = select(schema.params.c.name).distinct().limit(_MAX_NAMES)
        return list(self._connection.execute(query).scalars())

    def _unknown(self, noun: str, text: str, known: list[str]) -> str:
        return f"no experiment has the {noun} {text!r}{_nearest(text, known)}"


_PREFIXES = {
    "params": Family.PARAM,
    "param": Family.PARAM,
    "config": Family.PARAM,
    "metrics": Family.METRIC,
    "metric": Family.METRIC,
    "evaluations": Family.EVALUATION,
    "evaluation": Family.EVALUATION,
}
_NOUNS = {Family.PARAM: "parameter", Family.METRIC: "metric", Family.EVALUATION: "evaluation metric"}
_SUFFIXES = {"last": Summary.LAST, "min": Summary.MIN, "max": Summary.MAX, "best": None}


def _best(name: str) -> Summary:
    direction = direction_of(name)
    if direction is None:
        raise ConfigError(f"nobody can say which {name!r} is best; write {name}.min or {name}.max")
    return Summary.MIN if direction == "lower" else Summary.MAX


def _nearest(text: str, known: list[str]) -> str:
    """Return a proposal: a known name that ends like ``text``, such as ``training.seed`` for ``seed``, or is close."""
    ending = [name for name in known if name.endswith(f".{text.rpartition('.')[2]}")]
    return f"; did you mean {min(ending, key=len)!r}?" if ending else nearest(text, known)
