"""What is known to be wrong before training stops the command at once and leaves nothing behind."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from errors import AssayError, ConfigError, DataError, ResourceError, SignalError
from execution.options import ExecutorOptions
from experiment_config import CartographyFilterConfig, ClusterFilterConfig, ExperimentConfig, TrainingConfig
from experiment_runner import run_experiments_from_list
from strategies.random_filter import RandomFilterConfig
from tests.planning.folders import map_table
from tests.running.builders import tiny


def _refused(config: ExperimentConfig, folder: Path, kind: type[AssayError], message: str) -> None:
    with pytest.raises(kind, match=message):
        run_experiments_from_list([tiny("fine"), config], folder / "experiments", quiet=True)
    assert not (folder / "experiments").exists()


def _squad(path: Path, start: int, num_questions: int = 1) -> str:
    answers = [{"text": "bb", "answer_start": start}]
    questions = [{"id": str(number), "question": "q?", "answers": answers} for number in range(num_questions)]
    path.mkdir()
    for split in ("train", "validation"):
        content = {"data": [{"paragraphs": [{"context": "aa bb", "qas": questions}]}]}
        (path / f"{split}.json").write_text(json.dumps(content))
    return str(path)


def test_broken_data(tmp_path: Path) -> None:
    data = _squad(tmp_path / "data", start=0)
    _refused(tiny("x", dataset=data, training=TrainingConfig()), tmp_path, DataError, "answer_start")


def test_a_missing_evaluation_set(tmp_path: Path) -> None:
    _refused(tiny("x", eval_datasets=("nowhere.json",)), tmp_path, DataError, r"nowhere\.json")


def test_an_unknown_training_argument(tmp_path: Path) -> None:
    training = TrainingConfig(arguments={"gradient_checkpointin": True})
    _refused(tiny("x", training=training), tmp_path, ConfigError, "did you mean 'gradient_checkpointing'")


@pytest.mark.parametrize("model", ["./no/such/folder", "owner/not-on-this-machine"])
def test_a_model_that_is_not_there(model: str, tmp_path: Path) -> None:
    _refused(tiny("x", model=model), tmp_path, ResourceError, model)


def test_a_map_of_another_data_set(tmp_path: Path) -> None:
    map_table(tmp_path / "map", 64)
    (tmp_path / "map" / "provenance.json").write_text(
        json.dumps({"task": "qa", "dataset": "squad", "split": "train", "num_examples": 64})
    )
    config = tiny("x", CartographyFilterConfig(), cartography_dir=str(tmp_path / "map"))
    _refused(config, tmp_path, SignalError, "squad")


def test_a_map_that_does_not_cover_the_rows(tmp_path: Path) -> None:
    map_table(tmp_path / "map", 64)
    config = tiny("x", CartographyFilterConfig(), cartography_dir=str(tmp_path / "map"))
    _refused(config, tmp_path, SignalError, str(tmp_path / "map"))


def test_validation_filtered_by_clusters(tmp_path: Path) -> None:
    _refused(tiny("x", ClusterFilterConfig(), filter_validation=True), tmp_path, ConfigError, "filter_validation")


def test_a_file_in_the_way_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(ResourceError, match="taken is a file"):
        run_experiments_from_list([tiny("x")], tmp_path / "taken", quiet=True)


@pytest.mark.parametrize("executor", ["inline", "workers"])
def test_a_file_system_that_takes_no_folders_is_named_as_it_was_given(executor: str) -> None:
    execution = ExecutorOptions(executor=executor, log_dir=Path("/proc/experiments/.execution"))
    with pytest.raises(ResourceError, match=r"^/proc/experiments: "):
        run_experiments_from_list([tiny("x")], "/proc/experiments", quiet=True, execution=execution)


def test_what_comes_is_said_before_anything_is_loaded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tiny("x", ClusterFilterConfig(), filter_validation=True)
    with pytest.raises(ConfigError, match="filter_validation"):
        run_experiments_from_list([config], tmp_path / "e")
    assert capsys.readouterr().out == "loading what 2 runs and signals need (inline)\n"


def test_a_disk_that_is_too_small(tmp_path: Path) -> None:
    model = tmp_path / "model"
    model.mkdir()
    (model / "config.json").write_text('{"hidden_size": 64, "num_hidden_layers": 2}')
    with (model / "model.safetensors").open("wb") as weights:
        weights.truncate(shutil.disk_usage(tmp_path).free)  # takes no room: a file of zeros is a hole
    _refused(tiny("x", model=str(model)), tmp_path, ResourceError, "the plan needs about .* are free")


def test_a_strategy_that_raises_fails_its_own_runs_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("kaboom")

    monkeypatch.setattr("strategies.random_filter.RandomFilter._plan", broken)
    for _ in range(2):  # the second time with what the first left behind
        (result,) = run_experiments_from_list(
            [tiny("bad", RandomFilterConfig(keep_fraction=0.5))], tmp_path / "e", quiet=True
        )
        assert not result["success"] and "kaboom" in str(result["error"])
