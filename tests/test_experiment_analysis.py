from __future__ import annotations

import io
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from rich.console import Console

from errors import ConfigError, DataError
from experiment_analysis import (
    VerdictOptions,
    analyze,
    compare_experiments,
    load_experiment_results,
    plot_results,
    print_results_summary,
)
from tests.experiment_folders import config_mapping, write_metrics_file, write_run, write_suite

FILTER = ({"name": "cartography_filter", "top_fraction": 0.33},)
TABLES = ["all_results.json", "results.csv", "summary.csv", "comparisons.csv"]
PICTURES = {"forest", "experiment_results", "training_curves"}


@pytest.fixture
def experiments(tmp_path: Path) -> Path:
    root = tmp_path / "my experiments"
    scores = {"eval_f1": [0.80, 0.82, 0.81], "eval_demo_ood_f1": [0.5, 0.6, 0.4]}
    others = {"eval_f1": [0.78, 0.80, 0.80], "eval_demo_ood_f1": [0.5, 0.5, 0.5]}
    for folder in write_suite(root, {"baseline": ((), others), "filter": (FILTER, scores)}, [42, 43, 44]):
        write_metrics_file(folder, {"train/loss": {10: 2.0, 20: 1.0}})
    return root


def test_analyze_writes_its_files_and_names_them(experiments: Path) -> None:
    data_map = experiments / "shared" / "data_map_01234567" / "cartography_map.png"
    data_map.parent.mkdir(parents=True)
    data_map.touch()
    before = {path.name for path in experiments.iterdir()}
    written = [path.name for path in analyze(experiments)]
    assert (written[:4], written[-1]) == (TABLES, "cartography_map.png")
    assert {f"{name}{suffix}" for name in PICTURES for suffix in (".png", ".svg")} <= set(written)
    assert {path.name for path in experiments.iterdir()} == before | set(written[:-1])


def test_analyze_twice_gives_the_same_files(experiments: Path) -> None:
    first = [path.read_bytes() for path in analyze(experiments)]
    assert [path.read_bytes() for path in analyze(experiments)] == first


def test_analyze_of_failures_alone_writes_tables_and_no_picture(tmp_path: Path) -> None:
    write_run(tmp_path, config_mapping("a_seed1", 1), {}, success=False, error="out of memory")
    assert [path.name for path in analyze(tmp_path)] == TABLES


