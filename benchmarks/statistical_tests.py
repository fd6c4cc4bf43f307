"""Time and memory of the statistics, on generated scores of 10,000 examples.

The limits (2 s, 500 MB) hold for the paired bootstrap of 10 strategies with 10,000 resamples. Each part runs in a
fresh process, so that its peak memory, imports included, is its own. ``scipy.stats.bootstrap`` and a plain loop over
resamples do the same for one strategy and fewer resamples, and their times are multiplied.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from analysis.bootstrap.paired import paired_bootstraps
from analysis.bootstrap.tasks import interquartile_mean_over_tasks
from analysis.crossed import compare_scores
from analysis.hypothesis_tests.methods import METHODS, run_method
from analysis.power.designs import PLANNED_TESTS, Design, seeds_for_power
from analysis.scores import Scores
from analysis.verdicts import Claim, judge

LIMIT_S = 2.0
LIMIT_MB = 500.0
NUM_EXAMPLES = 10_000
NUM_RESAMPLES = 10_000
NUM_STRATEGIES = 10
NUM_SEEDS = 5
_FEW_RESAMPLES = 2_000


def _variants(count: int) -> list[Scores]:
    """Return F1 scores, between 0 and 100, of variants that meet the same examples."""
    rng = np.random.default_rng(0)
    difficulty = rng.normal(size=NUM_EXAMPLES)
    ids = [f"question-{place}" for place in range(NUM_EXAMPLES)]
    shape = (NUM_SEEDS, NUM_EXAMPLES)
    return [
        Scores.of_examples(range(NUM_SEEDS), 100 / (1 + np.exp(difficulty + rng.normal(size=shape))), ids)
        for _ in range(count)
    ]


def _paired_bootstraps() -> Callable[[], object]:
    control, *treatments = _variants(NUM_STRATEGIES + 1)
    return lambda: paired_bootstraps(treatments, control, num_resamples=NUM_RESAMPLES, rng=np.random.default_rng(0))


def _verdicts() -> Callable[[], object]:
    control, *treatments = _variants(NUM_STRATEGIES + 1)
    return lambda: judge([Claim(compare_scores(treatment, control), 0.5) for treatment in treatments])


def _interquartile_mean() -> Callable[[], object]:
    tasks = np.random.default_rng(0).normal(size=(20, 10))
    return lambda: interquartile_mean_over_tasks(list(tasks), num_resamples=NUM_RESAMPLES, rng=np.random.default_rng(0))


def _differences() -> NDArray[np.float64]:
    first, second = _variants(2)
    assert first.examples is not None and second.examples is not None
    differences: NDArray[np.float64] = first.examples.mean(axis=0) - second.examples.mean(axis=0)
    return differences


def _scipy_bootstrap() -> Callable[[], object]:
    from scipy import stats

    differences = _differences()
    return lambda: stats.bootstrap(
        (differences,),
        np.mean,
        n_resamples=_FEW_RESAMPLES,
        batch=100,
        method="percentile",
        rng=np.random.default_rng(0),
    )


def _plain_loop() -> Callable[[], object]:
    differences, rng = _differences(), np.random.default_rng(0)
    return lambda: [differences[rng.integers(0, NUM_EXAMPLES, NUM_EXAMPLES)].mean() for _ in range(_FEW_RESAMPLES)]


def _method(name: str) -> Callable[[], object]:
    first, second = _variants(2)
    return lambda: run_method(
        name, first, second, rng=np.random.default_rng(0), margin=0.5, num_resamples=NUM_RESAMPLES
    )


def _seeds(name: str) -> Callable[[], object]:
    return lambda: seeds_for_power(name, Design(effect=0.8, std=1.0), rng=np.random.default_rng(0))


PARTS: dict[str, Callable[[], Callable[[], object]]] = {
    f"paired bootstrap, {NUM_STRATEGIES} strategies": _paired_bootstraps,
    f"default verdict, {NUM_STRATEGIES} strategies": _verdicts,
    "interquartile mean of 20 tasks, 10 seeds": _interquartile_mean,
    "scipy.stats.bootstrap": _scipy_bootstrap,
    "plain loop over resamples": _plain_loop,
    **{f"significance --method {name}": partial(_method, name) for name in METHODS},
    **{f"seeds for power 0.8, {name}": partial(_seeds, name) for name in PLANNED_TESTS},
}
SHORTENED = {"scipy.stats.bootstrap", "plain loop over resamples"}


class Measured(NamedTuple):
    """What a part took."""

    seconds: float
    processor_seconds: float
    """Of all threads together."""
    megabytes: float
    """Peak memory of its process."""


def _measured(name: str) -> Measured:
    """Return what a part takes in a fresh process."""
    done = subprocess.run([sys.executable, __file__, "--part", name], capture_output=True, text=True, check=True)
    found = Measured(*json.loads(done.stdout))
    factor = NUM_STRATEGIES * NUM_RESAMPLES / _FEW_RESAMPLES if name in SHORTENED else 1.0
    return Measured(found.seconds * factor, found.processor_seconds * factor, found.megabytes)


def _measure_here(name: str) -> Measured:
    run = PARTS[name]()
    start, processor_start = time.perf_counter(), time.process_time()
    run()
    seconds, processor_seconds = time.perf_counter() - start, time.process_time() - processor_start
    return Measured(seconds, processor_seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6)


def main() -> int:
    """Print the table; exit status 1 if the paired bootstrap misses a limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", choices=PARTS, help="measure one part in this process")
    flags = parser.parse_args()
    if flags.part:
        print(json.dumps(_measure_here(flags.part)))
        return 0
    print(f"{NUM_EXAMPLES:,} examples, {NUM_SEEDS} seeds, {NUM_RESAMPLES:,} resamples")
    print(f"{'':44} {'seconds':>8} {'processor':>10} {'peak MB':>8}")
    found = {name: _measured(name) for name in PARTS}
    for name, part in found.items():
        label = name + (", extrapolated" if name in SHORTENED else "")
        print(f"{label:44} {part.seconds:8.3f} {part.processor_seconds:10.3f} {part.megabytes:8.0f}")
    limited = found[next(iter(PARTS))]
    kept = limited.seconds <= LIMIT_S and limited.megabytes <= LIMIT_MB
    print(f"paired bootstrap: limits {LIMIT_S:g} s and {LIMIT_MB:g} MB, {'kept' if kept else 'missed'}")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
