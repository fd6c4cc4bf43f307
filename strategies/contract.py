"""What every strategy must hold, as checks that any test suite can run, those of outside packages included.

::

    @pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
    def test_contract(check):
        check(MyStrategyConfig(...), example_signals())
"""

from __future__ import annotations

import copy
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from errors import ConfigError, SignalError
from registry import nearest
from strategies import CLUSTERS, DATA_MAP, STRATEGIES, Signals, TrainingPlan, build, config_from_mapping, make_plan
from strategies.base import StrategyConfig
from strategies.plan import compose
from validated import field_names

__all__ = ["CHECKS", "ContractViolation", "Check", "example_signals"]

Check = Callable[[StrategyConfig, Signals], None]

_SEED: Final = 7


class ContractViolation(AssertionError):
    """A strategy breaks a promise that the training code relies on."""


def _require(holds: bool | np.bool_, promise: str) -> None:
    if not holds:
        raise ContractViolation(promise)


def example_signals(num_examples: int = 240, seed: int = 0) -> Signals:
    """Return signals like real ones: three classes, a data map with every column, clusters with some noise.

    Args:
        num_examples: number of rows, in an order unlike that of their ids.
        seed: another seed gives other values.
    """
    rng = np.random.default_rng(seed)
    confidence = rng.uniform(0.02, 0.98, num_examples)
    variability = np.minimum(0.49, np.sqrt(confidence * (1 - confidence))) * rng.uniform(0.1, 1.0, num_examples)
    unsure = np.where(variability > np.median(variability), "ambiguous", "hard")
    cluster = rng.integers(-1, 4, num_examples)
    data_map: dict[str, NDArray[Any]] = {
        "confidence": confidence,
        "variability": variability,
        "correctness": rng.integers(0, 7, num_examples),
        "forgetting": rng.integers(0, 4, num_examples),
        "threshold_closeness": confidence * (1 - confidence),
        "aum": 8 * confidence - 4 + rng.normal(0, 0.5, num_examples),
        "el2n": np.sqrt(2) * (1 - confidence),
        "category": np.where(confidence >= np.median(confidence), "easy", unsure),
    }
    clusters = {"cluster": cluster, "probability": np.where(cluster < 0, 0.0, rng.uniform(0.1, 1.0, num_examples))}
    return Signals(
        ids=np.array([f"row-{number}" for number in rng.permutation(num_examples)]),
        labels=rng.integers(0, 3, num_examples),
        tables={DATA_MAP: data_map, CLUSTERS: clusters},
    )


def check_config_round_trips(config: StrategyConfig, signals: Signals) -> None:
    """Check that a config survives JSON, so that a run can be repeated from its config.json."""
    again = config_from_mapping(json.loads(json.dumps(config.to_mapping())))
    _require(again == config, f"{config.name}: the config read back from JSON differs: {again}")


def check_bad_parameter_is_named(config: StrategyConfig, signals: Signals) -> None:
    """Check that a misspelt parameter is an error that names it, and the nearest valid one."""
    fields = field_names(type(config))
    wrong = f"{fields[0]}x" if fields else "no_such_parameter"
    try:
        config_from_mapping({**config.to_mapping(), wrong: 1})
    except ConfigError as error:
        _require(wrong in str(error), f"{config.name}: the error does not name the parameter: {error}")
        _require(nearest(wrong, fields) in str(error), f"{config.name}: the error names no valid parameter: {error}")
        return
    raise ContractViolation(f"{config.name}: accepts the unknown parameter {wrong!r}")


def check_missing_signal_is_an_error(config: StrategyConfig, signals: Signals) -> None:
    """Check that each required signal is missed by name; a strategy is never silently not applied."""
    for name in build(config).requires:
        partial = replace(signals, tables={key: table for key, table in signals.tables.items() if key != name})
        try:
            _plan(config, partial)
        except SignalError as error:
            _require(name in str(error), f"{config.name}: the error does not name the missing signal {name!r}: {error}")
        else:
            raise ContractViolation(f"{config.name}: requires {name!r}, but plans without it")


def check_requires_what_it_reads(config: StrategyConfig, signals: Signals) -> None:
    """Check that the strategy plans with nothing but the signals it requires."""
    required = build(config).requires
    tables = {name: table for name, table in signals.tables.items() if name in required}
    _require_equal(_plan(config, replace(signals, tables=tables)), _plan(config, signals), "reads undeclared signals")


def check_no_row_is_invented(config: StrategyConfig, signals: Signals) -> None:
    """Check that the plan speaks of the rows that exist: one value a row, of the right type."""
    plan, rows = _plan(config, signals), (signals.num_examples,)
    _require(plan.keep.shape == rows and plan.keep.dtype == np.bool_, f"{config.name}: keep must be {rows} bool")
    _require(plan.weight.shape == rows and plan.weight.dtype == np.float32, f"{config.name}: weight: {rows} float32")
    _require(plan.smoothing.shape == rows and plan.smoothing.dtype == np.float32, f"{config.name}: smoothing likewise")


def check_values_are_usable(config: StrategyConfig, signals: Signals) -> None:
    """Check smoothing in [0, 1) and weights that are finite, not negative and of mean 1 over the kept rows."""
    plan = _plan(config, signals)
    _require(((plan.smoothing >= 0) & (plan.smoothing < 1)).all(), f"{config.name}: smoothing must lie in [0, 1)")
    _require(np.isfinite(plan.weight).all() and (plan.weight >= 0).all(), f"{config.name}: weights must be >= 0")
    mean = plan.weight[plan.keep].mean(dtype=np.float64)
    _require(abs(mean - 1) < 1e-5, f"{config.name}: weights have mean {mean} over the kept rows instead of 1")


