from __future__ import annotations

import pandas as pd
import pytest

from errors import ConfigError
from experiment_results.metrics import check_metric, parse_metrics, primary_metric

QA = ["eval_loss", "eval_exact_match", "eval_f1", "eval_xquad_en_loss", "eval_xquad_en_exact_match", "eval_xquad_en_f1"]


def test_primary_first_then_kinds_with_evaluation_sets_side_by_side() -> None:
    parsed = parse_metrics([*QA, "eval_runtime", "eval_filtered_rows", "train_loss", "epoch"], "eval_f1")
    assert [(metric.kind, metric.eval_set) for metric in parsed] == [
        ("f1", "validation"),
        ("f1", "xquad_en"),
        ("exact_match", "validation"),
        ("exact_match", "xquad_en"),
        ("loss", "validation"),
        ("loss", "xquad_en"),
    ]


def test_macro_f1_is_no_evaluation_set() -> None:
    parsed = parse_metrics(["eval_macro_f1", "eval_f1", "eval_accuracy"], "eval_f1")
    assert {metric.eval_set for metric in parsed} == {"validation"}


def test_the_longer_of_two_set_names_wins() -> None:
    parsed = parse_metrics(["eval_f1", "eval_demo_f1", "eval_demo_ood_f1"], "eval_f1")
    assert [metric.eval_set for metric in parsed] == ["validation", "demo", "demo_ood"]


def test_primary_metric_is_what_most_runs_name() -> None:
    frame = pd.DataFrame({"primary_metric": ["eval_a", "eval_b", "eval_b", None], "eval_a": 0.1, "eval_b": 0.2})
    assert primary_metric(frame) == "eval_b"


def test_without_a_named_primary_metric_the_first_one_serves() -> None:
    frame = pd.DataFrame({"eval_split": ["validation"], "eval_time": [1.0], "eval_f1": [0.2], "primary_metric": [None]})
    assert primary_metric(frame) == "eval_f1"


def test_unknown_metric_names_the_nearest() -> None:
    frame = pd.DataFrame({"primary_metric": ["eval_f1"], "eval_f1": [0.2]})
    with pytest.raises(ConfigError, match=r"'eval_f2'; did you mean 'eval_f1'\? \(metrics: eval_f1\)"):
        check_metric(frame, "eval_f2")
