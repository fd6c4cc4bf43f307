"""What a plan will cost: steps, time and disk, from finished runs where there are any, else from rough rules."""

from __future__ import annotations

import functools
import math
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from atomic_files import read_json
from errors import AssayError
from experiment_config import ExperimentConfig
from planning.nodes import DONE, Node, Plan
from planning.row_counts import RowCount
from planning.rows import kept_rows, split_rows
from planning.status import CONFIG, RESULTS

__all__ = ["Cost", "estimate_costs", "steps_of"]

_FLOPS_A_CORE = 40e9
"""What a CPU core does in large float32 products."""
_OVERHEAD = 1.4
"""How much longer a step takes than its matrix products."""
_FIXED_SECONDS = 5.0
"""Loading and saving."""
_BYTES_A_ROW_OF_DYNAMICS = 40
_BYTES_A_PREDICTION = 300
_READ_AT_MOST = 200
"""Finished runs that are looked at; more say nothing new."""


@dataclass(frozen=True)
class _ModelSize:
    """What a run's time and disk depend on."""

    matrix_parameters: float
    bytes: float


_DEMO = _ModelSize(matrix_parameters=2 * 8 * 128**2, bytes=1.7e6)


@dataclass(frozen=True)
class Cost:
    """What one node will cost; None where nothing is known."""

    rows: RowCount
    steps: RowCount
    seconds: float | None = None
    disk_bytes: float | None = None
    """What stays when it is finished."""
    temporary_bytes: float = 0.0
    """What it takes on top while it trains."""
    measured: bool = False
    """Whether the time comes from finished runs like it."""


def estimate_costs(plan: Plan, finished: Sequence[Path] = ()) -> dict[Path, Cost]:
    """Return the cost of each node of ``plan``, by its folder.

    Args:
        plan: what is to be made.
        finished: folders of finished runs that lie elsewhere than those of the plan.

    Raises:
        SignalError: a filter would keep nothing of the signals that exist.
        DataError: a data file is missing or broken.
    """
    own = list(plan.experiments_dir.iterdir()) if plan.experiments_dir.is_dir() else []
    seconds_a_step = _measured_seconds([*own, *finished])
    costs = {}
    for node in plan.nodes:
        if node.kind == "average" or node.recorded_by is not None:
            costs[node.folder] = Cost(RowCount(None), RowCount(None), 0.0, 0.0)
        elif node.kind == "clusters":
            costs[node.folder] = _clustering_cost(node)
        else:
            costs[node.folder] = _training_cost(node, plan, seconds_a_step)
    return costs


def steps_of(config: ExperimentConfig, rows: RowCount) -> RowCount:
    """Return the optimiser steps of training on ``rows``, one window a row."""
    training = config.training
    if rows.rows is None:
        return RowCount(None, sure=False)
    batches = math.ceil(rows.rows / training.per_device_train_batch_size)
    an_epoch = math.ceil(batches / training.gradient_accumulation_steps)
    # Long contexts are cut into windows, so a question-answering file may need more steps than it has rows.
    sure = rows.sure and (config.task != "qa" or config.dataset == "demo")
    return RowCount(math.ceil(an_epoch * training.num_train_epochs), sure)


def _training_cost(node: Node, plan: Plan, seconds_a_step: Mapping[tuple[Any, ...], float]) -> Cost:
    config = node.config
    rows = kept_rows(node, plan)
    trained = rows
    if config.training.budget == "steps":
        trained = split_rows(config, config.train_split, config.training.max_train_samples)
    steps = steps_of(config, trained)
    kept, temporary = _disk_bytes(config, rows)
    if plan.state(node).status == DONE:
        return Cost(rows, steps, 0.0, 0.0)
    if steps.rows is None:
        return Cost(rows, steps, None, kept, temporary)
    measured = seconds_a_step.get(_like(config))
    if measured is not None:
        return Cost(rows, steps, measured * steps.rows, kept, temporary, measured=True)
    return Cost(rows, steps, _ruled_seconds(config, steps.rows), kept, temporary)


