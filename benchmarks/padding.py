"""Our training against the usual recipe, which pads every input to 384 tokens and draws batches at random.

Both train the same model on the same rows; the figure is the ratio of examples a second.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from transformers import TrainingArguments, set_seed

from benchmarks.real_input import Input, demo_input, policyqa_input
from training.collator import FeatureCollator
from training.trainer import StrategyTrainer, numbered_features


def examples_a_second(given: Input, steps: int, *, usual: bool) -> float:
    """Train ``steps`` steps of 16 and return the throughput."""
    features = numbered_features(given.features, given.task.batch_columns)
    weight = np.ones(len(features), dtype=np.float32)
    collator = FeatureCollator(given.tokenizer, given.task.batch_columns, weight=weight, pad_to=384 if usual else None)
    set_seed(0)
    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            output_dir=folder,
            per_device_train_batch_size=16,
            max_steps=steps,
            save_strategy="no",
            remove_unused_columns=False,
            report_to="none",
            use_cpu=True,
            dataloader_pin_memory=False,
            disable_tqdm=True,
        )
        trainer = StrategyTrainer(
            task=given.task,
            collator=collator,
            group_by_length=not usual,
            model=given.model(),
            args=arguments,
            train_dataset=features,
        )
        started = time.perf_counter()
        trainer.train()
        return 16 * steps / (time.perf_counter() - started)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=12, help="steps of the usual recipe; ours takes 4 times as many")
    options = parser.parse_args()
    given = policyqa_input(4000)
    if given is None:
        print("MiniLM or PolicyQA is not here (install requirements-dev.txt, set ASSAY_SHARED_DATA): the demo instead")
        given = demo_input(4000)
    ours = examples_a_second(given, 4 * options.steps, usual=False)
    usual = examples_a_second(given, options.steps, usual=True)
    print("| input | usual, examples/s | ours, examples/s | ratio |\n|---|---|---|---|")
    print(f"| {given.name} | {usual:.2f} | {ours:.2f} | {ours / usual:.2f} |")


if __name__ == "__main__":
    main()
