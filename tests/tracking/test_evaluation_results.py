"""Results of benchmarks come in several forms, and their names in any."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from errors import ConfigError
from tracking.recording.evaluation_results import read_result, samples_file

SAMPLES = [{"id": "a", "correct": True}, {"id": "b", "correct": False}]


@dataclass
class Result:
    metrics: dict[str, float] = field(default_factory=lambda: {"accuracy": 50.0})
    samples: list[dict[str, Any]] = field(default_factory=lambda: SAMPLES)


class Attributes:
    metrics = {"accuracy": 50.0}  # noqa: RUF012
    per_sample_results = SAMPLES


@pytest.mark.parametrize(
    "result",
    [
        {"metrics": {"accuracy": 50.0}, "samples": SAMPLES},
        {"accuracy": 50.0, "samples": SAMPLES},
        {"accuracy": 50.0, "comment": "half", "samples": pd.DataFrame(SAMPLES)},
        {"accuracy": 50.0, "samples": {"a": {"correct": True}, "b": {"correct": False}}},
        Result(),
        Attributes(),
    ],
)
def test_forms_of_a_result(result: Any) -> None:
    assert read_result("gsm8k", result) == ({"accuracy": 50.0}, SAMPLES)


def test_nested_metrics_are_flattened_and_what_is_no_number_is_left_out() -> None:
    result = {"metrics": {"acc": {"easy": 1, "hard": float("nan")}, "model": "x", "done": True}}
    assert read_result("b", result) == ({"acc.easy": 1.0, "done": 1.0}, [])


def test_samples_may_be_bare_scores() -> None:
    assert read_result("b", {"samples": [0.5, 1]})[1] == [{"score": 0.5}, {"score": 1}]


@pytest.mark.parametrize("result", [{}, {"comment": "x"}, 3, None, {"metrics": {}}, {"metrics": {"a": float("nan")}}])
def test_a_result_without_any_number_is_refused(result: Any) -> None:
    with pytest.raises(ConfigError, match="evaluation gsm8k: no metric found"):
        read_result("gsm8k", result)


@pytest.mark.parametrize("samples", [3, {"a": 1}, {"correct": {0: True, 1: False}}])
def test_samples_that_are_no_list_are_refused(samples: Any) -> None:
    with pytest.raises(ConfigError, match="samples must be a list"):
        read_result("gsm8k", {"accuracy": 1, "samples": samples})


@given(st.text(min_size=1))
def test_no_name_leads_out_of_the_folder(name: str) -> None:
    try:
        file = samples_file(name)
    except ConfigError:
        assert not name.strip() or not name.strip(".")
        return
    path = Path("/experiment") / file
    assert path.parent == Path("/experiment/evaluations") and path.resolve() == path
    assert len(path.name.encode()) <= 255 and "\0" not in path.name


@given(st.sets(st.text(min_size=1), min_size=2, max_size=2))
def test_two_names_get_two_files(names: set[str]) -> None:
    files = set()
    for name in names:
        try:
            files.add(samples_file(name))
        except ConfigError:
            return
    assert len(files) == 2