def test_analyze_without_a_finished_run_says_what_there_is(tmp_path: Path) -> None:
    waiting = write_run(tmp_path, config_mapping("a_seed1", 1), {})
    (waiting / "results.json").unlink()
    with pytest.raises(DataError, match=r"no finished experiment \(1 not finished\); run a suite first"):
        analyze(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [waiting.name]


def test_analyze_survives_a_torn_results_file(experiments: Path) -> None:
    torn = next(experiments.glob("baseline_seed42_*/results.json"))
    torn.write_text(torn.read_text()[:100])
    assert [path.name for path in analyze(experiments)][:4] == TABLES
    summary = pd.read_csv(experiments / "summary.csv")
    assert summary["n"].tolist() == [2, 3, 2, 3]
    comparisons = pd.read_csv(experiments / "comparisons.csv")
    assert comparisons[["n", "n_baseline"]].to_numpy().tolist() == [[3, 2], [3, 2]]


def test_show_plots_without_a_display_says_so(
    experiments: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    analyze(experiments, show_plots=True)
    assert "no window opened: no display" in capsys.readouterr().err


def test_functions_take_a_frame_or_a_folder(experiments: Path) -> None:
    from_folder = compare_experiments(experiments)
    from_frame = compare_experiments(load_experiment_results(experiments))
    pd.testing.assert_frame_equal(from_folder, from_frame)
    assert from_folder["metric"].tolist() == ["eval_f1", "eval_demo_ood_f1"]


def test_options_reach_the_verdicts(experiments: Path) -> None:
    assert compare_experiments(experiments, margin=0.02)["margin"].tolist() == [0.02, 0.02]
    with pytest.raises(ConfigError, match=r"VerdictOptions.*margins"):
        compare_experiments(experiments, margins=0.02)
    with pytest.raises(ConfigError, match="alpha"):
        analyze(experiments, options=VerdictOptions(alpha=0.7))


def test_analyze_by_another_metric_and_baseline(experiments: Path) -> None:
    analyze(experiments, options=VerdictOptions(metric="eval_demo_ood_f1", baseline="filter"))
    table = pd.read_csv(experiments / "comparisons.csv")
    assert table[["strategy", "baseline"]].drop_duplicates().to_numpy().tolist() == [["baseline", "filter"]]
    assert table.set_index("metric")["family"].to_dict() == {"eval_f1": "further", "eval_demo_ood_f1": "shown"}


def test_seeds_added_until_decided_are_said(experiments: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (experiments / "decisions_0123abcd.json").write_text("{}")
    analyze(experiments, show_summary=True)
    assert "the claims that hold are in decisions_0123abcd.json" in capsys.readouterr().out


def test_a_part_of_the_frame_can_be_compared(experiments: Path) -> None:
    frame = load_experiment_results(str(experiments))
    table = compare_experiments(frame[frame["seed"] != 42], metric="eval_demo_ood_f1")
    assert table[["n", "n_baseline"]].to_numpy().tolist() == [[2, 2]]


def test_summary_is_printed_from_a_folder(experiments: Path) -> None:
    out = io.StringIO()
    print_results_summary(experiments, console=Console(file=out, width=100))
    assert "eval_f1 on demo" in out.getvalue()
    assert "6 runs read" in out.getvalue()


def test_unknown_metric_is_named(experiments: Path) -> None:
    with pytest.raises(ConfigError, match="did you mean 'eval_f1'"):
        compare_experiments(experiments, metric="evalf1")


def test_compare_without_runs_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no finished run has a metric; run a suite first"):
        compare_experiments(tmp_path)


@pytest.mark.parametrize("out", ["", "picture.png", "new folder"])
def test_plot_goes_to_a_file_or_a_folder(experiments: Path, tmp_path: Path, out: str) -> None:
    path = plot_results(experiments, tmp_path / out)
    assert path == tmp_path / out / ("" if out.endswith(".png") else "experiment_results.png")
    with Image.open(path) as image:
        assert image.format == "PNG"


@pytest.mark.parametrize("num_strategies", [3, 40])
def test_pictures_stay_small(tmp_path: Path, num_strategies: int) -> None:
    rng = np.random.default_rng(num_strategies)
    names = ["eval_f1", "eval_exact_match", "eval_demo_ood_f1", "eval_demo_ood_exact_match"]
    variants = {
        f"cartography_filter_with_a_long_name_{i}": (
            ({"name": "cartography_filter", "top_fraction": i / 41},),
            {name: rng.normal(0.8, 0.01, 3).tolist() for name in names},
        )
        for i in range(1, num_strategies)
    }
    baseline = {name: rng.normal(0.8, 0.01, 3).tolist() for name in names}
    for folder in write_suite(tmp_path, {"baseline": ((), baseline), **variants}, [42, 43, 44]):
        write_metrics_file(folder, {"train/loss": {i: float(rng.normal(2 / i, 0.02)) for i in range(1, 40)}})
    pictures = [path for path in analyze(tmp_path) if path.suffix == ".png"]
    assert max(path.stat().st_size for path in pictures) < 400_000


def test_reading_loads_no_model_library(experiments: Path, root: Path) -> None:
    code = (
        "import sys; from experiment_analysis import print_results_summary as show; show(sys.argv[1]); "
        "print([name for name in ('torch', 'transformers', 'datasets', 'matplotlib') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(experiments)], cwd=root, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_results_survive_being_copied_elsewhere(experiments: Path, tmp_path: Path) -> None:
    copied = tmp_path / "copy"
    shutil.copytree(experiments, copied)
    pd.testing.assert_frame_equal(compare_experiments(experiments), compare_experiments(copied))
