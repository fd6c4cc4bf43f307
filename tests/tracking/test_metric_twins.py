"""Results and their curves are found to be one metric by their names."""

from __future__ import annotations

from tracking.reading.metric_twins import curves_of_results, known_as


def test_a_curve_belongs_to_the_result_of_its_name() -> None:
    names = ["eval_f1", "eval/f1", "eval/demo_ood_f1", "eval_demo_ood_f1", "train/loss", "f1"]
    assert curves_of_results(names) == {"eval_f1": "eval/f1", "eval_demo_ood_f1": "eval/demo_ood_f1"}


def test_curves_and_results_alone_stay_as_they_are() -> None:
    assert curves_of_results(["train/loss", "eval_f1"]) == {}


def test_a_metric_is_found_under_either_name() -> None:
    assert known_as("eval_f1", ["eval/f1", "train/loss"]) == "eval/f1"
    assert known_as("eval/f1", ["eval_f1"]) == "eval_f1"
    assert known_as("metrics.eval/f1", ["eval/f1", "eval_f1"]) == "eval/f1"
    assert known_as("metrics.x", ["metrics.x"]) == "metrics.x"
    assert known_as("f1", ["eval/f1"]) is None
