"""Our side of benchmarks/tracking.py: each part is a process of its own and prints seconds as JSON."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable, Sized
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from sqlalchemy import delete

from tests.tracking.many_runs import insert_many_runs
from tracking.reading.local_backend import LocalBackend
from tracking.recording.tracker import ExperimentTracker
from tracking.store import schema
from tracking.store.database import Database

_PROCESSES = 8
_PARAMS = (
    "name",
    "model",
    "dataset",
    "task",
    "strategy.name",
    "strategy.fraction",
    "training.seed",
    "training.learning_rate",
    "training.epochs",
    "training.batch_size",
)


def log(folder: Path, count: int) -> dict[str, float]:
    """Log ``count`` points, one a call, and flush them into folder and store."""
    with _tracker(folder) as tracker:
        tracker.start_experiment({"learning_rate": 1e-4}, "speed")
        tracker.log_metrics({"warm_up": 0.0}, step=0)
        tracker.flush()
        calls = np.empty(count)
        begin = time.perf_counter()
        for step in range(count):
            started = time.perf_counter()
            tracker.log_metrics({"train/loss": 1.0 / (step + 1)}, step=step)
            calls[step] = time.perf_counter() - started
        called = time.perf_counter() - begin
        complete = tracker.flush()
        seconds = time.perf_counter() - begin
    assert complete
    low, middle, high = np.quantile(calls, [0.5, 0.99, 1.0])
    return {"seconds": seconds, "calls": called, "median": float(low), "p99": float(middle), "worst": float(high)}


def fill(folder: Path, count: int) -> dict[str, float]:
    """Make a store of ``count`` experiments with 5 metrics and 10 parameters each."""
    begin = time.perf_counter()
    database = Database.open(folder / "many.db")
    insert_many_runs(database, count, points=2)
    with database.begin() as connection:
        # As many as MLflow's runs have.
        connection.execute(delete(schema.params).where(schema.params.c.name.not_in(_PARAMS)))
    return {"seconds": time.perf_counter() - begin}


def list_records(folder: Path, count: int) -> dict[str, float]:
    """List ``count`` experiments as records with their 5 metrics and 10 parameters, three times."""
    backend = LocalBackend(folder / "many.db")
    return _listing(lambda: backend.get_all_experiments(limit=count), count)


def list_frame(folder: Path, count: int) -> dict[str, float]:
    """The same as a data frame, which is what mlflow.search_runs returns."""
    backend = LocalBackend(folder / "many.db")
    return _listing(lambda: backend.get_all_experiments_frame(limit=count), count)


def _listing(read: Callable[[], Sized], count: int) -> dict[str, float]:
    """Return processor seconds, which other work disturbs least: the median of three after one, as for MLflow."""
    seconds = []
    for _ in range(4):
        begin = time.process_time()
        found = read()
        seconds.append(time.process_time() - begin)
        assert len(found) == count
    return {"seconds": float(np.median(seconds[1:]))}


def together(folder: Path, count: int) -> dict[str, float]:
    """Let 8 processes write ``count`` points each to one store; errors and points that are missing are counted."""
    Database.open(folder / "experiments.db").close()
    command = [sys.executable, str(Path(__file__)), "log", str(folder), str(count)]
    begin = time.perf_counter()
    writers = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(_PROCESSES)]
    ends = [(*writer.communicate(), writer.returncode) for writer in writers]
    seconds = time.perf_counter() - begin
    backend = LocalBackend(folder / "experiments.db")
    stored = sum(len(backend.get_metrics(record.id, ["train/loss"])) for record in backend.get_all_experiments())
    errors = sum(bool(status) or bool(complaints) for _, complaints, status in ends)
    return {"seconds": seconds, "errors": errors, "lost": _PROCESSES * count - stored}


def _tracker(folder: Path) -> ExperimentTracker:
    return ExperimentTracker(db_path=folder / "experiments.db", experiments_dir=folder / "experiments")


PARTS = {"log": log, "fill": fill, "list-records": list_records, "list-frame": list_frame, "together": together}


def main() -> None:
    """Run one part and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", nargs="?", choices=PARTS)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("count", nargs="?", type=int)
    options = parser.parse_args()
    if options.part is None:
        print("part of benchmarks/tracking.py")
        return
    print(json.dumps(PARTS[options.part](options.folder, options.count)))


if __name__ == "__main__":
    main()
