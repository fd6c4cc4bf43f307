"""The store against MLflow and trackio: writing, listing, several writers, a training step, and the commands.

Every part runs in turns, in fresh processes; the median over turns counts, and ratios are taken within this run. MLflow
and trackio are looked for in the environment of ``--peers``; requirements-benchmarks.txt says how to make one. What is
not there is left out.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OURS, PEERS, STEP = (
    ROOT / "benchmarks" / name for name in ("tracking_ours.py", "tracking_peers.py", "tracking_step.py")
)

_POINTS = 5_000
_MLFLOW_POINTS = 1_000
_LISTED = 1_000
_COMMAND_LIMIT_S = 0.5
_PARTS = ("write", "read", "together", "step")

Result = dict[str, float]


class Bench:
    """Runs parts in processes of their own.

    Args:
        folder: for whatever they write.
        peers: interpreter that has MLflow and trackio.
        turns: how often each part runs.
    """

    def __init__(self, folder: Path, peers: str, turns: int) -> None:
        self.folder = folder
        self.turns = turns
        self._peers = peers
        self._fresh = 0

    def ours(self, part: str, count: int, folder: Path | None = None) -> Result:
        """Run a part of tracking_ours.py; without a folder it gets a fresh one."""
        return self._run([sys.executable, str(OURS), part, str(folder or self.fresh()), str(count)])

    def peer(self, part: str, count: int, folder: Path | None = None) -> Result:
        """Run a part of tracking_peers.py; likewise."""
        return self._run([self._peers, str(PEERS), part, str(folder or self.fresh()), str(count)])

    def has(self, package: str) -> bool:
        """Return whether the peers' environment has a package; say so if not."""
        found = subprocess.run([self._peers, "-c", f"import {package}"], capture_output=True).returncode == 0
        if not found:
            print(
                f"{package} is not installed in the environment of {self._peers}: left out "
                "(see requirements-benchmarks.txt, and --peers)"
            )
        return found

    def fresh(self) -> Path:
        """Return a new folder."""
        self._fresh += 1
        folder = self.folder / str(self._fresh)
        folder.mkdir()
        return folder

    def _run(self, command: Sequence[str]) -> Result:
        done = subprocess.run(command, capture_output=True, text=True, cwd=self.folder)
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)}\n{done.stderr}")
        result: Result = json.loads(done.stdout.splitlines()[-1])
        return result


def median(results: Sequence[Result], name: str = "seconds") -> float:
    """Return the median over turns."""
    return statistics.median(result[name] for result in results)


def write(bench: Bench, mlflow: bool, trackio: bool) -> None:
    """Print what logging takes."""
    parts: dict[str, Callable[[], Result]] = {"ours": lambda: bench.ours("log", _POINTS)}
    if mlflow:
        parts["MLflow"] = lambda: bench.peer("mlflow-log", _MLFLOW_POINTS)
    if trackio:
        parts["trackio"] = lambda: bench.peer("trackio-log", _POINTS)
    results = in_turns(parts, bench.turns)
    ours = results["ours"]
    middle, late, worst = (1e6 * median(ours, name) for name in ("median", "p99", "worst"))
    print(
        f"\nlog_metrics returns in {middle:.1f} µs (median), {late:.1f} µs (99 %), {worst:.0f} µs (worst); limit 20 µs"
    )
    seconds = {
        name: median(each) * (_POINTS / _MLFLOW_POINTS if name == "MLflow" else 1) for name, each in results.items()
    }
    table(f"{_POINTS:,} points, one a call, flush included", seconds, {"MLflow": 50.0, "trackio": 1.0})
    if mlflow:
        print(f"MLflow: {_MLFLOW_POINTS:,} points measured, times {_POINTS // _MLFLOW_POINTS}.")


def read(bench: Bench, mlflow: bool, runs: int) -> Path:
    """Print what listing takes; return the folder with the store of many runs."""
    folder = bench.fresh()
    bench.ours("fill", runs, folder)
    parts: dict[str, Callable[[], Result]] = {
        "ours": lambda: bench.ours("list-records", _LISTED, folder),
        "ours, as a frame": lambda: bench.ours("list-frame", _LISTED, folder),
    }
    if mlflow:
        bench.peer("mlflow-fill", runs, folder)
        parts["mlflow.search_runs"] = lambda: bench.peer("mlflow-search", _LISTED, folder)
    seconds = {name: median(each) for name, each in in_turns(parts, bench.turns).items()}
    table(
        f"{_LISTED:,} of {runs:,} runs, 5 metrics and 10 parameters each, processor time",
        seconds,
        {"mlflow.search_runs": 20.0},
    )
    if mlflow:
        print("MLflow's store: one run made by MLflow, the others copies of its rows.")
    return folder


