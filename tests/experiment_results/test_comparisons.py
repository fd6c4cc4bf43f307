from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.corrections import correct
from analysis.crossed import compare_scores
from experiment_results.comparison_rows import COLUMNS
from experiment_results.comparisons import ComparisonTable, compare_all
from experiment_results.frame import build_frame
from experiment_results.reading import read_experiments
from experiment_results.verdict_options import VerdictOptions
from tests.experiment_folders import config_mapping, write_run, write_scored_run, write_suite

FILTER = ({"name": "cartography_filter", "top_fraction": 0.33},)
SMOOTHING = ({"name": "label_smoothing", "smoothing_factor": 0.6},)
A = [80.0, 82.0, 81.0, 83.0, 79.0]
B = [78.0, 80.0, 80.0, 81.0, 78.0]


def _compared(root: Path, **options: Any) -> ComparisonTable:
    return compare_all(build_frame(read_experiments(root)), VerdictOptions(**options))


def _rows(root: Path, metric: str = "eval_f1", **options: Any) -> dict[str, dict[str, Any]]:
    table = _compared(root, **options).table
    assert list(table.columns) == list(COLUMNS)
    rows = table[table["metric"] == metric].to_dict("records")
    return {str(row["strategy"]): {str(name): value for name, value in row.items()} for row in rows}


def _scored(
    root: Path, name: str, means: Sequence[float], strategies: Any = (), first_seed: int = 1, **fields: Any
) -> None:
    """Write runs of 40 examples whose scores are right with the given chances."""
    for seed, mean in enumerate(means, start=first_seed):
        rng = np.random.default_rng((seed, len(name)))
        write_scored_run(root, name, seed, (rng.random(40) < mean).astype(float).tolist(), strategies, **fields)


def test_scores_of_seeds_give_the_paired_t_test(tmp_path: Path) -> None:
    suite = {"filter": (FILTER, {"eval_f1": A}), "baseline": ((), {"eval_f1": B})}
    write_suite(tmp_path, suite, [1, 2, 3, 4, 5])
    row = _rows(tmp_path)["filter"]
    expected = stats.ttest_rel(A, B)
    low, high = expected.confidence_interval(0.95)
    assert (row["difference"], row["p"]) == pytest.approx((1.6, expected.pvalue))
    assert (row["ci_low"], row["ci_high"], row["df"]) == pytest.approx((low, high, 4))
    assert (row["verdict"], row["design"], row["basis"], row["n_pairs"]) == ("better", "paired", "seeds", 5)
    assert (row["smallest_p"], row["margin"], row["family"]) == (0.0625, 0.5, "shown")
    assert (row["seeds"], row["baseline"]) == ("1 2 3 4 5", "baseline")


def test_scores_of_examples_give_the_crossed_comparison(tmp_path: Path) -> None:
    _scored(tmp_path, "baseline", [0.5, 0.6, 0.7])
    _scored(tmp_path, "filter", [0.8, 0.9, 0.9], FILTER)
    comparisons = _compared(tmp_path)
    (row,) = comparisons.table.to_dict("records")
    scores = [comparisons.scores[row[group], "eval_f1"] for group in ("group", "baseline_group")]
    expected = compare_scores(*scores)
    assert (row["p"], row["difference"], row["n_examples"]) == (expected.p_value, expected.difference, 40)
    assert row["basis"] == "seeds and examples"
    assert row["standard_error"] == expected.standard_error


def test_p_values_are_corrected_over_everything_shown_and_nothing_else(tmp_path: Path) -> None:
    shift = np.array([0.0, 0.5, 0.1, 0.7, 0.2])
    metrics = {"eval_f1": B, "eval_demo_ood_f1": B, "eval_exact_match": B}
    suite: dict[str, Any] = {"baseline": ((), metrics)}
    for strategies, name, gain in ((FILTER, "filter", 1.0), (SMOOTHING, "smoothing", 0.3)):
        suite[name] = (strategies, {metric: (np.array(B) + gain + shift).tolist() for metric in metrics})
    write_suite(tmp_path, suite, [1, 2, 3, 4, 5])
    table = _compared(tmp_path).table
    shown = table[table["family"] == "shown"]
    assert set(shown["metric"]) == {"eval_f1", "eval_demo_ood_f1"}
    np.testing.assert_allclose(shown["p_corrected"], correct(shown["p"], "holm"))
    further = table[table["family"] == "further"]
    np.testing.assert_allclose(further["p_corrected"], correct(further["p"], "holm"))
    alone = _compared(tmp_path, metric="eval_exact_match", correction="none").table
    alone = alone[alone["family"] == "shown"]
    assert set(alone["metric"]) == {"eval_exact_match"}
    np.testing.assert_array_equal(alone["p"], alone["p_corrected"])


