from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from datasets import Dataset

from clustering import ClusteringOptions, extract
from clustering.extraction import choose_windows
from errors import DataError, ResourceError
from tasks import create_task
from tasks.base import DataSource, FeatureOptions, Rows, Task
from tasks.models import load_encoder, load_tokenizer


def _load(task: str, dataset: str, limit: int = 40) -> tuple[Task, Rows]:
    made = create_task(task)
    return made, made.load(DataSource(dataset, max_samples=limit))


def _reference(task: Task, rows: Rows, max_length: int, stride: int) -> np.ndarray:
    """Embed one row at a time, unpadded, with the definition written out."""
    torch.manual_seed(5)
    model, tokenizer = load_encoder("demo").train(False), load_tokenizer("demo")
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.dim() > 1 and "embeddings" not in name:
                parameter.mul_(0.2)
    features = task.featurise(rows, tokenizer, FeatureOptions(max_length, stride))
    vectors: list[Any] = [None] * len(rows)
    for feature in features:
        inputs = {name: torch.tensor([feature[name]]) for name in tokenizer.model_input_names if name in feature}
        with torch.no_grad():
            hidden = model(**inputs).last_hidden_state[0]
        if "has_answer" not in feature:
            vectors[feature["row"]] = hidden.mean(dim=0)
        elif feature["has_answer"]:
            answer = hidden[feature["start_positions"] : feature["end_positions"] + 1].mean(dim=0)
            vectors[feature["row"]] = torch.cat([hidden[0], answer])
    return torch.stack(vectors).numpy()


@pytest.mark.parametrize(("task_name", "dataset"), [("qa", "demo"), ("nli", "demo-nli")])
def test_batches_give_what_single_rows_give(tmp_path: Path, task_name: str, dataset: str) -> None:
    task, rows = _load(task_name, dataset)
    options = ClusteringOptions(seed=5, batch_size=16)
    seen: list[tuple[int, int]] = []
    found = extract(options, rows, task, tmp_path, lambda done, total: seen.append((done, total)))
    expected = _reference(task, rows, task.default_max_length, options.doc_stride)
    np.testing.assert_allclose(found.vectors, expected, atol=2e-5)
    assert found.ids.tolist() == rows.ids.tolist()
    assert found.examples["planted"].to_pylist() == rows.table["planted"][:]
    assert found.provenance["dataset_fingerprint"] == rows.fingerprint
    assert seen[-1] == (40, 40)


def test_nothing_is_embedded_twice_and_other_rows_are(tmp_path: Path) -> None:
    task, rows = _load("qa", "demo")
    file = tmp_path / "embeddings.npy"

    def made(options: ClusteringOptions, some: Rows) -> int:
        extract(options, some, task, tmp_path)
        return file.stat().st_mtime_ns

    first = made(ClusteringOptions(), rows)
    assert made(ClusteringOptions(min_samples=9, batch_size=8), rows) == first
    assert made(ClusteringOptions(seed=1), rows) > first
    _, fewer = _load("qa", "demo", 30)
    made(ClusteringOptions(), fewer)
    assert len(np.load(file)) == 30


def test_random_numbers_of_the_caller_stay_as_they_were(tmp_path: Path) -> None:
    task, rows = _load("nli", "demo-nli", 8)
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    extract(ClusteringOptions(), rows, task, tmp_path)
    assert (torch.rand(2) == expected).all()


def _squad(folder: Path, questions: list[dict[str, Any]], context: str) -> Path:
    path = folder / "train.json"
    path.write_text(json.dumps({"version": "v2.0", "data": [{"paragraphs": [{"context": context, "qas": questions}]}]}))
    return path


def test_the_window_with_the_answer_stands_for_a_long_context(tmp_path: Path) -> None:
    context = " ".join(["Alma lives in Oslo."] * 30) + " Bruno lives in Porto. " + " ".join(["Clara lives here."] * 30)
    start = context.index("Porto")
    asked = {"id": "q1", "question": "Where does Bruno live?", "answers": [{"text": "Porto", "answer_start": start}]}
    unanswerable = {"id": "q2", "question": "Who is it?", "is_impossible": True, "answers": []}
    task = create_task("qa")
    rows = task.load(DataSource(str(_squad(tmp_path, [asked, unanswerable], context))))
    options = ClusteringOptions(max_length=64, doc_stride=24, seed=5)
    found = extract(options, rows, task, tmp_path / "out")
    width = found.provenance["parts"][0]
    assert (found.vectors[1, :width] == found.vectors[1, width:]).all(), "no answer: [CLS] twice"
    assert not np.allclose(found.vectors[0, :width], found.vectors[0, width:])
    features = task.featurise(rows, load_tokenizer("demo"), FeatureOptions(64, 24))
    chosen = features[int(choose_windows(features, 2)[0])]
    assert chosen["has_answer"]
    others = [f for f in features if f["row"] == 0 and f["has_answer"]]
    margins = [min(f["start_positions"] - f["context_first"], f["context_last"] - f["end_positions"]) for f in others]
    assert min(
        chosen["start_positions"] - chosen["context_first"], chosen["context_last"] - chosen["end_positions"]
    ) == max(margins)


def test_a_row_without_tokens_is_named() -> None:
    with pytest.raises(DataError, match="row 1 has no tokens"):
        choose_windows(Dataset.from_dict({"row": [0, 2]}), 3)


def test_a_model_that_is_not_there_leaves_nothing_behind(tmp_path: Path) -> None:
    task, rows = _load("nli", "demo-nli", 8)
    with pytest.raises(ResourceError, match="no such folder"):
        extract(ClusteringOptions(model=str(tmp_path / "nowhere")), rows, task, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_saved_model_is_known_by_its_weights(tmp_path: Path) -> None:
    task, rows = _load("nli", "demo-nli", 8)
    folder = tmp_path / "model"
    load_tokenizer("demo").save_pretrained(folder)
    keys = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        load_encoder("demo").save_pretrained(folder)
        keys.append(extract(ClusteringOptions(model=str(folder)), rows, task, tmp_path / "out").provenance["key"])
    assert keys[0] != keys[1]
