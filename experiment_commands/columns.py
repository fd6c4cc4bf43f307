"""The columns that a list of experiments can have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rich.text import Text

from errors import ConfigError
from experiment_commands.numbers import format_for, number_text
from experiment_commands.wording import ago, duration, shown, status_text
from tracking.reading.local_backend import LocalBackend
from tracking.reading.records import ExperimentRecord
from tracking.reading.where import ATTRIBUTES, Catalogue, Family, Meaning
from tracking.reading.where.attributes import ValueKind
from tracking.reading.where.catalogue import Summary

__all__ = ["Column", "default_columns", "named_columns", "spare_columns"]

_MAX_METRICS = 2
_FIRST = ("id", "name", "status", "created", "duration")


@dataclass(frozen=True)
class Column:
    """One column."""

    title: str
    meaning: Meaning

    @property
    def stored_names(self) -> list[str]:
        """Under which names the store keeps what it shows."""
        return [self.meaning.name] if self.meaning.part is None else self.meaning.part.params

    def value(self, record: ExperimentRecord) -> Any:
        """Return the plain value of an experiment; None where it has none."""
        name = self.meaning.name
        match self.meaning.family:
            case Family.ATTRIBUTE:
                return getattr(record, ATTRIBUTES[name].field)
            case Family.PARAM:
                part = self.meaning.part
                return record.params.get(name) if part is None else part.value(record.params)
            case Family.METRIC:
                return record.metrics.get(name)
            case Family.EVALUATION:
                return record.evaluations.get(f"{self.meaning.benchmark}.{name}")

    def cells(self, records: Sequence[ExperimentRecord], now: float) -> list[str | Text]:
        """Return the values as a table shows them; results with as many decimals each.

        Args:
            records: rows of the list.
            now: seconds since 1970, for times that are told from now.
        """
        values = [self.value(record) for record in records]
        if self.meaning.family in (Family.METRIC, Family.EVALUATION):
            form = format_for(values)
            return ["" if value is None else number_text(value, form) for value in values]
        return [self._cell(value, now) for value in values]

    def _cell(self, value: Any, now: float) -> str | Text:
        if self.meaning.family is not Family.ATTRIBUTE:
            return shown(value)
        match ATTRIBUTES[self.meaning.name].kind:
            case ValueKind.STATUS:
                return status_text(value)
            case ValueKind.TIME:
                return ago(value, now)
            case ValueKind.DURATION:
                return duration(value)
            case ValueKind.TAGS:
                return ", ".join(value)
            case _:
                return str("" if value is None else value)

    @property
    def is_number(self) -> bool:
        """Whether the column is aligned to the right."""
        if self.meaning.family is Family.ATTRIBUTE:
            return ATTRIBUTES[self.meaning.name].kind in (ValueKind.NUMBER, ValueKind.DURATION)
        return self.meaning.family is not Family.PARAM


def named_columns(backend: LocalBackend, names: str) -> list[Column]:
    """Return the columns of a list such as ``name,status,metrics.eval_f1,params.training.learning_rate``.

    Raises:
        ConfigError: nothing in the store is called so.
    """
    wanted = list(dict.fromkeys(filter(None, (name.strip() for name in names.split(",")))))
    if not wanted:
        raise ConfigError("columns: name at least one, as in name,status,metrics.eval_f1")
    with backend.database.read() as connection:
        catalogue = Catalogue(connection)
        return [Column(name, _meaning(catalogue, name)) for name in wanted]


def _meaning(catalogue: Catalogue, name: str) -> Meaning:
    try:
        meaning = catalogue.find(name)
    except ConfigError as error:
        raise ConfigError(f"columns: {error}") from error
    if meaning.summary is not Summary.LAST:
        raise ConfigError(f"columns: {name}: a list has final values only; filter or sort by {name} instead")
    return meaning


def default_columns(records: Sequence[ExperimentRecord]) -> list[Column]:
    """Return the columns that say most of these experiments, their primary metrics among them."""
    counts = Counter(record.primary_metric for record in records if record.primary_metric)
    last = ["tags"] if any(record.tags for record in records) else []
    last += ["error"] if any(record.error for record in records) else []
    return [
        *(Column(name, Meaning(Family.ATTRIBUTE, name)) for name in _FIRST),
        *(Column(name, Meaning(Family.METRIC, name)) for name, _ in counts.most_common(_MAX_METRICS)),
        *(Column(name, Meaning(Family.ATTRIBUTE, name)) for name in last),
    ]


def spare_columns(columns: Sequence[Column]) -> list[str]:
    """Return the titles of those default columns that a narrow terminal can do without, the first first."""
    metrics = [column.title for column in columns if column.meaning.family is Family.METRIC]
    return ["error", "tags", *metrics[:0:-1], "duration", "created", *metrics[:1]]
