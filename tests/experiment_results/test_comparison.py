from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from errors import ConfigError
from experiment_results.comparison import COMPARISON_COLUMNS, compare
from experiment_results.frame import build_frame
from experiment_results.reading import read_experiments
from experiment_results.variants import paired_variants
from tests.experiment_folders import config_mapping, write_run, write_suite

FILTER = ({"name": "cartography_filter", "top_fraction": 0.33},)
SMOOTHING = ({"name": "label_smoothing", "smoothing_factor": 0.6},)
SEEDS = [1, 2, 3, 4, 5]
A = [0.80, 0.82, 0.81, 0.83, 0.79]
B = [0.78, 0.80, 0.80, 0.81, 0.78]


def _frame(root: Path) -> pd.DataFrame:
    return build_frame(read_experiments(root))


def _rows(root: Path, baseline: str = "baseline") -> dict[str, dict[str, Any]]:
    table = compare(paired_variants(_frame(root), baseline), "eval_f1")
    assert list(table.columns) == list(COMPARISON_COLUMNS)
    return {row["strategy"]: dict(row) for row in json.loads(table.to_json(orient="records"))}


def _run(root: Path, name: str, seed: int, score: float | None, strategies: Any = (), **fields: Any) -> Path:
    results = fields.pop("results", {})
    metrics = {} if score is None else {"eval_f1": score}
    return write_run(root, config_mapping(f"{name}_seed{seed}", seed, strategies, **fields), metrics, **results)


def test_worked_example(tmp_path: Path) -> None:
    write_suite(tmp_path, {"filter": (FILTER, {"eval_f1": A}), "baseline": ((), {"eval_f1": B})}, SEEDS)
    rows = _rows(tmp_path)
    assert list(rows) == ["baseline", "filter"]
    row = rows["filter"]
    assert (row["n"], row["n_pairs"], row["failed"], row["seeds"], row["note"]) == (5, 5, 0, "1 2 3 4 5", "")
    assert row["difference"] == pytest.approx(0.016)
    assert [row["difference_low"], row["difference_high"]] == pytest.approx([0.00919913, 0.02280087], abs=5e-9)
    assert (row["mean"], row["std"]) == pytest.approx((0.81, 0.0158113883))
    assert rows["baseline"]["difference"] == 0.0
    assert pd.isna(rows["baseline"]["difference_low"])


def test_failed_runs_are_counted_and_never_averaged_in(tmp_path: Path) -> None:
    write_suite(tmp_path, {"baseline": ((), {"eval_f1": B[:2]})}, SEEDS[:2])
    error = {"type": "SignalError", "message": "keeps nothing"}
    _run(tmp_path, "filter", 1, 0.9, FILTER)
    _run(tmp_path, "filter", 2, 0.1, FILTER, results={"success": False, "error": error})
    row = _rows(tmp_path)["filter"]
    assert (row["n"], row["mean"], row["failed"]) == (1, 0.9, 1)
    assert row["note"] == "1 of 2 runs failed: SignalError: keeps nothing; one seed: no interval"


def test_one_seed_has_no_interval_and_two_say_little(tmp_path: Path) -> None:
    write_suite(tmp_path, {"baseline": ((), {"eval_f1": B[:2]})}, SEEDS[:2])
    _run(tmp_path, "filter", 1, 0.9, FILTER)
    rows = _rows(tmp_path)
    assert rows["filter"]["note"] == "one seed: no interval"
    assert pd.isna([rows["filter"][name] for name in ("std", "ci_low", "ci_high", "difference_low")]).all()
    assert rows["filter"]["difference"] == pytest.approx(0.9 - B[0])
    assert rows["baseline"]["note"] == "two seeds: an interval from so few says little"


def test_only_shared_seeds_are_paired(tmp_path: Path) -> None:
    write_suite(tmp_path, {"baseline": ((), {"eval_f1": B[:3]})}, [1, 2, 3])
    write_suite(tmp_path, {"filter": (FILTER, {"eval_f1": A[:3]})}, [2, 3, 4])
    write_suite(tmp_path, {"smoothing": (SMOOTHING, {"eval_f1": A[:3]})}, [7, 8, 9])
    rows = _rows(tmp_path)
    assert rows["filter"]["n_pairs"] == 2
    assert rows["filter"]["note"] == "2 of 3 seeds paired with the baseline"
    assert rows["smoothing"]["note"] == "no seed shared with the baseline"
    assert pd.isna(rows["smoothing"]["difference"])