def _clustering_cost(node: Node) -> Cost:
    config = node.config
    rows = split_rows(config, config.train_split, config.training.max_train_samples)
    size = _model_size(config.clustering.model or config.model)
    if rows.rows is None or size is None:
        return Cost(rows, RowCount(None))
    flops = 2 * size.matrix_parameters * rows.rows * _tokens(config)
    return Cost(rows, RowCount(None), _FIXED_SECONDS + _OVERHEAD * flops / _machine_flops(), rows.rows * 2000.0)


def _ruled_seconds(config: ExperimentConfig, steps: int) -> float | None:
    size = _model_size(config.model)
    if size is None:
        return None
    training = config.training
    rows_a_step = training.per_device_train_batch_size * training.gradient_accumulation_steps
    flops = 6 * size.matrix_parameters * rows_a_step * _tokens(config) * steps
    return _FIXED_SECONDS + _OVERHEAD * flops / _machine_flops() + 0.01 * steps


def _machine_flops() -> float:
    return _FLOPS_A_CORE * (os.cpu_count() or 1)


def _tokens(config: ExperimentConfig) -> int:
    """Return a usual number of tokens a row, padding included."""
    usual = 50 if config.dataset.startswith("demo") else 160 if config.task == "qa" else 40
    return min(usual, config.training.max_length or usual)


@functools.cache
def _model_size(model: str) -> _ModelSize | None:
    if model == "demo":
        return _DEMO
    folder = Path(model)
    try:
        config = read_json(folder / "config.json")
        width, layers = int(config["hidden_size"]), int(config["num_hidden_layers"])
    except (AssayError, KeyError, TypeError, ValueError):
        return None
    weights = sum(path.stat().st_size for path in folder.glob("*.safetensors"))
    matrices = 12.0 * layers * width**2
    return _ModelSize(matrices, float(weights or 4 * matrices))


def _disk_bytes(config: ExperimentConfig, rows: RowCount) -> tuple[float | None, float]:
    """Return what a run leaves (model, records, checkpoints if asked for) and what its checkpoints take meanwhile."""
    size = _model_size(config.model)
    if size is None:
        return None, 0.0
    a_row = _BYTES_A_ROW_OF_DYNAMICS * config.training.num_train_epochs + _BYTES_A_PREDICTION
    checkpoint = 3 * size.bytes  # weights, and the optimiser's two moments of each
    limit = config.training.arguments.get("save_total_limit")
    asked_for = checkpoint * limit if isinstance(limit, int) else 0.0
    # A new checkpoint is written before the old one is removed.
    return size.bytes + a_row * (rows.rows or 0) + asked_for, 2 * checkpoint


def _like(config: ExperimentConfig) -> tuple[Any, ...]:
    """Return what runs must have in common for their steps to take about as long."""
    training = config.training
    batch = training.per_device_train_batch_size * training.gradient_accumulation_steps
    return config.task, config.model, config.dataset, training.max_length, batch


def _measured_seconds(folders: Iterable[Path]) -> dict[tuple[Any, ...], float]:
    """Return seconds a step of the finished runs in ``folders``, by what they have in common."""
    found: dict[tuple[Any, ...], list[float]] = {}
    for folder in _newest(folders):
        try:
            results, config = read_json(folder / RESULTS), ExperimentConfig.load(folder / CONFIG)
        except AssayError:
            continue
        steps, duration = results.get("train_steps"), results.get("duration_seconds")
        whole = results.get("success") is True and not results.get("resumed_from")
        if whole and isinstance(steps, int) and steps > 0 and isinstance(duration, int | float):
            found.setdefault(_like(config), []).append(duration / steps)
    return {like: sorted(values)[len(values) // 2] for like, values in found.items()}


def _newest(folders: Iterable[Path]) -> list[Path]:
    finished = [(path / RESULTS, path) for path in folders if (path / RESULTS).is_file()]
    finished.sort(key=lambda pair: -pair[0].stat().st_mtime)
    return [path for _, path in finished[:_READ_AT_MOST]]
