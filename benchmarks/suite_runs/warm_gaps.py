"""A suite by warm workers whose every report is timed: how long they neither train nor evaluate between two runs."""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(Path(__file__).resolve().parent / "plugin"))

from benchmarks.suite_runs.gaps import Gap, gaps
from execution.dispatching.dispatcher import Dispatcher
from execution.dispatching.listening import Listener
from execution.dispatching.options import DispatcherOptions
from execution.executors import create_executor
from execution.interruption import Interruption
from execution.options import ExecutorOptions
from experiment_runner import plan_experiments
from jobs import Job, Outcome
from planning.estimate import estimate_costs
from running.jobs import jobs_of
from running.options import RunnerOptions
from running.tracked import entered
from suites import SuiteOptions, create_suite
from tracking.queue.queue import Queue
from tracking.queue.records import Settled
from tracking.store.database import Database

__all__ = ["run_suite"]

ROOT = Path(__file__).resolve().parents[2]
PLUGIN = Path(__file__).resolve().parent / "plugin"


class _Failures(Listener):
    def ended(self, job: Job, outcome: Outcome, settled: Settled) -> None:
        if outcome.failure is not None:
            raise RuntimeError(f"{job.name}: {outcome.failure.message}")


def run_suite(folder: Path, rows: int | None, seeds: tuple[int, ...], executor: str, workers: int | None) -> list[Gap]:
    """Make the suite ``sample`` in ``folder``, and return the gaps of all workers.

    Args:
        folder: an empty one.
        rows: to train on; None means all.
        seeds: of the suite.
        executor: ``inline`` or ``workers``.
        workers: how many.
    """
    times = folder / "times"
    times.mkdir()
    os.environ["BENCHMARK_TIMES"] = str(times)
    os.environ["PYTHONPATH"] = os.pathsep.join([str(PLUGIN), str(ROOT)])
    training = {} if rows is None else {"max_train_samples": rows}
    plan = plan_experiments(create_suite("sample", SuiteOptions(seeds=seeds, training=training)), folder / "runs")
    options = RunnerOptions(db=str(folder / "experiments.db"))
    jobs = [
        dataclasses.replace(job, work="benchmark.timed_node") for job in jobs_of(plan, estimate_costs(plan), options)
    ]
    queue = Queue(Database.open(":memory:"))
    queue.add(jobs)
    chosen = ExecutorOptions(executor=executor, workers=workers, log_dir=folder / "logs")
    with create_executor(chosen) as worker, entered(plan, options):
        Dispatcher(queue, worker, _Failures(), Interruption(), DispatcherOptions()).run()
    return [gap for file in sorted(times.glob("*.jsonl")) for gap in gaps(file)]


def main() -> None:
    """Print the gaps as JSON, the last line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int)
    parser.add_argument("--seeds", type=int, nargs="+", default=[42, 43, 44])
    parser.add_argument("--workers", type=int)
    flags = parser.parse_args()
    executor = "inline" if flags.workers is None else "workers"
    with tempfile.TemporaryDirectory() as folder:
        found = run_suite(Path(folder), flags.rows, tuple(flags.seeds), executor, flags.workers)
    print(json.dumps([gap._asdict() for gap in found]))


if __name__ == "__main__":
    main()
