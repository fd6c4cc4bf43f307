"""Parameters of strategies by the strategies' names, as people call them, wherever in the list they stand."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from sqlalchemy import insert

from errors import ConfigError
from tests.tracking.many_runs import insert_many_runs, param_row
from tracking.folders.parameters import flatten
from tracking.reading.local_backend import LocalBackend
from tracking.store import schema
from tracking.store.database import Database

STRATEGIES: Mapping[str, Sequence[Mapping[str, Any]]] = {
    "plain": [],
    "smooth": [{"name": "label_smoothing", "factor": 0.1}],
    "both": [{"name": "filter", "factor": 7}, {"name": "label_smoothing", "factor": 0.6, "warm.up": 3}],
    "filter": [{"name": "filter", "factor": 9}],
}


@pytest.fixture
def backend(database: Database) -> LocalBackend:
    with database.begin() as connection:
        for key, (name, strategies) in enumerate(STRATEGIES.items(), 1):
            variant = "+".join(strategy["name"] for strategy in strategies) or "baseline"
            row = {"key": key, "id": f"exp_{key}", "name": name, "variant": variant, "status": "completed"}
            row["created_at"] = float(key)
            place = {"folder": f"/experiments/{key}", "folder_host": "h", "group_key": "", "config": {}}
            connection.execute(insert(schema.experiments), {**row, **place})
            for param, value in flatten({"strategies": list(strategies)}):
                connection.execute(insert(schema.params), {"experiment_key": key, **param_row(param, value)})
    return LocalBackend(database)


def _found(backend: LocalBackend, filter: str, sort: str = "name") -> list[str]:
    return [record.name for record in backend.get_all_experiments(filter, sort=sort)]


@pytest.mark.parametrize(
    ("filter", "names"),
    [
        ("strategies.label_smoothing.factor > 0.5", ["both"]),
        ("params.strategies.label_smoothing.factor in (0.1, 0.6)", ["both", "smooth"]),
        ("strategies.filter.factor > 0", ["both", "filter"]),
        ("not strategies.filter.factor > 7", ["both", "plain", "smooth"]),
        ("strategies.filter.factor is null", ["plain", "smooth"]),
        ("strategies.label_smoothing.warm.up = 3", ["both"]),
        ("strategies.1.factor = 0.6", ["both"]),
        ("strategies = label_smoothing", ["both", "smooth"]),
        ("strategy = filter and strategy = label_smoothing", ["both"]),
        ("strategies != label_smoothing", ["filter", "plain"]),
        ("strategy = baseline", ["plain"]),
        ("strategy != baseline", ["both", "filter", "smooth"]),
        ("strategy in (baseline, 'filter+label_smoothing')", ["both", "plain"]),
        ("strategies ~ SMOOTH", ["both", "smooth"]),
        ("strategies is null", ["plain"]),
    ],
)
def test_parts_are_found_by_name(backend: LocalBackend, filter: str, names: list[str]) -> None:
    assert _found(backend, filter) == names


def test_experiments_are_sorted_by_a_part_wherever_it_stands(backend: LocalBackend) -> None:
    assert _found(backend, "strategies ~ l", "-strategies.label_smoothing.factor") == ["both", "smooth", "filter"]
    with pytest.raises(ConfigError, match="several of strategies"):
        _found(backend, "name ~ a", "strategies")


@pytest.mark.parametrize(
    "name", ["strategies.label_smoothing", "strategies.nobody.factor", "strategies.filter.nothing"]
)
def test_unknown_parts_are_mistakes(backend: LocalBackend, name: str) -> None:
    with pytest.raises(ConfigError, match="no experiment has"):
        _found(backend, f"{name} = 1")


def test_parts_are_found_quickly_among_many() -> None:
    database = Database.open(":memory:")
    insert_many_runs(database, 2000)
    with database.begin() as connection:
        for key in range(1, 2001):
            rows = [param_row("strategies.0.name", "smooth"), param_row("strategies.0.factor", key)]
            connection.execute(insert(schema.params), [{"experiment_key": key, **row} for row in rows])
    LocalBackend(database).count("strategies.smooth.factor > 1")  # the first one imports what is needed
    start = time.thread_time()
    assert LocalBackend(database).count("strategies.smooth.factor > 1990") == 10
    assert time.thread_time() - start < 0.2
    database.close()
