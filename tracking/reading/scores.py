"""One number of each completed experiment, for rankings; nothing else of the experiments is read."""

from __future__ import annotations

from collections.abc import Sequence
from math import nan
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, func, select

from errors import ConfigError
from registry import nearest
from tracking.reading.where import FieldFinder
from tracking.store import schema

__all__ = ["Score", "main_metric_of", "main_metric_of_benchmark", "read_scores"]

_E = schema.experiments.c
_NAMES_SHOWN = 5


class Score(NamedTuple):
    """What an experiment reached."""

    experiment_id: str
    name: str
    variant: str
    group: str
    seed: int | None
    created_at: float
    value: float
    """nan where it was not finite."""


def read_scores(connection: Connection, condition: ColumnElement[bool], finder: FieldFinder, name: str) -> list[Score]:
    """Return the scores of experiments that have one, the oldest first.

    Args:
        connection: from :meth:`tracking.store.database.Database.read`.
        condition: which experiments.
        finder: of the same connection.
        name: ``metrics.<name>`` or ``evaluations.<benchmark>.<name>``.

    Raises:
        ConfigError: nothing in the store is called so.
    """
    field = finder.find(name)
    columns = (_E.id, _E.name, _E.variant, _E.group_key, _E.seed, _E.created_at, field.sort_value())
    query = select(*columns).where(condition, field.recorded()).order_by(_E.created_at, _E.key)
    scores = (Score(*row) for row in connection.execute(query))
    return [score._replace(value=nan) if score.value is None else score for score in scores]


def main_metric_of(connection: Connection, condition: ColumnElement[bool]) -> str | None:
    """Return the primary metric that most of these experiments have; None where there are no experiments.

    Raises:
        ConfigError: there are, and none has one.
    """
    found = _primary_metric(connection, condition)
    if found is not None or connection.execute(select(_E.key).where(condition).limit(1)).first() is None:
        return found
    raise ConfigError(
        "none of these experiments says which of its metrics counts; name one with --metric"
        f"{_such_as(_names_of(connection, condition))}, or say it in the training: "
        "tracker.log_results(..., primary_metric=...)"
    )


def _primary_metric(connection: Connection, condition: ColumnElement[bool]) -> str | None:
    query = (
        select(_E.primary_metric)
        .where(condition, _E.primary_metric.is_not(None))
        .group_by(_E.primary_metric)
        .order_by(func.count().desc(), _E.primary_metric)
    )
    return connection.execute(query.limit(1)).scalar()


def _names_of(connection: Connection, condition: ColumnElement[bool]) -> list[str]:
    table = schema.final_metrics.c
    query = select(table.name).join(schema.experiments, table.experiment_key == _E.key).where(condition)
    return list(connection.execute(query.group_by(table.name).order_by(table.name).limit(_NAMES_SHOWN)).scalars())


def _such_as(names: Sequence[str]) -> str:
    return f" (such as {', '.join(names)})" if names else ""


def main_metric_of_benchmark(connection: Connection, condition: ColumnElement[bool], benchmark: str) -> str:
    """Return the metric of a benchmark that most of these experiments call their primary one, or its only metric.

    ``eval_f1`` of a run and ``f1`` of a benchmark are the same.

    Raises:
        ConfigError: nothing was evaluated on it, or nobody can say which of its metrics counts.
    """
    known = _scored_metrics_of(connection, benchmark)
    primary = _primary_metric(connection, condition) or ""
    same = [name for name in known if primary == name or primary.endswith(tuple(f"{mark}{name}" for mark in "_/."))]
    if not same and len(known) > 1:
        shown = ", ".join(known[:_NAMES_SHOWN])
        raise ConfigError(
            f"{benchmark!r} has several metrics ({shown}) and none is the primary one; choose with --metric"
        )
    return max(same, key=len) if same else known[0]


def _scored_metrics_of(connection: Connection, benchmark: str) -> list[str]:
    """Return the metrics of a benchmark, those of most evaluations first.

    Raises:
        ConfigError: nothing was evaluated on it.
    """
    table, scores = schema.evaluations.c, schema.evaluation_metrics.c
    query = (
        select(scores.name)
        .where(scores.evaluation_key == table.key, table.benchmark == benchmark)
        .group_by(scores.name)
        .order_by(func.count().desc(), scores.name)
    )
    found = list(connection.execute(query).scalars())
    if not found:
        known = list(connection.execute(select(table.benchmark).distinct()).scalars())
        listing = f" (known: {', '.join(sorted(known))})" if known else ""
        raise ConfigError(f"nothing was evaluated on {benchmark!r}{nearest(benchmark, known)}{listing}")
    return found
