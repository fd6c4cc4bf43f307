"""How long the commands take to say something: `--help` of each, and the plan of a suite, as fresh processes.

A turn runs every command once, so that what else the machine does strikes all alike; the median over turns counts.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LIMIT_S = 0.5
_BARE = "python -c pass"


def commands(experiments_dir: str) -> dict[str, list[str]]:
    """Return what is measured, by the words a user types.

    Args:
        experiments_dir: an empty folder for the plan.
    """
    helps = ("run.py", "run_experiments.py", "extract_embeddings.py", "cluster_analysis.py")
    plan = ["run_experiments.py", "--mode", "run", "--suite", "minimal", "--dry-run"]
    return {
        _BARE: ["-c", "pass"],
        **{f"python {name} --help": [name, "--help"] for name in helps},
        "python -m cartography --help": ["-m", "cartography", "--help"],
        f"python {' '.join(plan)}": [*plan, "--experiments-dir", experiments_dir],
    }


def measure(words: Mapping[str, Sequence[str]], turns: int) -> dict[str, float]:
    """Return the median seconds of each command over ``turns`` turns, after one that is not counted.

    Raises:
        RuntimeError: a command fails.
    """
    seconds: dict[str, list[float]] = {name: [] for name in words}
    for turn in range(turns + 1):
        for name, arguments in words.items():
            begin = time.perf_counter()
            done = subprocess.run([sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True)
            spent = time.perf_counter() - begin
            if done.returncode:
                raise RuntimeError(f"{name}: exit status {done.returncode}\n{done.stderr}")
            if turn:
                seconds[name].append(spent)
    return {name: statistics.median(spent) for name, spent in seconds.items()}


def main() -> int:
    """Print the table; return 1 where a command takes longer than the limit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=9, help="runs of each command (default: 9)")
    flags = parser.parse_args()
    if flags.turns < 1:
        parser.error("--turns: expected 1 or more")
    with tempfile.TemporaryDirectory() as folder:
        medians = measure(commands(folder), flags.turns)
    width = max(map(len, medians))
    print(f"| {'command':{width}s} | seconds | ratio to `{_BARE}` |")
    print("| --- | ---: | ---: |")
    for name, spent in medians.items():
        print(f"| {name:{width}s} | {spent:7.3f} | {spent / medians[_BARE]:25.1f} |")
    met = max(medians.values()) < LIMIT_S
    print(f"\nlimit: {LIMIT_S:g} s each: {'met' if met else 'EXCEEDED'}")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
