"""How many rows a run trains on, counted without loading the data, and how many its filters leave."""

from __future__ import annotations

import csv
import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from errors import SignalError
from experiment_config import ExperimentConfig
from planning.nodes import DONE, Node, Plan
from planning.row_counts import RowCount, count_rows
from planning.status import CLUSTERS_TABLE, DATA_MAP_TABLE
from strategies import CLUSTERS, DATA_MAP, Signals, make_plan

__all__ = ["kept_rows", "split_rows"]

_LARGEST_TABLE = 4_000_000
"""Bytes; larger signal tables would take longer to read than a plan may."""
_TEXT_COLUMNS = ("id", "category", "question_type")


def split_rows(config: ExperimentConfig, split: str, max_samples: int | None) -> RowCount:
    """Count the rows of one split of ``config``'s data set."""
    total = count_rows(config.dataset, split)
    if total.rows is None:
        return RowCount(max_samples, sure=False)
    return RowCount(min(total.rows, max_samples or total.rows), total.sure)


def kept_rows(node: Node, plan: Plan) -> RowCount:
    """Count the rows that ``node`` trains on, after its strategies' filters.

    The count is exact where the signals exist already; else the strategies are tried on made-up signals.

    Signals that the plan makes itself decide when the experiment's turn comes: one filter that leaves nothing of them
    must not keep the others from running, so 0 rows are told here.

    Raises:
        SignalError: the user named the signals, and the filters would keep nothing of them.
    """
    config = node.config
    total = split_rows(config, config.train_split, config.training.max_train_samples)
    if node.kind != "experiment" or not config.strategies or total.rows is None:
        return total
    signals = _existing_signals(node, plan)
    if signals is not None and signals.num_examples == total.rows:
        try:
            return RowCount(int(make_plan(config.strategies, signals, config.training.seed).keep.sum()), total.sure)
        except SignalError as error:
            if node.needs:
                return RowCount(0, total.sure)
            raise SignalError(f"{node.name}: {error}") from error
        except Exception:
            # A mistake in somebody's strategy fails its own runs, when their turn comes.
            return RowCount(total.rows, sure=False)
    return _expected(config, total)


def _expected(config: ExperimentConfig, total: RowCount) -> RowCount:
    assert total.rows is not None
    try:
        share = make_plan(config.strategies, _made_up_signals(), config.training.seed).keep.mean()
    except Exception:
        return RowCount(total.rows, sure=False)
    return RowCount(round(float(share) * total.rows), total.sure and bool(share == 1))


def _existing_signals(node: Node, plan: Plan) -> Signals | None:
    found: dict[str, tuple[NDArray[np.str_], Mapping[str, NDArray[Any]]]] = {}
    for name, folder, table in (
        (DATA_MAP, node.data_map, DATA_MAP_TABLE),
        (CLUSTERS, node.clusters, CLUSTERS_TABLE),
    ):
        if folder is None:
            continue
        state = plan.states.get(folder)
        if state is not None and state.status != DONE:
            return None
        path = folder / table
        status = path.stat()
        if status.st_size > _LARGEST_TABLE:
            return None
        found[name] = _read_table(path, status.st_mtime_ns)
    if not found:
        return _made_up_signals() if not node.config.required_signals else None
    ids = next(iter(found.values()))[0]
    if any(len(other) != len(ids) or (other != ids).any() for other, _ in found.values()):
        return None
    return Signals(ids=ids, tables={name: columns for name, (_, columns) in found.items()})


@functools.lru_cache(maxsize=32)
def _read_table(path: Path, modified_ns: int) -> tuple[NDArray[np.str_], Mapping[str, NDArray[Any]]]:
    """Read a signal's table with the standard library: importing pandas takes longer than a plan may."""
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        header = next(reader, [])
        rows = [row for row in reader if len(row) == len(header)]
    columns = dict(zip(header, zip(*rows, strict=True), strict=False)) if rows else {}
    if "id" not in columns:
        raise SignalError(f"{path}: has no rows or no column 'id'; make it anew")
    table: dict[str, NDArray[Any]] = {}
    for name, values in columns.items():
        if name not in _TEXT_COLUMNS:
            try:
                table[name] = np.asarray(values, dtype=np.float64)
                continue
            except ValueError:
                pass
        table[name] = np.asarray(values, dtype=np.str_)
    return table.pop("id"), table


@functools.cache
def _made_up_signals() -> Signals:
    """Return signals of 1,000 rows that look like those of a usual data map and clustering."""
    rng = np.random.default_rng(0)
    count = 1000
    confidence = rng.beta(3, 1.5, count)
    variability = np.sqrt(confidence * (1 - confidence)) * rng.uniform(0.2, 1, count)
    # Not np.median, which imports masked arrays: a plan is to be there at once.
    easy = confidence >= np.sort(confidence)[count // 2]
    category = np.where(easy, "easy", np.where(variability >= np.sort(variability)[count // 2], "ambiguous", "hard"))
    data_map = {
        "confidence": confidence,
        "variability": variability,
        "correctness": np.round(6 * confidence),
        "forgetting": rng.integers(0, 3, count).astype(np.float64),
        "threshold_closeness": confidence * (1 - confidence),
        "aum": 4 * confidence - 2,
        "el2n": 1 - confidence,
        "category": category,
    }
    clusters = {"cluster": rng.integers(-1, 8, count), "probability": rng.uniform(0, 1, count)}
    ids = np.asarray([f"{number:04d}" for number in range(count)])
    return Signals(ids=ids, tables={DATA_MAP: data_map, CLUSTERS: clusters})
