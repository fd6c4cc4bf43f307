"""Writes what a runner leaves in folders, so that plans have something to find."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from planning.nodes import Node
from planning.status import data_files, mark

__all__ = ["finish_experiment", "finish_map", "half_finish", "map_table"]


def finish_experiment(node: Node, **results: Any) -> None:
    """Leave a successful run; ``results`` replace fields of results.json."""
    start_experiment(node)
    content = {"success": True, "key": node.key, "train_steps": 100, "duration_seconds": 50.0, "resumed_from": None}
    (node.folder / "results.json").write_text(json.dumps({**content, **results}))


def start_experiment(node: Node) -> None:
    """Leave what stands in a folder once the run has started."""
    node.folder.mkdir(parents=True, exist_ok=True)
    node.config.save(node.folder / "config.json")
    records_to = None if node.records_to is None else str(node.records_to)
    environment = {"key": node.key, "records_to": records_to, "data_files": data_files(node.config)}
    (node.folder / "environment.json").write_text(json.dumps(environment))


def half_finish(node: Node) -> None:
    """Leave a run that died after its first checkpoint."""
    start_experiment(node)
    (node.folder / "trainer_output" / "checkpoint-10").mkdir(parents=True)


def finish_map(node: Node, num_rows: int = 4000) -> None:
    """Leave a finished data map of ``num_rows`` rows."""
    map_table(node.folder, num_rows)
    mark(node, finished=True, files=data_files(node.config))


def map_table(folder: Path, num_rows: int) -> None:
    """Write cartography_metrics.csv: a quarter of the rows hard, a quarter ambiguous, half easy."""
    folder.mkdir(parents=True, exist_ok=True)
    categories = np.resize(["hard", "ambiguous", "easy", "easy"], num_rows)
    lines = ["id,confidence,variability,category"]
    lines += [f"r{row},{0.2 + 0.6 * row / num_rows:.4f},0.2,{category}" for row, category in enumerate(categories)]
    (folder / "cartography_metrics.csv").write_text("\n".join(lines) + "\n")