def test_more_than_the_strategy_is_refused_and_named_unless_allowed(tmp_path: Path) -> None:
    write_suite(tmp_path, {"baseline": ((), {"eval_f1": B})}, [1, 2, 3, 4, 5])
    for seed, score in enumerate(A, start=1):
        config = config_mapping(f"fast_seed{seed}", seed, FILTER, training={"learning_rate": 0.1})
        write_run(tmp_path, config, {"eval_f1": score})
    row = _rows(tmp_path)["fast"]
    assert (row["verdict"], row["n"], row["mean"]) == ("not compared", 5, 81.0)
    assert row["advice"] == (
        "differs from its baseline in training.learning_rate (0.1, not 0.001); "
        "--allow-differences compares all the same"
    )
    assert pd.isna([row[name] for name in ("difference", "ci_low", "p", "p_corrected", "hedges_g")]).all()
    allowed = _rows(tmp_path, allow_differences=True)["fast"]
    assert allowed["verdict"] == "better"
    assert allowed["note"].endswith("differs from its baseline also in training.learning_rate (0.1, not 0.001)")


def test_one_bad_comparison_leaves_the_others_alone(tmp_path: Path) -> None:
    _scored(tmp_path, "baseline", [0.5, 0.6, 0.7])
    _scored(tmp_path, "filter", [0.8, 0.9, 0.9], FILTER)
    good = _rows(tmp_path)["filter"]
    _scored(tmp_path, "smoothing", [0.8, 0.9, 0.9], SMOOTHING, ids=[f"other{each}" for each in range(40)])
    rows = _rows(tmp_path)
    assert (rows["smoothing"]["verdict"], rows["smoothing"]["p"] >= 0) == ("undecided", False)
    assert rows["smoothing"]["advice"] == (
        "evaluated on different examples: 0 shared, 40 only in the treatment, 40 only in the control"
    )
    assert rows["filter"] == good


def test_runs_of_one_variant_on_different_examples_give_no_p_value(tmp_path: Path) -> None:
    _scored(tmp_path, "baseline", [0.5, 0.6, 0.7])
    _scored(tmp_path, "baseline", [0.5], ids=[f"other{each}" for each in range(40)], first_seed=4)
    _scored(tmp_path, "filter", [0.8, 0.9, 0.9], FILTER)
    row = _rows(tmp_path)["filter"]
    assert pd.isna([row["p"], row["ci_low"], row["smallest_p"]]).all()
    assert row["advice"] == "control: evaluated on different examples: seed 4 and seed 1"


@pytest.mark.parametrize(("num_seeds", "reason"), [(1, "one seed"), (2, "2 seeds: too few")])
def test_few_seeds_give_no_p_value(tmp_path: Path, num_seeds: int, reason: str) -> None:
    suite = {"baseline": ((), {"eval_f1": B[:num_seeds]}), "filter": (FILTER, {"eval_f1": A[:num_seeds]})}
    write_suite(tmp_path, suite, range(num_seeds))
    row = _rows(tmp_path)["filter"]
    assert pd.isna(row["p"])
    assert row["advice"].startswith(reason)
    assert row["difference"] == pytest.approx(np.mean(A[:num_seeds]) - np.mean(B[:num_seeds]))


def test_constant_scores_give_no_p_value(tmp_path: Path) -> None:
    suite = {"baseline": ((), {"eval_f1": [50.0] * 3}), "filter": (FILTER, {"eval_f1": [60.0] * 3})}
    write_suite(tmp_path, suite, [1, 2, 3])
    row = _rows(tmp_path)["filter"]
    assert (row["verdict"], pd.isna(row["p"]), pd.isna(row["hedges_g"])) == ("undecided", True, True)
    assert row["advice"].startswith("within every seed the difference is the same")


