"""What a name in a filter or a sort key stands for: an attribute, a parameter, a metric or an evaluation's metric."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from enum import Enum

from sqlalchemy import ColumnElement, Connection, select

from analysis.metric_directions import direction_of
from errors import ConfigError
from tracking.reading.where.attributes import ATTRIBUTES
from tracking.reading.where.named_parts import NamedPart, find_part
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
    part: NamedPart | None = None
    """For a parameter that is called by the name of a part of a list."""


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
        Attributes are found in capital letters, too.

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
        if found is None and text.lower() in ATTRIBUTES:
            return Meaning(Family.ATTRIBUTE, ATTRIBUTES[text.lower()].name)
        if found is None:
            raise ConfigError(self._unknown("attribute, parameter or metric", text, [*ATTRIBUTES, *self._names()]))
        return found

    def _find_in(self, family: Family, text: str, name: str) -> Meaning:
        find = {Family.PARAM: self._param, Family.METRIC: self._metric, Family.EVALUATION: self._evaluation}[family]
        found = find(name)
        if found is None:
            raise ConfigError(f"no experiment has the {_NOUNS[family]} {text!r}{self._nearest_in(family, name)}")
        return found

    def _nearest_in(self, family: Family, name: str) -> str:
        """Return a proposal; the families' names, which are alike, say nothing of how near it is."""
        if family is Family.PARAM:
            return _nearest(name, self._params())
        prefix = f"{family.value}."
        known = [each.removeprefix(prefix) for each in self._names() if each.startswith(prefix)]
        return _nearest(name, known, prefix)

    def _param(self, name: str) -> Meaning | None:
        if self._exists(schema.params.c.name == name) and not self._exists(schema.params.c.name == f"{name}.0.name"):
            return Meaning(Family.PARAM, name)
        part = find_part(self._connection, name)
        return None if part is None else Meaning(Family.PARAM, name, part=part)

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


def _nearest(text: str, known: list[str], prefix: str = "") -> str:
    """Return a proposal: a known name that ends like ``text``, such as ``training.seed`` for ``seed``, or is close."""
    last = text.rpartition(".")[2]
    ending = [name for name in known if name.endswith((f".{last}", f"_{last}", f"/{last}"))] if last else []
    found = [min(ending, key=len)] if ending else get_close_matches(text, known, n=1, cutoff=0.5)
    return f"; did you mean {prefix + found[0]!r}?" if found else ""
