"""Experiment folders for tests, written as a tracker leaves them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from atomic_files import write_json
from tracking.folders.folder import CONFIG, ENVIRONMENT, METRICS, ExperimentFolder
from tracking.folders.metric_points import MetricPoint, format_points
from tracking.folders.samples import write_samples

__all__ = ["make_folder"]

START = 1_700_000_000.0


def make_folder(
    root: Path,
    number: int = 0,
    *,
    status: str = "completed",
    config: Mapping[str, Any] | None = None,
    points: Sequence[MetricPoint] = (),
    samples: Mapping[str, Sequence[Mapping[str, Any]]] | None = None,
    host: str = "elsewhere",
) -> Path:
    """Write a folder with one attempt that ended as ``status`` says, or runs on another host; return it."""
    experiment_id = f"exp_20260101_000000_{number:06x}"
    folder = ExperimentFolder(root / experiment_id)
    begin = START + 1000 * number
    folder.identify(experiment_id, f"run_seed{number}", begin, variant="run")
    write_json(folder.path / CONFIG, dict(config or {"training": {"learning_rate": 1e-4}, "seed": number}))
    write_json(folder.path / ENVIRONMENT, {"machine": {"python": "3.11"}, "git": {"commit": "abc", "dirty": False}})
    folder.append("started", begin, host=host, pid=1, user="me", command="python train.py")
    if points:
        (folder.path / METRICS).write_text(format_points(list(points)))
    for benchmark, rows in (samples or {}).items():
        file = f"evaluations/{benchmark}.jsonl"
        count = write_samples(folder.path / file, rows)
        folder.append(
            "evaluation", begin + 5, benchmark=benchmark, metrics={"acc": 0.5}, num_samples=count, samples_file=file
        )
    if status != "running":
        folder.append("finished", begin + 10, status=status)
    return folder.path
