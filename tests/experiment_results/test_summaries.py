from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from experiment_results.frame import build_frame
from experiment_results.reading import read_experiments
from experiment_results.summaries import SUMMARY_COLUMNS, summarise
from experiment_results.variants import variants_of
from tests.experiment_folders import config_mapping, write_run, write_suite

SEEDS = [1, 2, 3, 4, 5]
SCORES = [0.80, 0.82, 0.81, 0.83, 0.79]


def _rows(root: Path) -> dict[str, dict[str, Any]]:
    table = summarise(variants_of(build_frame(read_experiments(root))), "eval_f1")
    assert list(table.columns) == list(SUMMARY_COLUMNS)
    return {row["strategy"]: dict(row) for row in json.loads(table.to_json(orient="records"))}


def _run(root: Path, name: str, seed: int, score: float | None, **results: Any) -> Path:
    metrics = {} if score is None else {"eval_f1": score}
    return write_run(root, config_mapping(f"{name}_seed{seed}", seed), metrics, **results)


def test_mean_spread_and_interval(tmp_path: Path) -> None:
    write_suite(tmp_path, {"baseline": ((), {"eval_f1": SCORES})}, SEEDS)
    row = _rows(tmp_path)["baseline"]
    assert (row["n"], row["failed"], row["seeds"], row["note"]) == (5, 0, "1 2 3 4 5", "")
    assert (row["mean"], row["std"]) == pytest.approx((0.81, 0.0158113883))
    # t(0.975, 4) = 2.7764451052
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((0.81 - 0.01963243, 0.81 + 0.01963243), abs=1e-8)


def test_failed_runs_are_counted_and_never_averaged_in(tmp_path: Path) -> None:
    _run(tmp_path, "baseline", 1, 0.9)
    _run(tmp_path, "baseline", 2, 0.1, success=False, error={"type": "SignalError", "message": "keeps nothing"})
    row = _rows(tmp_path)["baseline"]
    assert (row["n"], row["mean"], row["failed"]) == (1, 0.9, 1)
    assert row["note"] == "1 of 2 runs failed (seed 2): SignalError: keeps nothing"


def test_one_seed_has_no_interval(tmp_path: Path) -> None:
    _run(tmp_path, "baseline", 1, 0.9)
    row = _rows(tmp_path)["baseline"]
    assert pd.isna([row[name] for name in ("std", "ci_low", "ci_high")]).all()


def test_a_value_that_is_missing_is_said(tmp_path: Path) -> None:
    _run(tmp_path, "baseline", 1, 0.8)
    _run(tmp_path, "baseline", 2, None)
    _run(tmp_path, "baseline", 3, float("nan"))
    row = _rows(tmp_path)["baseline"]
    assert (row["n"], row["note"]) == (1, "no value of eval_f1 (missing, or not a number): seeds 2, 3")


def test_of_two_runs_of_one_seed_the_last_counts(tmp_path: Path) -> None:
    _run(tmp_path, "baseline", 1, 0.8, finished_at="2025-02-01")
    _run(tmp_path, "base", 1, 0.2, finished_at="2025-01-01")
    (row,) = _rows(tmp_path).values()
    assert (row["n"], row["mean"]) == (1, 0.8)
    folder = next(path.name for path in tmp_path.iterdir() if path.name.startswith("baseline"))
    assert row["note"] == (
        f"seed 1 run more than once: the last run of a seed counts (folder {folder}); "
        "runs called base and baseline have one configuration and are taken as one variant"
    )


def test_a_run_without_a_seed_is_not_counted(tmp_path: Path) -> None:
    _run(tmp_path, "baseline", 1, 0.8)
    config = config_mapping("baseline", 2)
    del config["training"]["seed"]
    write_run(tmp_path, config | {"training": {**config["training"], "seed": None}}, {"eval_f1": 0.7})
    assert _rows(tmp_path)["baseline"]["note"] == "1 run without a seed: not counted"
