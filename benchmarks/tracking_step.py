"""What tracking costs a training step: blocks of steps with and without it, in turns, on the same model and data.

A block with tracking logs two metrics a step and ends with a flush, so that the work of the writer, the store and the
heartbeat beside it counts too. Processor time of the whole process, on one thread, and time on the clock.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from datasets import concatenate_datasets

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.trainer_steps.real_input import Input, demo_input, policyqa_input
from benchmarks.trainer_steps.stepping import Stepper, arguments_on_cpu
from tracking.recording.tracker import ExperimentTracker
from training.collator import FeatureCollator
from training.trainer import StrategyTrainer, numbered_features

_BATCH_SIZE = 16


def step_ratios(given: Input, folder: Path, blocks: int, steps: int) -> dict[str, float]:
    """Return seconds of a step without tracking, and the ratio that a step with it takes, by processor and by clock.

    Two trainers see the same batches in the same order.
    """
    plain, tracked = (Stepper(_trainer(given, blocks * steps + 1, folder)) for _ in range(2))
    seconds: dict[bool, list[tuple[float, float]]] = {True: [], False: []}
    with ExperimentTracker(db_path=folder / "experiments.db", experiments_dir=folder / "experiments") as tracker:
        tracker.start_experiment({"batch_size": _BATCH_SIZE}, "step")
        plain.step()
        tracked.step()
        for block in range(blocks):
            for tracks in (True, False) if block % 2 else (False, True):
                stepper = tracked if tracks else plain
                seconds[tracks].append(_block(stepper, tracker if tracks else None, steps))
    with_it, without = np.array(seconds[True]), np.array(seconds[False])
    cpu, clock = np.median(with_it / without, axis=0)
    return {"step": float(np.median(without[:, 0])) / steps, "cpu": float(cpu), "clock": float(clock)}


def _trainer(given: Input, steps: int, folder: Path) -> StrategyTrainer:
    times = math.ceil(steps * _BATCH_SIZE / len(given.features))
    features = numbered_features(concatenate_datasets([given.features] * times), given.task.batch_columns)
    ones = np.ones(len(features), dtype=np.float32)
    return StrategyTrainer(
        task=given.task,
        collator=FeatureCollator(given.tokenizer, given.task.batch_columns, weight=ones, smoothing=0 * ones),
        model=given.model(),
        args=arguments_on_cpu(str(folder), _BATCH_SIZE),
        train_dataset=features,
    )


def _block(stepper: Stepper, tracker: ExperimentTracker | None, steps: int) -> tuple[float, float]:
    cpu, clock = time.process_time(), time.perf_counter()
    for step in range(steps):
        spent = stepper.step()
        if tracker is not None:
            tracker.log_metrics({"train/loss": 1.0 / (step + 1), "train/seconds": spent}, step=step)
    if tracker is not None:
        tracker.flush()
    return time.process_time() - cpu, time.perf_counter() - clock


def main() -> None:
    """Print the ratios as JSON, one line an input."""
    import torch

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--blocks", type=int, default=7)
    options = parser.parse_args()
    torch.set_num_threads(1)
    for given, steps in ((policyqa_input(100), 4), (demo_input(1600), 200)):
        if given is not None:
            with tempfile.TemporaryDirectory() as folder:
                ratios = step_ratios(given, Path(folder), options.blocks, steps)
            print(json.dumps({"input": given.name, **ratios}))


if __name__ == "__main__":
    main()
