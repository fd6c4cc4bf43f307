"""A whole suite by local workers, against the same suite one run after another: in this process, and by hand.

By hand means `python run.py ...` once a configuration, with equal flags, the data map and the clustering made by their
commands; in this process means `run_experiments.py` without further flags. Then the clock between two runs of a warm
worker. Ratios within one run; all make the same models, and the table says how far their metrics lie apart.
"""

from __future__ import annotations

import argparse
import itertools
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.suite_runs.by_hand import commands, output_of
from experiment_config import ExperimentConfig
from suites import SuiteOptions, create_suite

ROOT = Path(__file__).resolve().parent.parent
BY_HAND, INLINE = "run.py, one after another", "run_experiments.py"
HALF = 0.5
"""Of the time by hand."""
FASTER = 1.3
"""Than one after another in one process, on two cores."""
GAP_S = 0.3
"""Between two runs of a warm worker."""

Metrics = Mapping[str, Mapping[str, float]]


class Made(NamedTuple):
    """One way to make the suite."""

    seconds: float
    processor_seconds: float
    """Of all its processes: what a busy machine stretches less."""
    metrics: Metrics
    """Of each experiment, by its name."""


class Bench:
    """Makes one suite in several ways, each time in a fresh folder.

    Args:
        folder: for all of them.
        rows: to train on; None means all.
        seeds: of the suite.
    """

    def __init__(self, folder: Path, rows: int | None, seeds: Sequence[int]) -> None:
        self._folder = folder
        self._rows = rows
        self._seeds = tuple(seeds)
        self._number = itertools.count()
        training = {} if rows is None else {"max_train_samples": rows}
        self.experiments: list[ExperimentConfig] = create_suite(
            "sample", SuiteOptions(seeds=self._seeds, training=training)
        )

    def by_hand(self) -> Made:
        """Make it by one command after another."""
        folder = self._fresh()
        spent = _timed(commands(self.experiments, folder))
        found = {each.name: output_of(each, folder) / "eval_metrics.json" for each in self.experiments}
        return Made(*spent, {name: json.loads(file.read_text()) for name, file in found.items()})

    def by_runner(self, *flags: str) -> Made:
        """Make it by run_experiments.py with these flags."""
        folder = self._fresh()
        command = [sys.executable, "run_experiments.py", "--mode", "run", "--suite", "sample", *self._flags()]
        places = ["--experiments-dir", str(folder / "runs"), "--db", str(folder / "experiments.db")]
        spent = _timed([[*command, *places, *flags]])
        results = [json.loads(file.read_text()) for file in (folder / "runs").glob("*/results.json")]
        return Made(*spent, {each["name"]: each["metrics"] for each in results})

    def gaps(self, workers: int) -> list[dict[str, float]]:
        """Return the times between two runs; see :class:`benchmarks.suite_runs.gaps.Gap`."""
        script = ROOT / "benchmarks" / "suite_runs" / "warm_gaps.py"
        printed = _run([sys.executable, str(script), *self._flags("--rows"), "--workers", str(workers)])
        found: list[dict[str, float]] = json.loads(printed.splitlines()[-1])
        return found

    def _flags(self, rows: str = "--max-train-samples") -> list[str]:
        chosen = [] if self._rows is None else [rows, str(self._rows)]
        return ["--seeds", *map(str, self._seeds), *chosen]

    def _fresh(self) -> Path:
        folder = self._folder / str(next(self._number))
        folder.mkdir()
        return folder


def _timed(commands: Iterable[Sequence[str]]) -> tuple[float, float]:
    """Run commands; return the seconds that passed, and those of processor time, of their children too."""
    begin, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    for command in commands:
        _run(command)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.perf_counter() - begin, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _run(command: Sequence[str]) -> str:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}\n{done.stdout}\n{done.stderr}")
    return done.stdout


def farthest(one: Metrics, other: Metrics) -> float:
    """Return the largest difference of any metric of any experiment.

    Raises:
        RuntimeError: they have not the same experiments and metrics.
    """
    if {name: set(each) for name, each in one.items()} != {name: set(each) for name, each in other.items()}:
        raise RuntimeError("two ways to make the suite left different experiments or metrics")
    return max(abs(one[name][metric] - other[name][metric]) for name in one for metric in one[name])