def check_inputs_stay_unchanged(config: StrategyConfig, signals: Signals) -> None:
    """Check that planning writes into none of the arrays it was given, which other strategies read too."""
    before = copy.deepcopy(signals)
    _plan(config, signals)
    _require(np.array_equal(before.ids, signals.ids), f"{config.name}: changes the ids")
    for table, columns in signals.tables.items():
        for name, values in columns.items():
            _require(np.array_equal(before.tables[table][name], values), f"{config.name}: changes {table}.{name}")


def check_row_order_does_not_matter(config: StrategyConfig, signals: Signals) -> None:
    """Check that permuted rows get the permuted plan: values go by id, chance included, never by position."""
    order = np.random.default_rng(_SEED).permutation(signals.num_examples)
    labels = None if signals.labels is None else signals.labels[order]
    tables = {
        table: {name: values[order] for name, values in columns.items()} for table, columns in signals.tables.items()
    }
    permuted = _plan(config, Signals(ids=signals.ids[order], labels=labels, tables=tables))
    plan = _plan(config, signals)
    expected = TrainingPlan(keep=plan.keep[order], smoothing=plan.smoothing[order], weight=plan.weight[order])
    _require_equal(permuted, expected, f"{config.name}: the plan depends on the order of the rows")


def check_baseline_adds_nothing(config: StrategyConfig, signals: Signals) -> None:
    """Check that composing with the baseline leaves the plan as it was."""
    identity = TrainingPlan.identity(signals.num_examples)
    alone = compose([_plan(config, signals)], signals.labels)
    _require_equal(compose([alone, identity], signals.labels), alone, f"{config.name}: composition is not neutral")


def check_report_is_complete(config: StrategyConfig, signals: Signals) -> None:
    """Check that the report is JSON, counts rows rightly and gives every dropped row a reason."""
    plan = _plan(config, signals)
    report = json.loads(json.dumps(dict(plan.report), allow_nan=False))
    _require(report["strategy"] == config.name, f"{config.name}: reports as {report['strategy']!r}")
    dropped = int((~plan.keep).sum())
    _require(
        report["rows_dropped"] == dropped, f"{config.name}: reports {report['rows_dropped']} dropped, not {dropped}"
    )
    reasons = sum(report["dropped"].values())
    _require(reasons == dropped, f"{config.name}: report['dropped'] explains {reasons} of {dropped} dropped rows")


def check_same_seed_same_plan(config: StrategyConfig, signals: Signals) -> None:
    """Check that a seed fixes the plan, here and in a fresh process with another hash seed."""
    plan = make_plan([config], signals, seed=_SEED)
    _require_equal(make_plan([config], signals, seed=_SEED), plan, f"{config.name}: the same seed gives another plan")
    strategy = STRATEGIES.get(config.name)
    request = {
        "config": config.to_mapping(),
        "target": f"{strategy.__module__}:{strategy.__qualname__}",
        "ids": signals.ids.tolist(),
        "labels": None if signals.labels is None else signals.labels.tolist(),
        "tables": {
            table: {name: values.tolist() for name, values in columns.items()}
            for table, columns in signals.tables.items()
        },
    }
    environment = {**os.environ, "PYTHONHASHSEED": "12345", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-c", "from strategies.contract import _answer; _answer()"]
    answer = subprocess.run(
        command, input=json.dumps(request), env=environment, capture_output=True, text=True, check=False
    )
    _require(answer.returncode == 0, f"{config.name}: cannot be planned in a fresh process:\n{answer.stderr}")
    values = json.loads(answer.stdout)
    fresh = TrainingPlan(
        keep=np.array(values["keep"], dtype=np.bool_),
        smoothing=np.array(values["smoothing"], dtype=np.float32),
        weight=np.array(values["weight"], dtype=np.float32),
    )
    _require_equal(fresh, plan, f"{config.name}: a fresh process gives another plan for the same seed")


def _answer() -> None:
    """Plan what stands on standard input, and print the plan: the fresh process's part of the determinism check."""
    request = json.load(sys.stdin)
    name = request["config"]["name"]
    if name not in STRATEGIES:
        STRATEGIES.register(name, request["target"])
    signals = Signals(
        ids=np.array(request["ids"]),
        labels=None if request["labels"] is None else np.array(request["labels"]),
        tables={
            table: {name: np.array(values) for name, values in columns.items()}
            for table, columns in request["tables"].items()
        },
    )
    plan = make_plan([config_from_mapping(request["config"])], signals, seed=_SEED)
    arrays = {"keep": plan.keep, "smoothing": plan.smoothing, "weight": plan.weight}
    json.dump({key: values.tolist() for key, values in arrays.items()}, sys.stdout)


def _plan(config: StrategyConfig, signals: Signals) -> TrainingPlan:
    return build(config).plan(signals, np.random.default_rng(_SEED))


def _require_equal(found: TrainingPlan, expected: TrainingPlan, promise: str) -> None:
    for name in ("keep", "smoothing", "weight"):
        close = np.allclose(getattr(found, name), getattr(expected, name), rtol=1e-6, atol=1e-7)
        _require(close, f"{promise} ({name} differs)")


CHECKS: Final[tuple[Check, ...]] = (
    check_config_round_trips,
    check_bad_parameter_is_named,
    check_missing_signal_is_an_error,
    check_requires_what_it_reads,
    check_no_row_is_invented,
    check_values_are_usable,
    check_inputs_stay_unchanged,
    check_row_order_does_not_matter,
    check_baseline_adds_nothing,
    check_report_is_complete,
    check_same_seed_same_plan,
)
"""Every promise, each a function of a config and signals; a broken one raises :class:`ContractViolation`."""
