"""Fills a store with many experiments at once, as lists meet them after a year of work; no folders are made."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from sqlalchemy import Table, insert

from tracking.folders.contents import flatten, group_of
from tracking.store import schema
from tracking.store.database import Database

__all__ = ["METRICS", "insert_many_runs", "param_row"]

METRICS = ("train/loss", "eval_loss", "eval_f1", "eval_exact_match", "epoch")
_STATUSES = ("completed", "completed", "completed", "completed", "failed", "preempted", "planned", "lost")
_FIRST_CREATED = 1_750_000_000.0
_SECONDS_BETWEEN = 600.0
_VARIANTS = ("baseline", "cartography_filter", "label_smoothing", "soft_weighting")
_CHUNK = 20_000


def insert_many_runs(database: Database, count: int, points: int = 0, seed: int = 0) -> list[str]:
    """Insert ``count`` experiments with 5 metrics, 15 parameters and a tag or two each; return their ids, oldest first.

    Args:
        database: an empty store.
        count: how many.
        points: points of the curve of each metric.
        seed: of all that is random.
    """
    random = np.random.default_rng(seed)
    scores = random.normal(80.0, 5.0, size=(count, len(METRICS)))
    rows = [_experiment(index, bool(index % 8 < 4)) for index in range(count)]
    with database.begin() as connection:

        def put(table: Table, values: Iterator[dict[str, Any]]) -> None:
            block: list[dict[str, Any]] = []
            for value in values:
                block.append(value)
                if len(block) == _CHUNK:
                    connection.execute(insert(table), block)
                    block = []
            if block:
                connection.execute(insert(table), block)

        put(schema.metric_names, ({"key": key, "name": name} for key, name in enumerate(METRICS, 1)))
        put(schema.experiments, iter(rows))
        put(schema.params, (param for row in rows for param in _params(row)))
        put(schema.tags, (tag for row in rows for tag in _tags(row["key"])))
        put(
            schema.final_metrics,
            (metric for row, each in zip(rows, scores, strict=True) for metric in _final(row, each)),
        )
        put(schema.runs, (_run(row) for row in rows if row["num_runs"]))
        put(schema.metrics, (point for row in rows for point in _points(row, points)))
        if not database.is_sqlite:
            # The keys were given, so the counters that make them stand behind.
            for table in ("experiments", "metric_names"):
                connection.exec_driver_sql(
                    f"SELECT setval(pg_get_serial_sequence('{table}', 'key'), (SELECT max(key) FROM {table}))"
                )
    return [row["id"] for row in rows]


def _experiment(index: int, completed: bool) -> dict[str, Any]:
    created_at = _FIRST_CREATED + _SECONDS_BETWEEN * index
    variant, run_seed = _VARIANTS[index // 5 % len(_VARIANTS)], index % 5
    status = _STATUSES[index % len(_STATUSES)]
    config = _config(variant, run_seed, index // 5)
    begun = status != "planned"
    return {
        "key": index + 1,
        "id": f"exp_20250615_{index // 1000:06d}_{index:06x}",
        "name": f"{variant}-{index // 5:04d}-seed{run_seed}",
        "status": status,
        "status_reason": "",
        "variant": variant,
        "seed": run_seed,
        "group_key": group_of(config),
        "created_at": created_at,
        "started_at": created_at + 1 if begun else None,
        "finished_at": created_at + 301 if begun else None,
        "duration_seconds": 300.0 if begun else None,
        "num_runs": int(begun),
        "gpus": index % 3,
        "folder": f"/experiments/{variant}-{index}",
        "folder_host": "node-1",
        "host": "node-1",
        "user": "ada",
        "notes": "" if index % 10 else f"note of {index}",
        "primary_metric": "eval_f1" if status == "completed" else None,
        "error": "ValueError: no rows" if status == "failed" else None,
        "config": config,
        "environment_key": None,
        "code_key": None,
        "disk_bytes": 1_000_000 + index,
    }


def _config(variant: str, run_seed: int, group: int) -> dict[str, Any]:
    return {
        "name": f"{variant}-seed{run_seed}",
        "model": "prajjwal1/bert-tiny",
        "dataset": f"data/{group % 7}.jsonl",
        "task": "classification",
        "max_train_samples": None if group % 2 else 1000,
        "strategy": {"name": variant, "fraction": (group % 10) / 10},
        "training": {
            "seed": run_seed,
            "learning_rate": 10.0 ** -(group % 6),
            "epochs": 3 + group % 2,
            "batch_size": 2 ** (group % 6),
            "fp16": bool(group % 2),
            "optimizer": "adamw_torch",
            "warmup_ratio": 0.1,
            "betas": [0.9, 0.999],
        },
    }


def param_row(name: str, value: Any) -> dict[str, Any]:
    """Return the row of a parameter, without its experiment."""
    kind = "null" if value is None else type(value).__name__
    number = float(value) if isinstance(value, bool | int | float) else None
    return {"name": name, "kind": kind, "number": number, "text": value if kind == "str" else json.dumps(value)}


def _params(row: dict[str, Any]) -> Iterator[dict[str, Any]]:
    return ({"experiment_key": row["key"], **param_row(name, value)} for name, value in flatten(row["config"]))


def _tags(key: int) -> Iterator[dict[str, Any]]:
    yield {"experiment_key": key, "tag": "paper" if key % 3 else "smoke"}
    if key % 50 == 0:
        yield {"experiment_key": key, "tag": "best"}


def _final(row: dict[str, Any], scores: Any) -> Iterator[dict[str, Any]]:
    if row["status"] == "planned":
        return
    for name, value in zip(METRICS, scores.tolist(), strict=True):
        yield {
            "experiment_key": row["key"],
            "name": name,
            "value": value,
            "minimum": value - 1,
            "maximum": value + 1,
            "step": None,
            "is_result": True,
        }


def _run(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "experiment_key": row["key"],
        "attempt": 1,
        "status": row["status"],
        "status_reason": "",
        "started_at": row["started_at"],
        "finished_at": row["finished_at"],
        "host": "node-1",
        "boot_id": "",
        "user": "ada",
        "command": "run_experiments.py --mode run",
    }


def _points(row: dict[str, Any], count: int) -> Iterator[dict[str, Any]]:
    if row["status"] == "planned":
        return
    for position in range(count * len(METRICS)):
        step = position // len(METRICS)
        yield {
            "experiment_key": row["key"],
            "position": position,
            "name_key": position % len(METRICS) + 1,
            "step": step,
            "time": row["created_at"] + step,
            "value": 80 + 5 * math.sin(step / 10 + row["key"]),
        }