def test_a_value_that_is_missing_is_said(tmp_path: Path) -> None:
    _run(tmp_path, "baseline", 1, 0.8)
    _run(tmp_path, "baseline", 2, None)
    _run(tmp_path, "filter", 1, None, FILTER)
    rows = _rows(tmp_path)
    assert rows["baseline"]["note"].startswith("1 runs without a value of eval_f1")
    assert (rows["filter"]["n"], rows["filter"]["note"]) == (0, "no run has a value of eval_f1")


def test_of_two_runs_of_one_seed_the_last_counts(tmp_path: Path) -> None:
    _run(tmp_path, "baseline", 1, 0.8, results={"finished_at": "2025-02-01"})
    _run(tmp_path, "base", 1, 0.2, results={"finished_at": "2025-01-01"})
    (row,) = _rows(tmp_path).values()
    assert (row["n"], row["mean"]) == (1, 0.8)
    assert "1 repeated seeds: the last run of a seed counts" in row["note"]


def test_each_setting_has_its_own_baseline(tmp_path: Path) -> None:
    for samples, base, filtered in ((100, 0.5, 0.6), (900, 0.8, 0.7)):
        training = {"max_train_samples": samples}
        _run(tmp_path, "baseline", 1, base, training=training)
        _run(tmp_path, "filter", 1, filtered, FILTER, training=training)
    rows = _rows(tmp_path)
    assert rows["filter (max_train_samples=100)"]["difference"] == pytest.approx(0.1)
    assert rows["filter (max_train_samples=900)"]["difference"] == pytest.approx(-0.1)
    assert rows["filter (max_train_samples=900)"]["baseline"] == "baseline (max_train_samples=900)"


def test_a_baseline_trained_otherwise_is_used_and_said(tmp_path: Path) -> None:
    _run(tmp_path, "baseline", 1, 0.5)
    _run(tmp_path, "fast", 1, 0.6, training={"learning_rate": 0.1})
    row = _rows(tmp_path)["fast"]
    assert (row["baseline"], row["difference"]) == ("baseline", pytest.approx(0.1))
    assert "differs from its baseline also in training.learning_rate" in row["note"]


def test_without_a_single_baseline_there_is_no_difference(tmp_path: Path) -> None:
    for rate in (0.1, 0.2):
        _run(tmp_path, f"rate_{rate}", 1, 0.5, training={"learning_rate": rate})
    _run(tmp_path, "filter", 1, 0.6, FILTER)
    row = _rows(tmp_path)["filter"]
    assert pd.isna(row["difference"])
    assert "no single baseline to compare with" in row["note"]


def test_data_sets_are_never_compared_with_each_other(tmp_path: Path) -> None:
    _run(tmp_path, "baseline", 1, 0.5)
    _run(tmp_path, "filter", 1, 0.6, FILTER, dataset="other")
    assert pd.isna(_rows(tmp_path)["filter"]["baseline"])


def test_any_strategy_can_be_the_baseline(tmp_path: Path) -> None:
    write_suite(tmp_path, {"baseline": ((), {"eval_f1": B}), "filter": (FILTER, {"eval_f1": A})}, SEEDS)
    for named in ("filter", "cartography_filter"):
        rows = _rows(tmp_path, named)
        assert list(rows) == ["filter", "baseline"]
        assert rows["baseline"]["difference"] == pytest.approx(-0.016)


def test_an_unknown_baseline_names_the_nearest(tmp_path: Path) -> None:
    _run(tmp_path, "random_filter", 1, 0.5)
    with pytest.raises(
        ConfigError, match=r"'randomfilter'; did you mean 'random_filter'\? \(strategies: random_filter\)"
    ):
        _rows(tmp_path, "randomfilter")


def test_a_strategy_in_another_setting_takes_that_settings_baseline(tmp_path: Path) -> None:
    _run(tmp_path, "baseline", 1, 0.5)
    _run(tmp_path, "fast", 1, 0.6, training={"learning_rate": 0.1})
    _run(tmp_path, "fast_filter", 1, 0.7, FILTER, training={"learning_rate": 0.1})
    chosen = {variant.label: reference for variant, reference in paired_variants(_frame(tmp_path))}
    assert chosen["fast_filter"] is not None
    assert chosen["fast_filter"].label == "fast"