def in_turns(parts: dict[str, Callable[[], Result]], turns: int) -> dict[str, list[Result]]:
    """Run each part ``turns`` times, one after the other, so that noise strikes all alike."""
    results: dict[str, list[Result]] = {name: [] for name in parts}
    for _ in range(turns):
        for name, part in parts.items():
            results[name].append(part())
    return results


def table(title: str, seconds: dict[str, float], goals: dict[str, float]) -> None:
    """Print seconds, and how many times as long as ours the others take."""
    print(f"\n{title}:\n")
    print("| store | seconds | times ours | goal |\n|---|---:|---:|---:|")
    for name, each in seconds.items():
        ratio = each / seconds["ours"]
        print(f"| {name} | {each:.3f} | {ratio:.1f} | {f'{goals[name]:g}' if name in goals else ''} |")


def several_writers(bench: Bench) -> None:
    """Print how 8 processes fare on one SQLite file."""
    result = bench.ours("together", _POINTS)
    print(
        f"\n8 processes, {_POINTS:,} points each, one SQLite file: {result['errors']:.0f} processes with an error, "
        f"{result['lost']:.0f} of {8 * _POINTS:,} points lost, {result['seconds']:.1f} s with start and end"
    )


def training_step() -> None:
    """Print what tracking adds to a training step."""
    done = subprocess.run(
        [sys.executable, str(STEP)], capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"}
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    print("\n| training step, two metrics logged | ms | processor time with tracking | by the clock | goal |")
    print("|---|---:|---:|---:|---:|")
    for line in done.stdout.splitlines():
        row = json.loads(line)
        print(f"| {row['input']} | {1e3 * row['step']:.1f} | {row['cpu']:.3f} | {row['clock']:.3f} | 1.01 |")


def commands(folder: Path, turns: int) -> None:
    """Print how long each reading command takes on the store of many runs."""
    first, second = "exp_20250615_000000_000380", "exp_20250615_000000_000381"
    lines = {
        "list": ["list"],
        "list --where": ["list", "--where", "training.learning_rate < 1e-4 and metrics.eval_f1 > 80"],
        "list --sort metrics.eval_f1 --json": ["list", "--sort", "-metrics.eval_f1", "--json"],
        "show ID": ["show", first],
        "leaderboard": ["leaderboard", "--metric", "eval_f1"],
        "compare A B": ["compare", first, second],
        "stats": ["stats"],
        "status": ["status"],
        "tag ID": ["tag", first],
    }
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in lines}
    for _ in range(turns):
        for name, words in lines.items():
            times[name].append(_command_time(words, folder))
    print("\n| command on the store of many runs | seconds | processor seconds | limit |\n|---|---:|---:|---:|")
    for name, each in times.items():
        clock, cpu = (statistics.median(values) for values in zip(*each, strict=True))
        print(f"| {name} | {clock:.3f} | {cpu:.3f} | {_COMMAND_LIMIT_S:g} |")


def _command_time(words: Sequence[str], folder: Path) -> tuple[float, float]:
    """Return seconds by the clock and of the processor."""
    begin, before = time.perf_counter(), _processor_seconds()
    done = subprocess.run(
        [sys.executable, str(ROOT / "experiment_cli.py"), *words, "--db", str(folder / "many.db")],
        capture_output=True,
        text=True,
    )
    spent = time.perf_counter() - begin
    if done.returncode not in (0, 1):
        raise RuntimeError(f"{' '.join(words)}: {done.stderr}")
    return spent, _processor_seconds() - before


def _processor_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    """Print all tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--peers",
        default=os.environ.get("ASSAY_PEERS", sys.executable),
        metavar="PYTHON",
        help="interpreter that has MLflow and trackio (default: $ASSAY_PEERS, else this one)",
    )
    parser.add_argument("--turns", type=int, default=5, help="runs of each part (default: 5)")
    parser.add_argument("--runs", type=int, default=10_000, help="runs in the store that is listed (default: 10,000)")
    parser.add_argument("--only", nargs="+", choices=_PARTS, help="parts to measure (default: all)")
    options = parser.parse_args()
    print(f"load when this began: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    chosen = options.only or _PARTS
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), options.peers, options.turns)
        mlflow, trackio = bench.has("mlflow"), bench.has("trackio")
        if "write" in chosen:
            write(bench, mlflow, trackio)
        if "read" in chosen:
            commands(read(bench, mlflow, options.runs), options.turns)
        if "together" in chosen:
            several_writers(bench)
    if "step" in chosen:
        training_step()
    print(f"\nload when this ended: {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
