"""Random experiments, in a store and as plain values; and what a filter means for the latter, written in Python."""

from __future__ import annotations

import json
import operator
import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert

from tests.tracking.many_runs import param_row
from tracking.reading.where.syntax import And, Comparison, Expression, Literal, Membership, Not, Or, Presence
from tracking.reading.where.values import boolean, duration, moment, number
from tracking.store import schema
from tracking.store.database import Database

__all__ = ["NOW", "NUMBERS", "TEXTS", "Experiment", "fulfils", "populate"]

NOW = 1_800_000_000.0
NUMBERS = (0, 1, -1, 3, 1e-4, 1e-5, 0.1 + 0.2, 80.0, 80.5, 2**40, -1e300)
TEXTS = (
    *("adamw", "AdamW", "adam_w", "Ädam", "ädam", "100%", "it's", 'say "x"', "back\\slash"),
    *("7", "true", "日本 x", "a*b"),
)
_VALUES: tuple[Any, ...] = (*NUMBERS, *TEXTS, True, False, None, [1, "two"], [])
_STATUSES = ("planned", "completed", "failed", "preempted")
_PARAMS = ("training.lr", "training.optimizer", "model", "weird key")
_METRICS = ("eval_f1", "train/loss")
_TAGS = ("paper", "smoke", "Paper 2")


@dataclass(frozen=True)
class Experiment:
    """One experiment as plain values."""

    key: int
    attributes: Mapping[str, Any]
    params: Mapping[str, Any]
    metrics: Mapping[str, Mapping[str, float]]
    tags: tuple[str, ...]
    evaluations: Mapping[str, float]
    """By ``benchmark.metric``."""


def populate(database: Database, count: int = 80, seed: int = 1) -> list[Experiment]:
    """Insert random experiments, and return them; every parameter, metric and evaluation exists at least once."""
    generator = random.Random(seed)
    experiments = [_experiment(generator, key) for key in range(1, count + 1)]
    with database.begin() as connection:
        for each in experiments:
            attributes = {"group_key": "", "folder_host": "h", "config": {}, **each.attributes}
            connection.execute(insert(schema.experiments), {"key": each.key, **attributes})
            owner = {"experiment_key": each.key}
            for name, value in each.params.items():
                connection.execute(insert(schema.params), {**owner, **param_row(name, value)})
            for name, values in each.metrics.items():
                row: dict[str, Any] = {"name": name, "is_result": False, **values}
                connection.execute(insert(schema.final_metrics), {**owner, **row})
            for tag in each.tags:
                connection.execute(insert(schema.tags), {**owner, "tag": tag})
            for name, score in each.evaluations.items():
                benchmark, _, metric = name.rpartition(".")
                place: dict[str, Any] = {
                    "key": each.key * 10 + len(benchmark),
                    "benchmark": benchmark,
                    "time": 0.0,
                    "indexed": True,
                }
                connection.execute(insert(schema.evaluations), {**owner, **place})
                scored: dict[str, Any] = {"evaluation_key": place["key"], "name": metric, "value": score}
                connection.execute(insert(schema.evaluation_metrics), scored)
    return experiments


def _experiment(generator: random.Random, key: int) -> Experiment:
    def maybe(value: Any) -> Any:
        return value if generator.random() < 0.7 else None

    attributes = {
        "id": f"exp_{key}",
        "name": generator.choice(TEXTS),
        "status": generator.choice(_STATUSES),
        "seed": maybe(generator.choice((0, 1, 2, 2**53 + 1))),
        "created_at": NOW - generator.choice((0, 60, 3600, 86_400 * 8)),
        "finished_at": maybe(NOW - generator.choice((0, 60, 3600))),
        "duration_seconds": maybe(generator.choice((0.0, 59.5, 60.0, 7200.0))),
        "folder": f"/experiments/{key}",
        "notes": generator.choice(("", *TEXTS)),
        "error": maybe(generator.choice(TEXTS)),
    }
    low, middle, high = sorted(float(generator.choice(NUMBERS)) for _ in range(3))
    scores = {"value": middle, "minimum": low, "maximum": high}
    return Experiment(
        key=key,
        attributes=attributes,
        params={name: generator.choice(_VALUES) for name in _PARAMS if generator.random() < 0.7},
        metrics={name: scores for name in _METRICS if generator.random() < 0.7},
        tags=tuple(tag for tag in _TAGS if generator.random() < 0.4),
        evaluations={
            name: float(generator.choice(NUMBERS)) for name in ("gsm8k.accuracy", "v1.5.f1") if generator.random() < 0.6
        },
    )


