"""Time to read 2,000 experiment folders into a frame, and to summarise them.

The limit of 3 seconds holds for reading. Folders are generated: 40 strategies, 50 seeds, each with a configuration,
results with metrics of two evaluation sets, an environment and predictions that must stay unread.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from experiment_config import CartographyFilterConfig, ExperimentConfig, TrainingConfig
from tests.experiment_folders import write_run

LIMIT_S = 3.0
_METRICS = ("f1", "exact_match", "loss", "runtime", "demo_ood_f1", "demo_ood_exact_match", "demo_ood_loss")


def write_folders(root: Path, num_strategies: int, num_seeds: int) -> None:
    """Write the experiment folders, about 12 kB of JSON each."""
    rng = np.random.default_rng(0)
    environment = {f"package-{i}": "1.2.3+cpu" for i in range(250)}
    for variant in range(num_strategies):
        strategies = () if variant == 0 else (CartographyFilterConfig(top_fraction=variant / num_strategies),)
        label = "baseline" if variant == 0 else f"cartography_filter_{variant / num_strategies:g}"
        for seed in range(num_seeds):
            config = ExperimentConfig(
                name=f"{label}_seed{seed}", strategies=strategies, training=TrainingConfig(seed=seed)
            )
            metrics = {f"eval_{name}": float(value) for name, value in zip(_METRICS, rng.random(7), strict=True)}
            folder = write_run(root, config.to_mapping(), metrics, environment=environment)
            (folder / "trainer_output").mkdir()
            (folder / "trainer_output" / "eval_predictions.jsonl").write_bytes(b"{}\n" * 1000)


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
    """Print the table; exit status 1 if reading takes longer than the limit."""
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
    reading = times["load_experiment_results"][0]
    print(f"reading: limit {LIMIT_S:g} s, {'kept' if reading <= LIMIT_S else 'missed'}")
    return 0 if reading <= LIMIT_S else 1


if __name__ == "__main__":
    sys.exit(main())
