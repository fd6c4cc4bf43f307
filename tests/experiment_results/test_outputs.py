from __future__ import annotations

import csv
import json
from pathlib import Path

from experiment_results.frame import build_frame
from experiment_results.outputs import data_maps, write_all_results, write_csv, write_summary
from experiment_results.reading import read_experiments
from tests.experiment_folders import config_mapping, write_run, write_suite


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_summary_has_a_row_a_strategy_and_metric(tmp_path: Path) -> None:
    filtered = ({"name": "cartography_filter", "top_fraction": 0.33},)
    scores = {"eval_loss": [1.0, 2.0], "eval_f1": [0.5, 0.6]}
    write_suite(tmp_path, {"baseline": ((), scores), "filter": (filtered, scores)}, [42, 43])
    rows = _rows(write_summary(build_frame(read_experiments(tmp_path)), tmp_path / "summary.csv"))
    assert [(row["metric"], row["strategy"]) for row in rows] == [
        ("eval_f1", "baseline"),
        ("eval_f1", "filter"),
        ("eval_loss", "baseline"),
        ("eval_loss", "filter"),
    ]
    assert float(rows[1]["mean"]) == 0.55


def test_summary_of_failures_alone_says_why(tmp_path: Path) -> None:
    write_run(tmp_path, config_mapping("a_seed1", 1), {}, success=False, error="out of memory")
    (row,) = _rows(write_summary(build_frame(read_experiments(tmp_path)), tmp_path / "summary.csv"))
    assert (row["n"], row["mean"], row["note"]) == ("0", "", "1 of 1 run failed (seed 1): out of memory")


def test_no_cell_of_a_csv_is_a_formula(tmp_path: Path) -> None:
    error = {"type": "", "message": "=HYPERLINK(1)"}
    write_run(tmp_path, config_mapping("a_seed1", 1, dataset="@cmd"), {"eval_f1": -1.0}, success=False, error=error)
    (row,) = _rows(write_csv(build_frame(read_experiments(tmp_path)), tmp_path / "results.csv"))
    assert (row["error"], row["dataset"], row["eval_f1"]) == ("'=HYPERLINK(1)", "'@cmd", "-1.0")
    assert "config" not in row


def test_all_results_keep_each_run_whole_but_for_its_environment(tmp_path: Path) -> None:
    folder = write_run(tmp_path, config_mapping("a_seed1", 1), {"eval_f1": 0.5}, train_steps=7)
    written = json.loads(write_all_results(read_experiments(tmp_path), tmp_path / "all_results.json").read_text())
    assert (written["num_runs"], written["unfinished"], written["unreadable"]) == (1, [], [])
    (run,) = written["runs"]
    assert (run["folder"], run["metrics"], run["train_steps"]) == (folder.name, {"eval_f1": 0.5}, 7)
    assert "environment" not in run


def test_data_maps_made_and_given_are_found(tmp_path: Path) -> None:
    given = tmp_path / "given map"
    experiments = tmp_path / "experiments"
    folders = [experiments / "shared" / name for name in ("data_map_b", "data_map_a", "clusters_c")]
    for folder in (given, *folders):
        folder.mkdir(parents=True)
        (folder / "cartography_map.png").touch()
    (experiments / "shared" / "data_map_without_picture").mkdir()
    for number, folder in enumerate((given, given, tmp_path / "gone")):
        write_run(experiments, config_mapping(f"a{number}_seed1", 1, cartography_dir=str(folder)), {"eval_f1": 0.5})
    found = [path.parent.name for path in data_maps(read_experiments(experiments))]
    assert found == ["data_map_a", "data_map_b", "given map"]