def compare(bench: Bench, workers: int, turns: int, by_hand: bool) -> bool:
    """Print the table of ways, and return whether the goals are met."""
    count, pool = len(bench.experiments), f"--workers {workers}"
    ways: dict[str, Callable[[], Made]] = {
        **({BY_HAND: bench.by_hand} if by_hand else {}),
        INLINE: bench.by_runner,
        pool: lambda: bench.by_runner("--workers", str(workers)),
    }
    made: dict[str, list[Made]] = {name: [] for name in ways}
    for _ in range(turns):
        for name, make in ways.items():
            made[name].append(make())
    seconds = {name: statistics.median(each.seconds for each in found) for name, found in made.items()}
    print(f"{count} experiments, and the data map and the clustering that they need:\n")
    print(f"| way | seconds | times `{pool}` | processor seconds | runs an hour | metrics apart by at most |")
    print("|---|---:|---:|---:|---:|---:|")
    for name, spent in seconds.items():
        apart = farthest(made[name][0].metrics, made[pool][0].metrics)
        computed = statistics.median(each.processor_seconds for each in made[name])
        ratio, rate = spent / seconds[pool], 3600 * count / spent
        print(f"| {name} | {spent:.0f} | {ratio:.2f} | {computed:.0f} | {rate:.0f} | {apart:.2g} |")
    met = seconds[INLINE] / seconds[pool] >= FASTER
    print(f"\ngoal: {FASTER:g} times as fast as one process: {'met' if met else 'MISSED'}")
    if by_hand:
        half = seconds[pool] <= HALF * seconds[BY_HAND]
        print(f"goal: {HALF:g} of the time by hand: {'met' if half else 'MISSED'}")
        met &= half
    return met


def clock_between_runs(bench: Bench, workers: int) -> bool:
    """Print how long warm workers took from one run to the next, and return whether the goal is met."""
    gaps = bench.gaps(workers)
    print(f"\nbetween two runs of a warm worker, {len(gaps)} times:\n")
    print("| | median, s | 90 %, s |\n|---|---:|---:|")
    for name, title in (("seconds", "by the clock"), ("processor_seconds", "of its processor's time")):
        values = [gap[name] for gap in gaps]
        print(f"| {title} | {statistics.median(values):.3f} | {statistics.quantiles(values, n=10)[-1]:.3f} |")
    met = statistics.median(gap["seconds"] for gap in gaps) < GAP_S
    print(f"\ngoal: under {GAP_S:g} s: {'met' if met else 'MISSED'}")
    return met


def share_gpu(bench: Bench, workers: int) -> None:
    """Print how many runs an hour one GPU makes, one at a time and several that share it."""
    count = len(bench.experiments)
    print("| on one GPU | seconds | runs an hour |\n|---|---:|---:|")
    for together in (1, workers):
        made = bench.by_runner("--workers", str(together), "--gpus-per-run", f"{1 / together:g}")
        print(f"| {together} at a time | {made.seconds:.0f} | {3600 * count / made.seconds:.0f} |", flush=True)


def main() -> int:
    """Print the tables; return 1 where a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, help="to train on (default: all 4,000 of the demo)")
    parser.add_argument("--seeds", type=int, nargs="+", default=[42, 43, 44])
    parser.add_argument("--workers", type=int, help="default: 2, and 4 with --gpu")
    parser.add_argument("--turns", type=int, default=1, help="of all ways; medians count (default: 1)")
    parser.add_argument("--not-by-hand", action="store_true", help="leave out the way that takes longest")
    parser.add_argument("--gpu", action="store_true", help="only: runs that share a GPU against one at a time")
    flags = parser.parse_args()
    if min(flags.turns, flags.rows or 1, flags.workers or 1) < 1:
        parser.error("--rows, --turns and --workers: expected 1 or more")
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), flags.rows, flags.seeds)
        if flags.gpu:
            share_gpu(bench, flags.workers or 4)
            return 0
        workers = flags.workers or 2
        met = compare(bench, workers, flags.turns, not flags.not_by_hand)
        met &= clock_between_runs(bench, workers)
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
