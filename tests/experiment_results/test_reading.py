from __future__ import annotations

import json
from pathlib import Path

import pytest

from errors import DataError
from experiment_results.comparisons import compare_all
from experiment_results.frame import build_frame
from experiment_results.outputs import data_maps
from experiment_results.reading import read_experiments, read_training_metrics
from tests.experiment_folders import config_mapping, write_run


@pytest.fixture
def finished(tmp_path: Path) -> Path:
    return write_run(tmp_path, config_mapping("baseline_seed42", 42), {"eval_f1": 0.8})


def test_a_finished_run_is_read_whole(tmp_path: Path, finished: Path) -> None:
    (run,) = read_experiments(tmp_path).runs
    assert run.folder == finished
    assert run.config["training"]["seed"] == 42
    assert run.results["metrics"] == {"eval_f1": 0.8}


def test_runs_without_results_count_as_unfinished(tmp_path: Path, finished: Path) -> None:
    waiting = tmp_path / "baseline_seed43_0123abcd"
    waiting.mkdir()
    (waiting / "config.json").write_text(json.dumps(config_mapping("baseline_seed43", 43)))
    read = read_experiments(tmp_path)
    assert read.unfinished == (waiting.name,)
    assert [run.folder for run in read.runs] == [finished]


def test_other_folders_and_files_are_passed_over(tmp_path: Path, finished: Path) -> None:
    (tmp_path / "shared" / "data_map_01234567").mkdir(parents=True)
    (tmp_path / ".cache").mkdir()
    (tmp_path / "all_results.json").write_text("[]")
    read = read_experiments(tmp_path)
    assert (len(read.runs), read.unfinished, read.unreadable) == (1, (), ())


@pytest.mark.parametrize("name", ["results.json", "config.json"])
@pytest.mark.parametrize("content", ['{"success": true, "metr', "", "[1, 2]", "\udcff"])
def test_an_unreadable_file_is_named_and_its_run_skipped(
    tmp_path: Path, finished: Path, name: str, content: str
) -> None:
    broken = write_run(tmp_path, config_mapping("baseline_seed43", 43), {"eval_f1": 0.7})
    (broken / name).write_bytes(content.encode("utf-8", "surrogateescape"))
    read = read_experiments(tmp_path)
    assert [run.folder for run in read.runs] == [finished]
    assert len(read.unreadable) == 1
    assert str(broken / name) in read.unreadable[0]


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("primary_metric", ["x"], "primary_metric: expected a text"),
        ("seed", 2**70, "is too large a number"),
        ("seed", "42", "seed: expected a whole number"),
        ("train_rows", 1.5, "train_rows: expected a whole number"),
        ("train_steps", [1], "train_steps: expected a whole number"),
        ("duration_seconds", True, "duration_seconds: expected a number"),
        ("finished_at", {}, "finished_at: expected a text"),
    ],
)
def test_a_field_that_no_run_writes_skips_its_run_alone(
    tmp_path: Path, finished: Path, field: str, value: object, told: str
) -> None:
    broken = write_run(tmp_path, config_mapping("baseline_seed43", 43), {"eval_f1": 0.7}, **{field: value})
    read = read_experiments(tmp_path)
    assert [run.folder for run in read.runs] == [finished]
    assert read.unreadable[0].startswith(f"{broken / 'results.json'}: ")
    assert told in read.unreadable[0]


@pytest.mark.parametrize(
    "damage",
    [
        {"strategies": 5},
        {"strategies": [["x"]]},
        {"training": {"seed": 2**70}},
        {"training": []},
        {"data_map": [1]},
        {"name": ["x"]},
        {"dataset": {"a": 1}},
        {"cartography_dir": 7},
    ],
)
def test_a_configuration_of_whatever_content_can_be_analysed(
    tmp_path: Path, finished: Path, damage: dict[str, object]
) -> None:
    config = config_mapping("other_seed43", 43)
    broken = write_run(tmp_path, config, {"eval_f1": 0.7, "eval_exact_match": 10**400})
    (broken / "config.json").write_text(json.dumps(config | damage))
    frame = build_frame(read_experiments(tmp_path))
    assert len(frame) == 2
    assert len(compare_all(frame).table) <= 1
    assert len(data_maps(read_experiments(tmp_path))) == 0


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"nowhere: no such folder; .*--experiments-dir"):
        read_experiments(tmp_path / "nowhere")


def test_training_metrics_take_the_last_value_of_a_step(tmp_path: Path) -> None:
    points = [(1, "train/loss", 3.0), (2, "train/loss", 2.0), (1, "eval/f1", 0.5), (2, "train/loss", 1.0)]
    lines = [json.dumps({"step": step, "time": 0, "name": name, "value": value}) for step, name, value in points]
    torn = ['{"step": 3, "name": "train/lo', "", '{"step": 3}', "7"]
    (tmp_path / "metrics.jsonl").write_text("\n".join([*lines, *torn]))
    assert read_training_metrics(tmp_path) == {"train/loss": ([1, 2], [3.0, 1.0]), "eval/f1": ([1], [0.5])}


def test_the_mean_loss_at_the_end_of_training_is_no_point_of_the_course(tmp_path: Path) -> None:
    points = [(1, 1.0, "train/loss", 3.0), (2, 2.0, "train/loss", 1.0)]
    end = [(2, 3.0, "train/runtime", 9.0), (2, 3.0, "train/loss", 2.0)]
    lines = [json.dumps(dict(zip(("step", "time", "name", "value"), each, strict=True))) for each in points + end]
    (tmp_path / "metrics.jsonl").write_text("\n".join(lines))
    assert read_training_metrics(tmp_path)["train/loss"] == ([1, 2], [3.0, 1.0])


def test_a_run_without_training_metrics_has_none(tmp_path: Path) -> None:
    assert read_training_metrics(tmp_path) == {}
