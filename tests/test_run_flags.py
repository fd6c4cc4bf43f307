"""Flags of run.py: what they mean, and which mistakes are told at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from errors import ConfigError
from run import main
from run_flags import RunRequest, request_from_flags

MAP = {"cartography_dir": "map"}


def _request(**given: Any) -> RunRequest:
    return request_from_flags({"do_train": True, **given})


@pytest.mark.parametrize(("dataset", "task"), [("demo", "qa"), ("demo-nli", "nli"), ("mine.json", "qa")])
def test_the_embedded_data_sets_know_their_task(dataset: str, task: str) -> None:
    assert _request(dataset=dataset).config.task == task
    assert _request(dataset=dataset, task="classification").config.task == "classification"


@pytest.mark.parametrize(
    ("given", "switch"),
    [
        ({"top_fraction": 0.5}, "filter_cartography"),
        ({"exclude_clusters": [1]}, "filter_clusters"),
        ({"smoothing_factor": 0.5}, "use_label_smoothing"),
        ({"weight_clip_max": 5.0, "strategies": ["soft_weighting"], **MAP}, "use_soft_weighting"),
        ({"cartography_output_dir": "map"}, "enable_cartography"),
    ],
)
def test_a_parameter_of_what_is_off_is_refused(given: dict[str, Any], switch: str) -> None:
    with pytest.raises(ConfigError, match=f"does nothing without --{switch}"):
        _request(**given)
    assert _request(**given, **{switch: False}), "whoever says so means it"


@pytest.mark.parametrize(
    ("given", "flag"),
    [
        ({"use_soft_weighting": True}, "cartography_dir"),
        ({"strategies": ["label_error_removal"]}, "cartography_dir"),
        ({"filter_clusters": True, **MAP}, "cluster_dir"),
    ],
)
def test_a_strategy_without_its_signal_names_the_flag(given: dict[str, Any], flag: str) -> None:
    with pytest.raises(ConfigError, match=f"name its folder by --{flag}"):
        _request(**given)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--learning_rate", "abc"), "invalid float value: 'abc'; see --help"),
        (("--max_length",), "expected one argument"),
        (("settings.yaml",), "'settings.yaml' is no flag; a JSON or YAML file of flags stands alone"),
        (("--learning_rat", "1"), "did you mean 'learning_rate'"),
        (("--num_train_epochs", "0"), "num_train_epochs: input should be greater than 0"),
    ],
)
def test_mistakes_are_one_line_and_status_2(
    words: tuple[str, ...], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--do_train", "--output_dir", str(tmp_path / "out"), *words]) == 2
    printed = capsys.readouterr().err
    assert printed.startswith("error: ") and printed.count("\n") == 1
    assert message in printed
    assert not (tmp_path / "out").exists()
