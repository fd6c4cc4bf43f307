"""The peers' side of benchmarks/tracking.py: runs in an environment that has them, and prints seconds as JSON.

Only what is timed counts: imports, and making a database with its tables, come before.
"""

from __future__ import annotations

import argparse
import json
import os
import sqlite3
import statistics
import time
import uuid
from pathlib import Path
from typing import Any

_METRICS = ("train/loss", "eval_loss", "eval_f1", "eval_exact_match", "epoch")
_PARAMS = 10


def mlflow_log(folder: Path, count: int) -> dict[str, float]:
    """Log ``count`` points to MLflow on SQLite, one a call."""
    mlflow = _mlflow(folder)
    mlflow.set_experiment("speed")
    with mlflow.start_run():
        mlflow.log_metric("warm_up", 0.0)
        begin = time.perf_counter()
        for step in range(count):
            mlflow.log_metric("train/loss", 1.0 / (step + 1), step=step)
        return {"seconds": time.perf_counter() - begin}


def trackio_log(folder: Path, count: int) -> dict[str, float]:
    """Log ``count`` points to trackio, one a call, and finish, which writes them."""
    os.environ["TRACKIO_DIR"] = str(folder / "trackio")
    import trackio

    trackio.init(project="speed")
    begin = time.perf_counter()
    for step in range(count):
        trackio.log({"train/loss": 1.0 / (step + 1)}, step=step)
    called = time.perf_counter() - begin
    trackio.finish()  # type: ignore[no-untyped-call, unused-ignore]
    return {"seconds": time.perf_counter() - begin, "calls": called}


def mlflow_fill(folder: Path, count: int) -> dict[str, float]:
    """Make a store of ``count`` runs with 5 metrics and 10 parameters: MLflow makes one, its rows are copied."""
    mlflow = _mlflow(folder)
    mlflow.set_experiment("many")
    with mlflow.start_run() as run:
        mlflow.log_metrics(dict.fromkeys(_METRICS, 0.5), step=1)
        mlflow.log_params({f"training.parameter_{number}": number for number in range(_PARAMS)})
    first = run.info.run_id
    begin = time.perf_counter()
    with sqlite3.connect(folder / "mlflow.db") as connection:
        keys = [uuid.uuid4().hex for _ in range(count - 1)]
        for table in ("runs", "params", "metrics", "latest_metrics", "tags"):
            _copy_rows(connection, table, first, keys)
    return {"seconds": time.perf_counter() - begin}


def _copy_rows(connection: sqlite3.Connection, table: str, first: str, keys: list[str]) -> None:
    cursor = connection.execute(f"SELECT * FROM {table} WHERE run_uuid = ?", (first,))
    names, rows = [column[0] for column in cursor.description], cursor.fetchall()
    marks = ", ".join("?" * len(names))
    own = names.index("run_uuid")
    connection.executemany(
        f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})",
        ([*row[:own], key, *row[own + 1 :]] for key in keys for row in rows),
    )


def mlflow_search(folder: Path, count: int) -> dict[str, float]:
    """List ``count`` of the runs that :func:`mlflow_fill` made, in processor seconds: the median of three after one."""
    mlflow = _mlflow(folder)
    seconds = []
    for _ in range(4):
        begin = time.process_time()
        frame = mlflow.search_runs(experiment_names=["many"], max_results=count)
        seconds.append(time.process_time() - begin)
        assert len(frame) == count
    return {"seconds": statistics.median(seconds[1:])}


def _mlflow(folder: Path) -> Any:
    import mlflow

    mlflow.set_tracking_uri(f"sqlite:///{folder / 'mlflow.db'}")
    return mlflow


PARTS = {
    "mlflow-log": mlflow_log,
    "trackio-log": trackio_log,
    "mlflow-fill": mlflow_fill,
    "mlflow-search": mlflow_search,
}


def main() -> None:
    """Run one part and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", nargs="?", choices=PARTS)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("count", nargs="?", type=int)
    options = parser.parse_args()
    if options.part is None:
        print("part of benchmarks/tracking.py")
        return
    result = PARTS[options.part](options.folder, options.count)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
