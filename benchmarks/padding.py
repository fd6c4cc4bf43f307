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

from transformers import set_seed

from benchmarks.trainer_steps.real_input import Input, demo_input, policyqa_input
from benchmarks.trainer_steps.stepping import Stepper, arguments_on_cpu
from training.collator import FeatureCollator
from training.trainer import StrategyTrainer, numbered_features

BATCH_SIZE = 16
OURS_A_TURN = 4
"""Our batches differ in length, so more of them are timed; a batch of the usual recipe always has 16 x 384 tokens."""


def make_trainer(given: Input, folder: str, *, usual: bool) -> StrategyTrainer:
    """Return a trainer of ours, or one that pads and shuffles as the usual recipe does."""
    features = numbered_features(given.features, given.task.batch_columns)
    weight = np.ones(len(features), dtype=np.float32)
    pad_to = 384 if usual else None
    set_seed(0)
    return StrategyTrainer(
        task=given.task,
        collator=FeatureCollator(given.tokenizer, given.task.batch_columns, weight=weight, pad_to=pad_to),
        group_by_length=not usual,
        model=given.model(),
        args=arguments_on_cpu(folder, BATCH_SIZE),
        train_dataset=features,
    )


def examples_a_second(given: Input, turns: int) -> tuple[float, float]:
    """Return the throughput of the usual recipe and of ours; they take turns, so that noise strikes both alike."""
    with tempfile.TemporaryDirectory() as folder:
        usual = Stepper(make_trainer(given, folder, usual=True), time.perf_counter)
        ours = Stepper(make_trainer(given, folder, usual=False), time.perf_counter)
        usual.step()
        ours.step()
        usual_s = ours_s = 0.0
        for _ in range(turns):
            usual_s += usual.step()
            ours_s += sum(ours.step() for _ in range(OURS_A_TURN))
    return BATCH_SIZE * turns / usual_s, BATCH_SIZE * turns * OURS_A_TURN / ours_s


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=12, help="steps of the usual recipe; ours takes 4 times as many")
    options = parser.parse_args()
    given = policyqa_input(4000)
    if given is None:
        print("MiniLM or PolicyQA is not here (install requirements-dev.txt, set ASSAY_SHARED_DATA): the demo instead")
        given = demo_input(4000)
    usual, ours = examples_a_second(given, options.turns)
    print("| input | usual, examples/s | ours, examples/s | ratio |\n|---|---|---|---|")
    print(f"| {given.name} | {usual:.2f} | {ours:.2f} | {ours / usual:.2f} |")


if __name__ == "__main__":
    main()
