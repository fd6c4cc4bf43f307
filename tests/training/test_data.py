"""What a process reads once: later runs get the same, to the last bit, and see a file that was replaced."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import (
    BertConfig,
    BertForPreTraining,
    DistilBertConfig,
    DistilBertModel,
    PreTrainedModel,
    RobertaConfig,
    RobertaForMaskedLM,
    set_seed,
)

from tasks import create_task
from tasks.base import DataSource, Rows, Task
from tasks.models import load_model, read_weights
from training.data import DataCache

_SMALL = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2}
MODELS: dict[str, Any] = {
    "bert": (BertForPreTraining, BertConfig, _SMALL),
    "distilbert": (DistilBertModel, DistilBertConfig, {"dim": 32, "n_layers": 2, "n_heads": 2}),
    "roberta": (
        RobertaForMaskedLM,
        RobertaConfig,
        {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2},
    ),
}


@pytest.fixture(params=sorted(MODELS))
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    model_class, config_class, fields = MODELS[request.param]
    set_seed(1)
    model_class(config_class(vocab_size=100, **fields)).save_pretrained(tmp_path / "a model")
    return str(tmp_path / "a model")


def _data(task_name: str) -> tuple[Task, Rows]:
    task = create_task(task_name)
    return task, task.load(DataSource({"qa": "demo"}.get(task_name, "demo-nli"), "train", max_samples=8))


@pytest.mark.parametrize("task_name", ["qa", "nli"])
def test_a_model_copied_from_kept_weights_equals_one_that_is_read(folder: str, task_name: str) -> None:
    task, rows = _data(task_name)
    cache, made = DataCache(), []
    for weights in (None, cache.weights(folder), cache.weights(folder)):
        set_seed(7)
        model = load_model(folder, task, rows, 0.2, weights)
        made.append((model, torch.rand(4)))
        _train(model)
    (read, after), *copies = made
    set_seed(7)
    fresh = load_model(folder, task, rows, 0.2).state_dict()
    for model, other_after in copies:
        assert torch.equal(after, other_after), "as much chance was used"
        assert type(model) is type(read) and model.config.to_dict() == read.config.to_dict()
        assert model.dtype == read.dtype and model.training == read.training
        for name, value in model.state_dict().items():
            assert torch.equal(value, read.state_dict()[name]), name
            assert not value.is_floating_point() or not torch.equal(value, fresh[name]), "it was trained"


def _train(model: PreTrainedModel) -> None:
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(1)


def test_weights_are_read_once_and_again_where_they_were_replaced(folder: str) -> None:
    cache = DataCache()
    first = cache.weights(folder)
    assert first and cache.weights(folder) is first
    path = Path(folder) / "model.safetensors"
    content = path.read_bytes()
    path.unlink()
    path.write_bytes(content)
    second = cache.weights(folder)
    assert second is not first and second.keys() == first.keys()


@pytest.mark.parametrize("name", ["demo", "no/such/folder"])
def test_what_is_no_folder_of_weights_is_left_to_the_loader(name: str) -> None:
    assert DataCache().weights(name) == {}


def test_a_broken_file_is_left_to_the_loader(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"broken")
    assert read_weights(str(tmp_path)) == {}


def test_a_folder_is_read_once_and_again_where_a_file_in_it_is_another(tmp_path: Path) -> None:
    cache, count = DataCache(), []

    def read(folder: Path) -> str:
        count.append(folder)
        return (folder / "table").read_text()

    for content in ("one", "two"):
        (tmp_path / "table").unlink(missing_ok=True)
        (tmp_path / "table").write_text(content)
        assert [cache.read_folder(tmp_path, read) for _ in range(3)] == [content] * 3
    assert len(count) == 2
    with pytest.raises(FileNotFoundError):
        cache.read_folder(tmp_path / "missing", read)


def test_rows_are_read_once() -> None:
    cache, task = DataCache(), create_task("qa")
    source = DataSource("demo", "train", max_samples=8)
    assert cache.rows(task, source) is cache.rows(task, source)
    assert cache.rows(task, dataclasses.replace(source, max_samples=4)) is not cache.rows(task, source)


@pytest.mark.parametrize("is_folder", [False, True])
def test_rows_are_read_again_where_their_file_was_replaced(is_folder: bool, tmp_path: Path) -> None:
    cache, task = DataCache(), create_task("classification")
    file = tmp_path / "some data" / "train.tsv"
    file.parent.mkdir()
    source = DataSource(str(file.parent if is_folder else file), "train")
    numbers = []
    for rows in (["good\t1", "bad\t0"], ["good\t1", "bad\t0", "fair\t1"]):
        file.write_text("\n".join(["text\tlabel", *rows]))
        numbers.append(len(cache.rows(task, source)))
        assert cache.rows(task, source) is cache.rows(task, source)
    assert numbers == [2, 3]
