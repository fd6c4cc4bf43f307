"""Small data sets on disk, and a model run over them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from tasks.base import DataSource, FeatureOptions, Rows, Task
from tasks.demo_model import build_model, build_tokenizer

CONTEXT = "Alma plays flute. Hugo visits Santa Cruz. The sport of Jonas is handball. Rosa loves fencing."


def question_row(text: str = "flute", **fields: Any) -> dict[str, Any]:
    """A row of question answering whose answer is ``text``; an empty text makes it unanswerable."""
    context = fields.pop("context", CONTEXT)
    answers = {"text": [text], "answer_start": [context.index(text)]} if text else {"text": [], "answer_start": []}
    return {"question": f"Where is {text}?", "context": context, "answers": answers, **fields}


def squad_file(path: Path, questions: Sequence[Mapping[str, Any]], context: str = CONTEXT) -> Path:
    """Write a SQuAD file of one paragraph."""
    content = {
        "version": "v2.0",
        "data": [{"title": "t", "paragraphs": [{"context": context, "qas": list(questions)}]}],
    }
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def json_file(path: Path, rows: Any) -> Path:
    """Write any value as JSON."""
    path.write_text(json.dumps(rows), encoding="utf-8")
    return path


def load(task: Task, folder: Path, rows: Sequence[Mapping[str, Any]], **fields: Any) -> Rows:
    """Load rows that were written to a JSON file first."""
    return task.load(DataSource(str(json_file(folder / "train.json", list(rows))), **fields))


def demo_rows(task: Task, count: int | None = None, split: str = "validation") -> Rows:
    """Rows of the embedded data set of a task."""
    return task.load(DataSource("demo" if task.name == "qa" else "demo-nli", split, max_samples=count))


def demo_run(
    task: Task, rows: Rows, max_length: int = 128, batch_size: int = 16, pad_to: int | None = None
) -> tuple[Any, dict[str, NDArray[Any]]]:
    """Features of ``rows`` and what the untrained demo model makes of them."""
    tokenizer = build_tokenizer()
    features = task.featurise(rows, tokenizer, FeatureOptions(max_length, doc_stride=8))
    torch.manual_seed(0)
    model = build_model(task.auto_model, task.model_config(rows))
    parts: dict[str, list[NDArray[Any]]] = {}
    for start in range(0, len(features), batch_size):
        batch, inputs = padded_batch(task, features[start : start + batch_size], pad_to)
        with torch.no_grad():
            outputs = model(**inputs)
        for name, values in task.observe(outputs, batch).items():
            parts.setdefault(name, []).append(values.numpy())
    return features, {name: np.concatenate(values) for name, values in parts.items()}


def padded_batch(
    task: Task, features: Mapping[str, Any], pad_to: int | None = None
) -> tuple[dict[str, torch.Tensor], dict[str, torch.Tensor]]:
    """Return the batch as losses and observe want it, and the model inputs in it alone."""
    tokenizer = build_tokenizer()
    names = [name for name in tokenizer.model_input_names if name in features]
    inputs = dict(
        tokenizer.pad(
            {name: features[name] for name in names},
            padding="max_length" if pad_to else True,
            max_length=pad_to,
            return_tensors="pt",
        )
    )
    return inputs | {name: torch.as_tensor(features[name]) for name in task.batch_columns}, inputs