# -- what a filter means --------------------------------------------------------------------------------------------

_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_COLUMNS = {"created": "created_at", "finished": "finished_at", "duration": "duration_seconds"}


def fulfils(experiment: Experiment, expression: Expression) -> bool:
    """Return whether a filter's tree holds for an experiment."""
    match expression:
        case And(operands):
            return all(fulfils(experiment, each) for each in operands)
        case Or(operands):
            return any(fulfils(experiment, each) for each in operands)
        case Not(operand):
            return not fulfils(experiment, operand)
        case Presence(key, present):
            return bool(_values(experiment, key.text)) is present
        case Membership(key, literals, negated):
            found = any(_compare(experiment, key.text, "=", literal) for literal in literals)
            return _negated(experiment, key.text, found) if negated else found
        case Comparison(key, "!=", literal, _):
            return _negated(experiment, key.text, _compare(experiment, key.text, "=", literal))
        case Comparison(key, "!~", literal, _):
            return _negated(experiment, key.text, _compare(experiment, key.text, "~", literal))
        case Comparison(key, symbol, literal, _):
            return _compare(experiment, key.text, symbol, literal)


def _negated(experiment: Experiment, key: str, found: bool) -> bool:
    return not found and (key in ("tag", "tags") or bool(_values(experiment, key)))


def _compare(experiment: Experiment, key: str, symbol: str, literal: Literal) -> bool:
    return any(_holds(key, value, symbol, literal) for value in _values(experiment, key))


def _values(experiment: Experiment, key: str) -> list[Any]:
    """Return the values that a name stands for: none, one, or for tags several."""
    family, _, name = key.partition(".")
    if key in ("tag", "tags"):
        return list(experiment.tags)
    if family == "evaluations":
        found = experiment.evaluations.get(name)
    elif family == "metrics":
        base, _, suffix = name.rpartition(".")
        column = {"min": "minimum", "max": "maximum"}.get(suffix, "value")
        found = experiment.metrics.get(base if suffix in ("min", "max") else name, {}).get(column)
    elif _COLUMNS.get(key, key) in experiment.attributes:
        found = experiment.attributes[_COLUMNS.get(key, key)]
        found = None if found == "" else found
    else:
        found = experiment.params.get(key.removeprefix("params."))
    return [] if found is None else [found]


def _holds(key: str, value: Any, symbol: str, literal: Literal) -> bool:
    if symbol == "~":
        return _contains(value if isinstance(value, str) else json.dumps(value), literal.text)
    wanted: Any = literal.text.lower() if key == "status" else literal.text
    if key in ("created", "finished"):
        wanted = moment(literal, NOW)
    elif key == "duration":
        wanted = duration(literal)
    elif key not in ("id", "name", "status", "notes", "error", "tag", "tags"):
        wanted = next((each for each in (number(literal), boolean(literal)) if each is not None), literal.text)
    if _kind(value) is not _kind(wanted):
        return False
    if _kind(value) is float and key != "seed":
        value, wanted = float(value), float(wanted)
    return bool(value == wanted) if symbol == "=" else _ORDER[symbol](value, wanted)


def _kind(value: Any) -> type:
    return float if isinstance(value, int | float) and not isinstance(value, bool) else type(value)


def _contains(text: str, wanted: str) -> bool:
    pieces = map(re.escape, _lowered(wanted).split("*"))
    return re.search(".*".join(pieces), _lowered(text), re.DOTALL) is not None


def _lowered(text: str) -> str:
    return re.sub("[A-Z]", lambda match: match.group().lower(), text)
