"""Scores of examples count only where their mean is the metric."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiment_commands.comparing.sample_scores import metric_matches, scores_of_metric
from tracking.folders.samples import Sample


def _samples(*contents: dict[str, Any]) -> list[Sample]:
    return [Sample(place, str(each.get("id", place)), None, each) for place, each in enumerate(contents)]


@pytest.mark.parametrize(
    ("metric", "name", "matches"),
    [
        ("eval_f1", "f1", True),
        ("squad/f1", "f1", True),
        ("f1", "f1", True),
        ("eval_f11", "f1", False),
        ("eval_macrof1", "f1", False),
        ("f1", "eval_f1", False),
    ],
)
def test_a_field_is_the_end_of_the_metrics_name(metric: str, name: str, matches: bool) -> None:
    assert metric_matches(metric, name) is matches


@pytest.mark.parametrize(("value", "scale"), [(0.75, 1.0), (75.0, 100.0), (0.8, 1.0)])
def test_the_scale_is_found_and_rounding_is_forgiven(value: float, scale: float) -> None:
    found = scores_of_metric(_samples(*({"f1": score} for score in (1, 1, 1, 0))), "eval_f1", value)
    assert found is not None
    assert found.scale == scale
    assert list(found.scores.values()) == [1.0, 1.0, 1.0, 0.0]


def test_the_longest_name_and_other_names_are_tried() -> None:
    samples = _samples({"f1": 0.0, "macro_f1": 1.0}, {"f1": 0.0, "macro_f1": 1.0})
    assert scores_of_metric(samples, "eval_macro_f1", 1.0) is not None
    assert scores_of_metric(_samples({"correct": True}, {"correct": False}), "eval_accuracy", 50.0) is not None


@pytest.mark.parametrize(
    "samples",
    [
        _samples({"f1": 1.0}, {"f1": 0.0}),
        _samples({"f1": 0.9}, {"f1": None}),
        _samples({"score": 7.0}, {"score": 8.0}),
        _samples({"prediction": "x"}),
        _samples(),
    ],
)
def test_scores_of_something_else_are_refused(samples: list[Sample]) -> None:
    assert scores_of_metric(samples, "eval_f1", 0.9) is None


def test_an_id_that_comes_again_stays_a_sample_of_its_own() -> None:
    found = scores_of_metric(_samples({"id": "a", "f1": 1.0}, {"id": "a", "f1": 0.0}), "f1", 0.5)
    assert found is not None
    assert len(found.scores) == 2


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30), st.sampled_from([1.0, 100.0]))
def test_what_averages_to_the_metric_is_found(scores: list[float], scale: float) -> None:
    found = scores_of_metric(
        _samples(*({"f1": score} for score in scores)), "eval_f1", scale * sum(scores) / len(scores)
    )
    assert found is not None
    assert list(found.scores.values()) == scores
