"""Our Trainer with dynamics, smoothing and weighting on, against plain transformers.Trainer on the same batches.

The figure is the median over steps of the ratio of the two processor times of one step, on one thread.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import torch
from transformers import Trainer, set_seed

from benchmarks.trainer_steps.real_input import Input, demo_input, policyqa_input
from benchmarks.trainer_steps.stepping import arguments_on_cpu, step_times
from training.collator import FeatureCollator
from training.records import FeatureRecords
from training.trainer import StrategyTrainer, numbered_features


class PlainTrainer(Trainer):
    """The stock trainer on our order of batches."""

    order: Any = None

    def _get_train_sampler(self, train_dataset: Any = None) -> Any:
        return self.order


def trainers(given: Input, folder: str, batch_size: int) -> dict[str, Trainer]:
    """Return the plain trainer and ours, with their own copies of the same model."""
    arguments = arguments_on_cpu(folder, batch_size)
    features = numbered_features(given.features, given.task.batch_columns)
    count = len(features)
    rng = np.random.default_rng(0)
    weight = rng.uniform(0.5, 1.5, count).astype(np.float32)
    smoothing = rng.uniform(0.0, 0.3, count).astype(np.float32)
    collator = FeatureCollator(given.tokenizer, given.task.batch_columns, weight=weight, smoothing=smoothing)
    names = [*given.tokenizer.model_input_names, "start_positions", "end_positions"]

    def plain_collate(rows: Any) -> Any:
        return given.tokenizer.pad(
            [{name: row[name] for name in names if name in row} for row in rows], return_tensors="pt"
        )

    set_seed(0)
    plain = PlainTrainer(model=given.model(), args=arguments, train_dataset=features, data_collator=plain_collate)
    set_seed(0)
    ours = StrategyTrainer(
        task=given.task,
        collator=collator,
        records=FeatureRecords(count),
        model=given.model(),
        args=arguments,
        train_dataset=features,
    )
    plain.order = ours._get_train_sampler()
    return {"plain": plain, "ours": ours}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--batch-size", type=int, default=16)
    options = parser.parse_args()
    torch.set_num_threads(1)
    print("| input | plain, ms a step | ours, ms a step | ratio (median of pairs) | quartiles |\n|---|---|---|---|---|")
    rows = options.batch_size * (options.steps + 5)
    for given in (policyqa_input(rows), demo_input(rows)):
        if given is None:
            print("| MiniLM-L6, PolicyQA | not here: install requirements-dev.txt and set ASSAY_SHARED_DATA | | | |")
            continue
        with tempfile.TemporaryDirectory() as folder:
            times = step_times(trainers(given, folder, options.batch_size), options.steps)
        ratio = times["ours"] / times["plain"]
        low, middle, high = np.quantile(ratio, [0.25, 0.5, 0.75])
        plain, ours = (1e3 * np.median(times[name]) for name in ("plain", "ours"))
        print(f"| {given.name} | {plain:.1f} | {ours:.1f} | {middle:.3f} | {low:.3f} to {high:.3f} |")


if __name__ == "__main__":
    main()
