"""Writes experiment folders as a runner leaves them, for tests and benchmarks of everything that reads them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

__all__ = ["config_mapping", "write_metrics_file", "write_predictions", "write_run", "write_scored_run", "write_suite"]

_FIRST_START = datetime(2025, 1, 1, tzinfo=UTC)

Strategies = Sequence[Mapping[str, Any]]


def config_mapping(name: str, seed: int, strategies: Strategies = (), **fields: Any) -> dict[str, Any]:
    """Return the content of a config.json, written out by hand so that a change of the format is noticed."""
    training = {"seed": seed, "num_train_epochs": 6.0, "learning_rate": 1e-3, **fields.pop("training", {})}
    return {
        "name": name,
        "task": "qa",
        "model": "demo",
        "dataset": "demo",
        "train_split": "train",
        "eval_split": "validation",
        "eval_datasets": ["demo@ood"],
        "strategies": [dict(strategy) for strategy in strategies],
        "training": training,
        **fields,
    }


def write_run(root: Path, config: Mapping[str, Any], metrics: Mapping[str, float | None], **results: Any) -> Path:
    """Write one finished experiment; ``results`` replace fields of results.json."""
    identity = hashlib.sha256(json.dumps(config, sort_keys=True).encode()).hexdigest()
    folder = root / f"{config['name']}_{identity[:8]}"
    folder.mkdir(parents=True)
    names = [strategy["name"] for strategy in config["strategies"]]
    content = {
        "success": True,
        "error": None,
        "name": config["name"],
        "strategy": "+".join(names) or "baseline",
        "seed": config["training"]["seed"],
        **{key: config[key] for key in ("task", "model", "dataset")},
        "primary_metric": "eval_f1",
        "metrics": dict(metrics),
        "duration_seconds": 12.5,
        "started_at": "2025-01-01T00:00:00+00:00",
        "finished_at": "2025-01-01T00:00:12+00:00",
        "strategy_report": {"rows_before": 2000, "rows_kept": 2000},
        "train_steps": 378,
        "train_rows": 2000,
        "resumed_from": None,
        "git": {"commit": "0" * 40, "dirty": False},
        "environment": {"python": "3.11.0", "torch": "2.13.0"},
        "config_identity": identity,
        **results,
    }
    (folder / "config.json").write_text(json.dumps(config, indent=2))
    (folder / "results.json").write_text(json.dumps(content, indent=2))
    return folder


def write_suite(
    root: Path, variants: Mapping[str, tuple[Strategies, Mapping[str, Sequence[float]]]], seeds: Sequence[int]
) -> list[Path]:
    """Write every variant for every seed, all variants of a seed before the next seed, after the runs already there.

    Args:
        root: the experiments folder.
        variants: label to its strategies and, for each metric, one value a seed.
        seeds: training seeds.
    """
    root.mkdir(parents=True, exist_ok=True)
    minute = sum(1 for _ in root.iterdir())
    folders: list[Path] = []
    for position, seed in enumerate(seeds):
        for label, (strategies, scores) in variants.items():
            config = config_mapping(f"{label}_seed{seed}", seed, strategies)
            metrics = {name: values[position] for name, values in scores.items()}
            started = (_FIRST_START + timedelta(minutes=minute + len(folders))).isoformat()
            folders.append(write_run(root, config, metrics, started_at=started, finished_at=started))
    return folders


def write_metrics_file(folder: Path, series: Mapping[str, Mapping[int, float]]) -> None:
    """Write metrics.jsonl: metric to its value at each step."""
    points = [(step, name, value) for name, values in series.items() for step, value in values.items()]
    lines = [
        json.dumps({"step": step, "time": 1.7e9 + step, "name": name, "value": value})
        for step, name, value in sorted(points)
    ]
    (folder / "metrics.jsonl").write_text("".join(f"{line}\n" for line in lines))


def write_predictions(folder: Path, scores: Mapping[str, Sequence[Any]], ids: Sequence[str], suffix: str = "") -> Path:
    """Write ``eval_predictions<suffix>.jsonl``: one row an id, with each of ``scores``."""
    rows = [{"id": name, **{kind: values[row] for kind, values in scores.items()}} for row, name in enumerate(ids)]
    path = folder / "trainer_output" / f"eval_predictions{suffix}.jsonl"
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return path


def write_scored_run(
    root: Path, name: str, seed: int, scores: Sequence[float], strategies: Strategies = (), **fields: Any
) -> Path:
    """Write one finished experiment whose ``eval_f1`` is 100 times the mean of its examples' scores.

    Args:
        root: the experiments folder.
        name: of the variant.
        seed: of its training.
        scores: of the examples, 0 to 1.
        strategies: of the variant.
        **fields: ``ids`` of the examples; other fields of the configuration.
    """
    ids = fields.pop("ids", [f"q{position}" for position in range(len(scores))])
    config = config_mapping(f"{name}_seed{seed}", seed, strategies, **fields)
    folder = write_run(root, config, {"eval_f1": 100 * sum(scores) / len(scores)})
    write_predictions(folder, {"f1": list(scores)}, ids)
    return folder
