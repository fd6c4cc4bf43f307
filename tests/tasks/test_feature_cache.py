from __future__ import annotations

import multiprocessing
from pathlib import Path

import pyarrow as pa
import pytest

from errors import ResourceError
from tasks import create_task
from tasks.base import FeatureOptions
from tasks.demo_model import build_tokenizer
from tasks.feature_cache import cached_features, feature_key
from tests.tasks.builders import demo_rows

TASK = create_task("classification")
OPTIONS = FeatureOptions(64)


def test_a_second_call_reads_the_file_and_makes_nothing(tmp_path: Path) -> None:
    rows, tokenizer = demo_rows(TASK, 30), build_tokenizer()
    made = TASK.featurise(rows, tokenizer, OPTIONS, tmp_path)
    (file,) = tmp_path.iterdir()
    stamp = file.stat().st_mtime_ns
    again = TASK.featurise(rows, tokenizer, OPTIONS, tmp_path)
    assert again.to_list() == made.to_list() == TASK.featurise(rows, tokenizer, OPTIONS).to_list()
    assert file.stat().st_mtime_ns == stamp and list(tmp_path.iterdir()) == [file]


def test_the_key_knows_rows_options_and_tokeniser_but_not_its_last_call() -> None:
    rows, tokenizer = demo_rows(TASK, 10), build_tokenizer()
    key = feature_key("t", rows, tokenizer, OPTIONS)
    tokenizer("Alma plays flute.", truncation=True, max_length=5, padding="max_length")
    assert feature_key("t", rows, tokenizer, OPTIONS) == key
    assert feature_key("t", demo_rows(TASK, 11), tokenizer, OPTIONS) != key
    assert feature_key("t", rows, tokenizer, FeatureOptions(65)) != key
    assert feature_key("u", rows, tokenizer, OPTIONS) != key
    tokenizer.add_tokens(["flutes"])
    assert feature_key("t", rows, tokenizer, OPTIONS) != key


def _featurise(folder: Path) -> None:
    TASK.featurise(demo_rows(TASK, 200), build_tokenizer(), OPTIONS, folder)


def test_processes_that_start_together_leave_one_whole_file(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=_featurise, args=(tmp_path,)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0]
    assert len(list(tmp_path.iterdir())) == 1
    _featurise(tmp_path)


def test_a_failure_leaves_nothing_behind(tmp_path: Path) -> None:
    def fail(batch: pa.Table, indices: list[int]) -> pa.Table:
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        cached_features(demo_rows(TASK, 5), fail, "0" * 64, tmp_path)
    assert not [path for path in tmp_path.iterdir() if path.name.startswith("features_")]


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ResourceError, match="file"):
        TASK.featurise(demo_rows(TASK, 5), build_tokenizer(), OPTIONS, tmp_path / "file" / "cache")
