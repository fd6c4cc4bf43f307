"""What the Trainer logs is in metrics.jsonl, also when training diverges."""

from __future__ import annotations

import json
import math
from pathlib import Path

from transformers import TrainerControl, TrainerState, TrainingArguments

from experiment_results.reading import read_training_metrics
from training.callbacks import MetricsFile


def test_a_training_that_diverges_is_seen_to(tmp_path: Path) -> None:
    file = MetricsFile(tmp_path / "metrics.jsonl")
    arguments = TrainingArguments(str(tmp_path / "out"), report_to=[])
    for step, loss in enumerate((0.5, math.nan, math.inf)):
        file.on_log(arguments, TrainerState(global_step=step), TrainerControl(), {"loss": loss, "epoch": 1.0})
    lines = (tmp_path / "metrics.jsonl").read_text().splitlines()
    assert [json.loads(line)["value"] for line in lines] == [0.5, "nan", "inf"]
    file.forget_after(1)
    steps, values = read_training_metrics(tmp_path)["train/loss"]
    assert steps == [0, 1] and values[0] == 0.5 and math.isnan(values[1])