def test_missing_seeds_and_failures_are_said_and_the_rest_is_compared(tmp_path: Path) -> None:
    write_suite(tmp_path, {"baseline": ((), {"eval_f1": B})}, [1, 2, 3, 4, 5])
    write_suite(tmp_path, {"filter": (FILTER, {"eval_f1": A[:3]})}, [3, 4, 5])
    write_suite(tmp_path, {"smoothing": (SMOOTHING, {"eval_f1": A[:3]})}, [7, 8, 9])
    failed = config_mapping("filter_seed6", 6, FILTER)
    write_run(tmp_path, failed, {}, success=False, error={"type": "OSError", "message": "no space"})
    write_run(tmp_path, config_mapping("filter_seed7", 7, FILTER), {"eval_f1": float("nan")})
    rows = _rows(tmp_path)
    assert (rows["filter"]["n"], rows["filter"]["n_baseline"], rows["filter"]["n_pairs"]) == (3, 5, 3)
    assert rows["filter"]["p"] > 0
    assert rows["filter"]["note"].startswith(
        "1 of 5 runs failed (seed 6): OSError: no space; no value of eval_f1 (missing, or not a number): seed 7; "
        "eval_predictions.jsonl is missing"
    )
    assert rows["filter"]["note"].endswith("lacks seeds 1, 2 of the baseline: compared unpaired")
    assert rows["smoothing"]["note"].endswith("no seed shared with the baseline")
    assert (rows["smoothing"]["design"], rows["smoothing"]["p"] > 0) == ("unpaired", True)


def test_nothing_to_compare_with_is_said(tmp_path: Path) -> None:
    for rate in (0.1, 0.2):
        write_run(tmp_path, config_mapping(f"rate_{rate}_seed1", 1, training={"learning_rate": rate}), {"eval_f1": 1.0})
    write_run(tmp_path, config_mapping("filter_seed1", 1, FILTER), {"eval_f1": 0.6})
    write_run(tmp_path, config_mapping("smoothing_seed1", 1, SMOOTHING), {})
    rows = _rows(tmp_path)
    assert (
        rows["filter"]["advice"]
        == "no baseline among these runs, or several with an equal claim: --baseline NAME says which"
    )
    assert rows["smoothing"]["advice"] == "no run has a value of eval_f1"
    assert {row["verdict"] for row in rows.values()} == {"not compared"}


def test_a_loss_is_better_when_lower(tmp_path: Path) -> None:
    suite = {"baseline": ((), {"eval_f1": B, "eval_loss": A}), "filter": (FILTER, {"eval_f1": B, "eval_loss": B})}
    write_suite(tmp_path, suite, [1, 2, 3, 4, 5])
    row = _rows(tmp_path, "eval_loss")["filter"]
    assert (row["verdict"], row["margin"] > 0, row["difference"]) == ("better", False, pytest.approx(-1.6))


def test_a_margin_makes_equivalent(tmp_path: Path) -> None:
    close = [78.1, 80.0, 79.9, 81.1, 78.0]
    write_suite(tmp_path, {"baseline": ((), {"eval_f1": B}), "filter": (FILTER, {"eval_f1": close})}, [1, 2, 3, 4, 5])
    assert _rows(tmp_path)["filter"]["verdict"] == "equivalent"
    assert _rows(tmp_path, margin=0.01)["filter"]["verdict"] == "undecided"


def test_validation_rows_that_each_strategy_keeps_for_itself_are_not_compared(tmp_path: Path) -> None:
    metrics = {"eval_f1": A, "eval_filtered_f1": A}
    for name, strategies in (("baseline", ()), ("filter", FILTER)):
        for seed in (1, 2, 3):
            config = config_mapping(f"{name}_seed{seed}", seed, strategies, filter_validation=True)
            write_run(tmp_path, config, {metric: values[seed] for metric, values in metrics.items()})
    row = _rows(tmp_path, "eval_filtered_f1")["filter"]
    assert row["verdict"] == "not compared"
    assert row["advice"] == "each strategy is scored on the validation rows that it keeps itself"


def test_runs_of_other_code_are_compared_and_named(tmp_path: Path) -> None:
    for name, strategies, commit in (("baseline", (), "a" * 40), ("filter", FILTER, "b" * 40)):
        for seed in (1, 2, 3):
            git = {"commit": commit, "dirty": False}
            write_run(
                tmp_path, config_mapping(f"{name}_seed{seed}", seed, strategies), {"eval_f1": 70.0 + seed}, git=git
            )
    row = _rows(tmp_path)["filter"]
    assert row["verdict"] != "not compared"
    assert "its runs and the baseline's are of different code: 2 commits" in row["note"]
