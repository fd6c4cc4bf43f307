from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from experiment_results.frame import build_frame
from experiment_results.reading import read_experiments
from tests.experiment_folders import config_mapping, write_run, write_suite

FILTER = ({"name": "cartography_filter", "top_fraction": 0.33},)


def _frame(root: Path) -> pd.DataFrame:
    return build_frame(read_experiments(root))


def test_one_row_a_run_in_the_order_of_starting(tmp_path: Path) -> None:
    write_suite(tmp_path, {"zero": ((), {"eval_f1": [0.1, 0.2]}), "first": (FILTER, {"eval_f1": [0.3, 0.4]})}, [9, 8])
    frame = _frame(tmp_path)
    assert frame["strategy"].tolist() == ["zero", "first", "zero", "first"]
    assert frame["seed"].tolist() == [9, 9, 8, 8]
    assert frame["eval_f1"].tolist() == [0.1, 0.3, 0.2, 0.4]
    assert frame["method"].tolist() == ["baseline", "cartography_filter"] * 2
    assert frame["group"].nunique() == 2


def test_a_failed_run_keeps_the_first_line_of_its_error(tmp_path: Path) -> None:
    error = {"type": "SignalError", "message": "keeps nothing\nsecond line", "traceback": "..."}
    write_run(tmp_path, config_mapping("a_seed1", 1), {}, success=False, error=error)
    (row,) = _frame(tmp_path).to_dict("records")
    assert (row["success"], row["error"]) == (False, "SignalError: keeps nothing")


def test_missing_keys_of_an_older_version_are_accepted(tmp_path: Path) -> None:
    folder = tmp_path / "baseline_seed5_01234567"
    folder.mkdir()
    (folder / "results.json").write_text(json.dumps({"metrics": {"eval_f1": 0.5}, "seed": 5}))
    (row,) = _frame(tmp_path).to_dict("records")
    assert (row["success"], row["seed"], row["eval_f1"]) == (True, 5, 0.5)
    assert row["method"] == "baseline"
    assert pd.isna(row["train_steps"])


def test_without_a_config_the_name_tells_variants_apart(tmp_path: Path) -> None:
    for name, seed in (("filter_a", 1), ("filter_a", 2), ("filter_b", 1)):
        folder = write_run(tmp_path, config_mapping(f"{name}_seed{seed}", seed, FILTER), {"eval_f1": 0.5})
        (folder / "config.json").unlink()
    frame = _frame(tmp_path)
    assert sorted(frame.groupby("group")["name"].apply(list).tolist()) == [
        ["filter_a_seed1", "filter_a_seed2"],
        ["filter_b_seed1"],
    ]


def test_values_that_are_no_finite_numbers_are_no_metrics(tmp_path: Path) -> None:
    config = config_mapping("a_seed1", 1)
    write_run(tmp_path, config, {"eval_f1": None, "eval_loss": float("nan"), "eval_exact_match": 1})
    frame = _frame(tmp_path)
    assert "eval_loss" not in frame
    assert frame["eval_exact_match"].tolist() == [1.0]


def test_what_was_left_out_is_kept_beside_the_frame(tmp_path: Path) -> None:
    broken = write_run(tmp_path, config_mapping("a_seed1", 1), {})
    (broken / "results.json").write_text("{")
    waiting = write_run(tmp_path, config_mapping("a_seed2", 2), {})
    (waiting / "results.json").unlink()
    frame = _frame(tmp_path)
    assert frame.empty
    assert frame.attrs["unfinished"] == [waiting.name]
    assert len(frame.attrs["unreadable"]) == 1


@pytest.mark.parametrize("seed", [True, "42", None, 1.5])
def test_a_seed_that_is_no_integer_is_missing(tmp_path: Path, seed: object) -> None:
    write_run(tmp_path, config_mapping("a", 1), {"eval_f1": 0.5}, seed=seed)
    assert _frame(tmp_path)["seed"].isna().all()
