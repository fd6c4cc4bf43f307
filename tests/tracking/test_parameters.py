"""What belongs to a group of runs, and what seeds are called."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from transformers import TrainingArguments

from tracking.folders.parameters import group_of, seed_of
from tracking.recording.plain import plain_config
from tracking.recording.tracker import ExperimentTracker


def _arguments(seed: int, **more: Any) -> dict[str, Any]:
    arguments = TrainingArguments(f"out/{seed}", run_name=f"r{seed}", seed=seed, data_seed=seed, report_to=[], **more)
    return plain_config(arguments)


@pytest.mark.parametrize("place", [None, "training", "args"])
def test_seeds_of_a_trainer_form_a_group(place: str | None) -> None:
    configs = [_arguments(seed) if place is None else {place: _arguments(seed)} for seed in (1, 2)]
    assert group_of(configs[0]) == group_of(configs[1])
    assert [found[1] for config in configs if (found := seed_of(config))] == [1, 2]
    other = _arguments(1, learning_rate=1.0)
    assert group_of(configs[0]) != group_of(other if place is None else {place: other})


@pytest.mark.parametrize(
    "path",
    [("seed",), ("random_seed",), ("trainer", "data_seed"), ("output_dir",), ("deep", "er", "logging_dir"), ("notes",)],
)
def test_what_tries_nothing_else_belongs_to_no_group(path: tuple[str, ...]) -> None:
    assert group_of(_nested(path, 1)) == group_of(_nested(path, 2))


@pytest.mark.parametrize("path", [("clustering", "seed"), ("data_map", "seeds"), ("lr",), ("dataset", "name")])
def test_what_tries_something_else_does(path: tuple[str, ...]) -> None:
    assert group_of(_nested(path, 1)) != group_of(_nested(path, 2))


def _nested(path: tuple[str, ...], value: Any) -> dict[str, Any]:
    for name in reversed(path):
        value = {name: value}
    return {"task": "qa", **value}


def test_values_that_get_the_same_name_are_told(
    tmp_path_factory: pytest.TempPathFactory, caplog: pytest.LogCaptureFixture
) -> None:
    with (
        caplog.at_level(logging.WARNING),
        ExperimentTracker(db_path=tmp_path_factory.mktemp("x") / "x.db") as tracker,
    ):
        tracker.start_experiment({"a.b": 1, "a": {"b": 2}, "c": 3})
    assert [record.getMessage() for record in caplog.records if "a.b" in record.getMessage()]
    assert group_of({"a.b": 1, "a": {"b": 2}}) != group_of({"a.b": 5, "a": {"b": 2}})
