"""Time and memory of a data map, on generated training dynamics.

The limits (2 microseconds an example, 2 GiB) hold for the metrics and categories of dynamics in memory. Reading and
writing files is measured apart, and so is a plain loop over examples, the style of the reference implementation.
Each part runs in a fresh process, so its peak memory is its own.
"""

from __future__ import annotations

import argparse
import itertools
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from cartography import Dynamics, build_data_map, compute_metrics, load_data_map, write_epoch
from cartography.metrics import category_codes

LIMIT_US = 2.0
LIMIT_GIB = 2.0
_LOOP_EXAMPLES = 5_000


def _epoch(num_examples: int, rng: np.random.Generator) -> dict[str, NDArray[Any]]:
    gold = rng.random(num_examples, dtype=np.float32)
    margin = rng.standard_normal(num_examples, dtype=np.float32)
    return {"gold_prob": gold, "margin": margin, "el2n": 1 - gold, "loss": 1 - gold, "correct": margin > 0}


def _dynamics(num_examples: int, num_epochs: int) -> Dynamics:
    rng = np.random.default_rng(0)
    names = ("gold_prob", "margin", "el2n", "loss")
    arrays: dict[str, NDArray[Any]] = {name: np.empty((num_epochs, num_examples), np.float32) for name in names}
    arrays["correct"] = np.empty((num_epochs, num_examples), np.bool_)
    for place in range(num_epochs):
        for name, values in _epoch(num_examples, rng).items():
            arrays[name][place] = values
    rows = np.arange(num_examples)
    return Dynamics(ids=rows.astype("U8"), rows=rows, epochs=tuple(range(num_epochs)), **arrays)


def measure_memory(num_examples: int, num_epochs: int) -> dict[str, float]:
    """Metrics and categories of dynamics that are in memory already."""
    dynamics = _dynamics(num_examples, num_epochs)
    begin = time.perf_counter()
    metrics = compute_metrics(dynamics)
    middle = time.perf_counter()
    category_codes(metrics["confidence"], metrics["variability"])
    end = time.perf_counter()
    return {"metrics": middle - begin, "categories": end - middle, "metrics and categories": end - begin}


def measure_loop(num_examples: int, num_epochs: int) -> dict[str, float]:
    """The same metrics by a Python loop over examples, each with lists of its epochs."""
    dynamics = _dynamics(num_examples, num_epochs)
    names = ("gold_prob", "margin", "el2n", "loss", "correct")
    records = [{name: getattr(dynamics, name)[:, place].tolist() for name in names} for place in range(num_examples)]
    begin = time.perf_counter()
    for record in records:
        _one_example(record)
    return {"loop over examples": time.perf_counter() - begin}


def _one_example(record: dict[str, list[Any]]) -> tuple[float, ...]:
    right = record["correct"]
    falls = sum(before and not after for before, after in itertools.pairwise(right))
    confidence = float(np.mean(record["gold_prob"]))
    return (
        confidence,
        float(np.std(record["gold_prob"])),
        sum(right),
        falls if any(right) else 1000,
        confidence * (1 - confidence),
        float(np.mean(record["margin"])),
        float(np.mean(record["el2n"])),
        float(np.mean(record["loss"])),
    )


def measure_files(num_examples: int, num_epochs: int) -> dict[str, float]:
    """Writing the epochs, building the map from them (all its files), and loading it."""
    rng = np.random.default_rng(0)
    rows = np.arange(num_examples)
    seconds = {}
    with tempfile.TemporaryDirectory() as folder:
        spent = 0.0
        for epoch in range(num_epochs):
            columns = {"id": rows.astype("U8"), "row": rows, **_epoch(num_examples, rng)}
            begin = time.perf_counter()
            write_epoch(folder, epoch, columns)
            spent += time.perf_counter() - begin
        seconds["write the epochs (Parquet)"] = spent
        begin = time.perf_counter()
        build_data_map(folder, {"dataset": "generated"})
        seconds["read them, build and write the map"] = time.perf_counter() - begin
        begin = time.perf_counter()
        load_data_map(folder)
        seconds["load the map"] = time.perf_counter() - begin
    return seconds


PARTS: dict[str, Callable[[int, int], dict[str, float]]] = {
    "memory": measure_memory,
    "loop": measure_loop,
    "files": measure_files,
}


def _measure(part: str, num_examples: int, num_epochs: int) -> tuple[dict[str, float], float]:
    """Run one part in a fresh process; return seconds by name and its peak memory in GiB."""
    command = [sys.executable, __file__, "--part", part, "--examples", str(num_examples), "--epochs", str(num_epochs)]
    answer = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return answer["seconds"], answer["peak_gib"]


def _run_part(part: str, num_examples: int, num_epochs: int) -> None:
    seconds = PARTS[part](num_examples, num_epochs)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Linux counts in KiB, macOS in bytes.
    print(json.dumps({"seconds": seconds, "peak_gib": peak / (1 << 30 if sys.platform == "darwin" else 1 << 20)}))


def main() -> int:
    """Print the table; return 1 where a limit is exceeded."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--examples", type=int, default=10_000_000, help="examples in memory (default: 10,000,000)")
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--file-examples", type=int, default=1_000_000, help="examples for the parts with files")
    parser.add_argument("--part", choices=list(PARTS), help=argparse.SUPPRESS)
    flags = parser.parse_args()
    if flags.part:
        _run_part(flags.part, flags.examples, flags.epochs)
        return 0
    loop = _measure("loop", min(flags.examples, _LOOP_EXAMPLES), flags.epochs)
    loop_us = next(iter(loop[0].values())) / min(flags.examples, _LOOP_EXAMPLES) * 1e6
    print(f"| {'part':36s} | {'examples':>10s} | us/example | times faster than the loop | peak GiB |")
    print("| --- | ---: | ---: | ---: | ---: |")
    worst = 0.0
    peak = 0.0
    for part, number in (("memory", flags.examples), ("files", flags.file_examples)):
        seconds, part_peak = _measure(part, number, flags.epochs)
        for name, spent in seconds.items():
            each = spent / number * 1e6
            print(f"| {name:36s} | {number:10,d} | {each:10.3f} | {loop_us / each:26.0f} | {part_peak:8.2f} |")
        if part == "memory":
            worst, peak = seconds["metrics and categories"] / number * 1e6, part_peak
    print(f"| {'loop over examples':36s} | {_LOOP_EXAMPLES:10,d} | {loop_us:10.3f} | {1:26d} | {loop[1]:8.2f} |")
    met = worst <= LIMIT_US and peak <= LIMIT_GIB
    print(f"\nlimits: {LIMIT_US:g} us an example and {LIMIT_GIB:g} GiB in memory: {'met' if met else 'EXCEEDED'}")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
