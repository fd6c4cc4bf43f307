"""Time to read 2,000 experiment folders into a frame, and to analyse them.

Reading may take 3 seconds, the analysis with its verdicts and pictures 15. Folders are generated: 40 strategies, 50
seeds, each with a configuration, results with metrics of two evaluation sets, an environment, and the scores of 1,000
examples of each set.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from experiment_config import CartographyFilterConfig, ExperimentConfig, TrainingConfig
from score_files import write_score_file
from tests.experiment_folders import write_metrics_file, write_run

READING_LIMIT_S, ANALYSIS_LIMIT_S = 3.0, 15.0
_NUM_EXAMPLES = 1000
_SETS = ("", "demo_ood_")


def write_folders(root: Path, num_strategies: int, num_seeds: int) -> None:
    """Write the experiment folders, about 12 kB of JSON each."""
    rng = np.random.default_rng(0)
    ids = [f"example-{position:05d}" for position in range(_NUM_EXAMPLES)]
    environment = {f"package-{i}": "1.2.3+cpu" for i in range(250)}
    for variant in range(num_strategies):
        strategies = () if variant == 0 else (CartographyFilterConfig(top_fraction=variant / num_strategies),)
        label = "baseline" if variant == 0 else f"cartography_filter_{variant / num_strategies:g}"
        for seed in range(num_seeds):
            config = ExperimentConfig(
                name=f"{label}_seed{seed}", strategies=strategies, training=TrainingConfig(seed=seed)
            )
            scores = {name: _scores(rng) for name in _SETS}
            metrics = {f"eval_{name}loss": float(rng.random()) for name in _SETS}
            for name, columns in scores.items():
                metrics |= {f"eval_{name}{kind}": 100 * float(column.mean()) for kind, column in columns.items()}
            folder = write_run(root, config.to_mapping(), metrics, environment=environment)
            (folder / "trainer_output").mkdir()
            for name, columns in scores.items():
                path = folder / "trainer_output" / f"eval_scores_{name}".strip("_")
                write_score_file(path.with_suffix(".npz"), ids, columns)
            write_metrics_file(folder, {"train/loss": {step: float(rng.random()) for step in range(10, 400, 10)}})


def _scores(rng: np.random.Generator) -> dict[str, NDArray[np.float64]]:
    """Return F1 and exact match of examples as a model of 80 % leaves them."""
    right = rng.random(_NUM_EXAMPLES) < 0.8
    partly = np.where(rng.random(_NUM_EXAMPLES) < 0.5, rng.integers(1, 9, _NUM_EXAMPLES) / 9, 0.0)
    return {"f1": np.where(right, 1.0, partly), "exact_match": right.astype(np.float64)}


def time_of(code: str, root: Path) -> tuple[float, float]:
    """Run ``code`` in a fresh process and return seconds of its timed part and of the whole process."""
    program = f"import sys, time; from experiment_analysis import *; start = time.perf_counter(); {code}; "
    program += "print(time.perf_counter() - start, file=sys.stderr)"
    begin = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", program, str(root)],
        cwd=Path(__file__).resolve().parent.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stderr.splitlines()[-1]), time.perf_counter() - begin


def main() -> int:
    """Print the table; exit status 1 if a limit is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--strategies", type=int, default=40)
    parser.add_argument("--seeds", type=int, default=50)
    flags = parser.parse_args()
    parts = {
        "load_experiment_results": "load_experiment_results(sys.argv[1])",
        "print_results_summary (reads again)": "print_results_summary(sys.argv[1])",
        "analyze (reads again, draws)": "analyze(sys.argv[1])",
    }
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary)
        write_folders(root, flags.strategies, flags.seeds)
        times = {name: time_of(code, root) for name, code in parts.items()}
    print(f"{flags.strategies * flags.seeds} experiment folders")
    print(f"{'':36} {'seconds':>8} {'with imports':>13}")
    for name, (seconds, whole) in times.items():
        print(f"{name:36} {seconds:8.2f} {whole:13.2f}")
    limits = {"load_experiment_results": READING_LIMIT_S, "analyze (reads again, draws)": ANALYSIS_LIMIT_S}
    missed = [name for name, limit in limits.items() if times[name][0] > limit]
    print(f"limits: {', '.join(f'{name} {limit:g} s' for name, limit in limits.items())}; missed: {missed or 'none'}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
