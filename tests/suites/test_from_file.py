"""A suite of one's own: found, checked, and blamed by file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from errors import ConfigError, DataError
from suites import SuiteOptions, create_suite

FUNCTION = """
from experiment_config import LabelSmoothingConfig

def suite(options):
    return options.across_seeds({"baseline": (), "smooth": (LabelSmoothingConfig(smoothing_factor=0.1),)})
"""
LIST = """
from experiment_config import create_baseline_config
experiments = [create_baseline_config("mine")]
"""


def _suite(tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / "my suite.py"
    path.write_text(text)
    return [config.name for config in create_suite(str(path), SuiteOptions(seeds=(1, 2)))]


def test_a_function_gets_the_options(tmp_path: Path) -> None:
    assert _suite(tmp_path, FUNCTION) == ["baseline_seed1", "smooth_seed1", "baseline_seed2", "smooth_seed2"]


def test_a_list_is_taken_as_it_is(tmp_path: Path) -> None:
    assert _suite(tmp_path, LIST) == ["mine"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = 1", r"suite\.py: defines neither a function suite\(options\) nor a list 'experiments'"),
        ("\ndef suite(:", r"suite\.py, line 2: "),
        ("import nowhere_to_be_found", r"suite\.py, line 1: ModuleNotFoundError"),
        ("def suite(options):\n    return 1 / 0", r"suite\.py, line 2: ZeroDivisionError"),
        ("def suite(options):\n    return options.experiment('../x', 1)", r"suite\.py, line 2: .*names become folders"),
        ("def suite():\n    return []", r"suite\.py: TypeError"),
        ("experiments = []", r"suite\.py: lists no experiment"),
        ("experiments = 3", r"suite\.py: expected a list of ExperimentConfig, got int"),
        ("experiments = ['x']", r"suite\.py: experiments\[0\] is 'x', expected an ExperimentConfig"),
    ],
)
def test_mistakes_name_file_and_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        _suite(tmp_path, text)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"nowhere\.py: no such file"):
        create_suite(str(tmp_path / "nowhere.py"), SuiteOptions())
