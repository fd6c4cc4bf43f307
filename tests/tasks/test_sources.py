from __future__ import annotations

import logging
from pathlib import Path

import pytest

from errors import ConfigError, DataError
from tasks.base import DataSource
from tasks.sources import WHOLE_FILE, choose_split, locate, lone_file_of_another_split, parse_dataset


def _folder(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).write_text("{}")
    return folder


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("demo", ("demo", "validation")),
        ("demo@ood", ("demo", "ood")),
        ("glue:sst2@test", ("glue:sst2", "test")),
        ("missing.json", ("missing.json", "validation")),
    ],
)
def test_a_name_may_carry_its_split(name: str, expected: tuple[str, str]) -> None:
    source = parse_dataset(name)
    assert (source.name, source.split) == expected


def test_a_lone_file_is_read_whole_and_a_path_may_hold_an_at_sign(tmp_path: Path) -> None:
    folder = tmp_path / "me@home"
    folder.mkdir()
    _folder(folder, "en.json")
    assert parse_dataset(str(folder / "en.json")).split == WHOLE_FILE
    assert parse_dataset(str(folder), "train") == DataSource(str(folder), "train")


@pytest.mark.parametrize("name", ["@ood", "demo@"])
def test_half_a_name_is_an_error(name: str) -> None:
    with pytest.raises(ConfigError, match="NAME@SPLIT"):
        parse_dataset(name)


@pytest.mark.parametrize(
    ("files", "split", "found"),
    [
        (["train.json", "dev.tsv"], "train", ["train.json"]),
        (["train.json", "dev.tsv"], "validation", ["dev.tsv"]),
        (["train-v2.0.json", "dev-v2.0.json"], "validation", ["dev-v2.0.json"]),
        (["train.csv", "test.csv"], "validation", ["test.csv"]),
        (["dev.json", "validation.json"], "dev", ["dev.json"]),
        (["dev_matched.tsv", "dev_mismatched.tsv"], "dev_mismatched", ["dev_mismatched.tsv"]),
        (["train.json", "train_extra.json"], "train", ["train.json"]),
        (
            ["train-00000-of-00002.parquet", "train-00001-of-00002.parquet", "README.md"],
            "train",
            ["train-00000-of-00002.parquet", "train-00001-of-00002.parquet"],
        ),
    ],
)
def test_a_folder_has_a_file_for_each_split(tmp_path: Path, files: list[str], split: str, found: list[str]) -> None:
    location = locate(DataSource(str(_folder(tmp_path, *files)), split))
    assert [path.name for path in location.files] == found


@pytest.mark.parametrize(
    ("files", "split", "message"),
    [
        (["train.json"], "validation", "no split 'validation' .it has: train"),
        (["train.json"], "trian", "no split 'trian'"),
        (["dev_matched.tsv", "dev_mismatched.tsv"], "validation", "dev_matched.tsv, dev_mismatched.tsv"),
        (["notes.md"], "train", "no data file"),
    ],
)
def test_a_folder_without_the_split_says_what_it_has(
    tmp_path: Path, files: list[str], split: str, message: str
) -> None:
    with pytest.raises(DataError, match=message) as error:
        locate(DataSource(str(_folder(tmp_path, *files)), split))
    assert str(tmp_path) in str(error.value)


def test_falling_back_to_the_test_split_is_said(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert choose_split("validation", ["train", "test"], "data") == "test"
    assert "no split 'validation': reading 'test'" in caplog.text


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("data.json", "train"),
        ("train.json", "train"),
        ("dev-v1.1.json", "validation"),
        ("test.tsv", "test"),
        ("dev.csv", "all"),
    ],
)
def test_a_lone_file_holds_the_split_of_its_name(tmp_path: Path, name: str, split: str) -> None:
    path = _folder(tmp_path, name) / name
    assert locate(DataSource(str(path), split)).files == (path,)


@pytest.mark.parametrize(
    ("name", "split"), [("data.json", "validation"), ("train.json", "test"), ("dev.json", "train")]
)
def test_a_lone_file_never_serves_as_another_split(tmp_path: Path, name: str, split: str) -> None:
    path = _folder(tmp_path, name) / name
    source = DataSource(str(path), split)
    assert lone_file_of_another_split(source)
    with pytest.raises(DataError, match=r"one file holds one split.*--eval_datasets.*--eval_split all"):
        locate(source)
    assert not lone_file_of_another_split(DataSource(str(path), "all"))


@pytest.mark.parametrize("name", ["nowhere.json", "./nowhere", "/nowhere/at/all", "~/nowhere"])
def test_a_path_that_is_not_there_is_not_taken_for_a_hub_name(name: str) -> None:
    with pytest.raises(DataError, match="no such file or folder"):
        locate(DataSource(name))


def test_an_unknown_type_lists_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"unknown type '.xlsx'; known: .json"):
        locate(DataSource(str(_folder(tmp_path, "a.xlsx") / "a.xlsx")))


def test_other_names_are_those_of_the_hub_and_the_embedded_ones() -> None:
    assert locate(DataSource("rajpurkar/squad")).kind == "hub"
    assert locate(DataSource("demo-nli", "ood")).kind == "demo"
