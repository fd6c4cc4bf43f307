from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from experiment_results.caveats import assumption_lines
from experiment_results.comparisons import compare_all
from experiment_results.frame import build_frame
from experiment_results.reading import read_experiments
from experiment_results.terminal import print_summary
from experiment_results.verdict_options import VerdictOptions
from tests.experiment_folders import config_mapping, write_run, write_suite

GOLDEN = Path(__file__).with_name("summary.txt")
FILTER = ({"name": "cartography_filter", "top_fraction": 0.33},)
WEIGHTING = ({"name": "soft_weighting", "weight_clip_min": 0.1, "weight_clip_max": 10.0},)
SMOOTHING = ({"name": "label_smoothing", "smoothing_factor": 0.6},)


def _printed(root: Path, width: int = 80, terminal: bool = False, metric: str | None = None) -> str:
    out = io.StringIO()
    console = Console(file=out, width=width, force_terminal=terminal, color_system=None, highlight=False)
    frame = build_frame(read_experiments(root))
    print_summary(frame, compare_all(frame, VerdictOptions(metric=metric)), console)
    return "".join(f"{line.rstrip()}\n" for line in out.getvalue().splitlines())


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    scores = {"eval_f1": [0.78, 0.80, 0.81], "eval_demo_ood_f1": [0.55, 0.58, 0.53], "eval_loss": [0.4, 0.5, 0.6]}
    other = {"eval_f1": [0.80, 0.82, 0.81], "eval_demo_ood_f1": [0.56, 0.57, 0.54], "eval_loss": [0.3, 0.5, 0.6]}
    write_suite(tmp_path, {"baseline": ((), scores), "cartography_filter_0.33": (FILTER, other)}, [42, 43, 44])
    write_suite(tmp_path, {"soft_weighting": (WEIGHTING, other)}, [42, 43])
    write_suite(tmp_path, {"label_smoothing_0.6": (SMOOTHING, other)}, [44])
    return tmp_path


def test_summary_reads_as_agreed(suite: Path) -> None:
    error = {"type": "SignalError", "message": "the filter [0.01] keeps nothing\nraise top_fraction"}
    for seed in (42, 43):
        config = config_mapping(f"cluster_filter_seed{seed}", seed, ({"name": "cluster_filter"},))
        write_run(suite, config, {}, success=False, error=error, started_at="2025-01-02")
    for seed in (42, 43):
        config = config_mapping(f"easy_rows_seed{seed}", seed, ({"name": "category_filter"},))
        report = {"rows_before": 2000, "rows_kept": 2000, "same_as_baseline": True}
        write_run(suite, config, {"eval_f1": 0.8}, strategy_report=report, started_at="2025-01-03")
    waiting = write_run(suite, config_mapping("baseline_seed45", 45), {})
    (waiting / "results.json").unlink()
    assert _printed(suite) == GOLDEN.read_text(encoding="utf-8")


def test_runs_with_smaller_batches_are_named(suite: Path) -> None:
    assert "smaller batches" not in _printed(suite)
    for seed in (50, 51):
        config = config_mapping(f"cartography_filter_0.33_seed{seed}", seed, FILTER)
        write_run(suite, config, {"eval_f1": 0.8}, adjustments={"divide_batch": 2} if seed == 51 else {})
    notes = " ".join(_printed(suite).split())
    assert "cartography_filter_0.33: 1 of 5 runs (seed 51) made with smaller batches, as memory ran out" in notes


def test_piped_output_is_never_cut_to_a_width(tmp_path: Path) -> None:
    label = "a_rather_long_name_of_a_variant_that_goes_on_and_on_and_needs_ninety_characters_at_the_least"
    write_suite(tmp_path, {label: ((), {"eval_f1": [0.5, 0.6, 0.7]})}, [1, 2, 3])
    row = next(line for line in _printed(tmp_path, width=40).splitlines() if f" {label} " in line)
    assert "0.6000 ± 0.1000" in row


def test_a_narrow_terminal_folds_the_names_and_keeps_the_numbers(suite: Path) -> None:
    lines = _printed(suite, width=80, terminal=True).splitlines()
    assert max(map(len, lines)) <= 80
    assert any("0.8100" in line and "-0.0154 to +0.0420" in line for line in lines)


def test_one_metric_alone_can_be_shown(suite: Path) -> None:
    printed = _printed(suite, metric="eval_loss")
    assert "eval_loss (lower is better) on demo" in printed
    assert "Nobody said which difference in eval_loss matters: --margin does." in printed
    assert "eval_f1 on" not in printed


def test_where_every_run_failed_the_errors_are_shown(tmp_path: Path) -> None:
    write_run(tmp_path, config_mapping("a_seed1", 1), {}, success=False, error={"type": "DataError", "message": "no x"})
    printed = _printed(tmp_path)
    assert "a: 1 of 1 run failed (seed 1): DataError: no x" in printed
    assert "Traceback" not in printed


def test_unreadable_files_are_named(tmp_path: Path) -> None:
    folder = write_run(tmp_path, config_mapping("a_seed1", 1), {"eval_f1": 0.5})
    (folder / "results.json").write_text(json.dumps({"success": True})[:-3])
    printed = _printed(tmp_path)
    assert "no finished run" in printed
    assert str(folder / "results.json") in printed.replace("\n", "")


def test_each_data_set_has_a_table_of_its_own(tmp_path: Path) -> None:
    for dataset in ("demo", "other"):
        write_run(tmp_path, config_mapping("baseline_seed1", 1, dataset=dataset), {"eval_f1": 0.5})
    printed = _printed(tmp_path)
    assert "eval_f1 on demo, model demo, seed 1" in printed
    assert "eval_f1 on other, model demo, seed 1" in printed


def test_a_variant_alone_has_no_empty_columns(tmp_path: Path) -> None:
    write_suite(tmp_path, {"baseline": ((), {"eval_f1": [0.5, 0.6, 0.7]})}, [1, 2, 3])
    printed = _printed(tmp_path)
    assert "baseline is the only variant: there is nothing to compare it with" in printed
    assert "difference" not in printed and "verdict" not in printed


def test_names_cannot_steer_the_terminal(tmp_path: Path) -> None:
    name = "evil\x1b[31m\nsecond"
    suite = {"baseline": ((), {"eval_f1": [0.5, 0.6]}), name: (SMOOTHING, {"eval_f1": [0.6, 0.6]})}
    for label, (strategies, metrics) in suite.items():
        for seed, score in enumerate(metrics["eval_f1"], start=1):
            config = config_mapping(f"{len(strategies)}_seed{seed}", seed, strategies)
            write_run(tmp_path, config, {"eval_f1": score}, name=f"{label}_seed{seed}")
    printed = _printed(tmp_path)
    assert "\x1b" not in printed
    assert r"evil\x1b[31m\nsecond" in printed


def test_with_one_seed_nothing_is_said_of_p_values(tmp_path: Path) -> None:
    suite = {"baseline": ((), {"eval_f1": [0.5]}), "smoothing": (SMOOTHING, {"eval_f1": [0.6]})}
    write_suite(tmp_path, suite, [7])
    printed = _printed(tmp_path)
    assert "Fewer than 3 seeds on a side give no p-value: train with more (--seeds)." in printed
    assert "Assumed" not in printed and "p corr. below" not in printed and "42" not in printed


def test_each_floor_says_of_which_design_it_is(tmp_path: Path) -> None:
    scores, other = {"eval_f1": [50.0, 52.0, 51.0]}, {"eval_f1": [53.0, 54.0, 55.0]}
    write_suite(tmp_path, {"baseline": ((), scores), "smoothing": (SMOOTHING, other)}, [1, 2, 3])
    write_suite(tmp_path, {"filter": (FILTER, other)}, [4, 5, 6])
    printed = _printed(tmp_path)
    assert "With 3 and 3 seeds, paired, an exact test over seeds gives no p below 0.250" in printed
    assert "With 3 and 3 seeds, not paired, an exact test over seeds gives no p below 0.100" in printed
    assert "Runs of equal seeds are paired: smoothing." in printed
    assert "Runs of equal seeds are not paired: filter." in printed
    assert "eval_f1 on demo, model demo, 3 seeds each" in printed
    assert "filter: no seed shared with the baseline" in printed


def test_what_holds_on_some_evaluation_sets_alone_names_them(tmp_path: Path) -> None:
    scored = {"eval_f1": [50.0, 52.0, 51.0], "eval_ood_f1": [40.0, 42.0, 41.0]}
    other = {"eval_f1": [53.0, 54.0, 55.0], "eval_ood_f1": [43.0, 44.0, 45.0]}
    write_suite(tmp_path, {"baseline": ((), scored), "smoothing": (SMOOTHING, other)}, [1, 2, 3])
    frame = build_frame(read_experiments(tmp_path))
    compared = compare_all(frame)
    compared.table.loc[compared.table["eval_set"] == "ood", "basis"] = "seeds and examples"
    lines = assumption_lines(compared)
    assert "Intervals (95 %) speak of other seeds on the same examples: smoothing on validation." in lines
    both = "Intervals (95 %) speak of other seeds and other examples of the same kind: smoothing on ood."
    assert both in lines


def test_of_very_many_lines_of_advice_those_with_the_smallest_p_are_shown(tmp_path: Path) -> None:
    write_suite(tmp_path, {"baseline": ((), {"eval_f1": [50.0, 52.0, 51.0]})}, [1, 2, 3])
    for number in range(20):
        strategy = ({"name": "label_smoothing", "smoothing_factor": 0.01 * (number + 1)},)
        scores = [50.0 + number / 5 + each for each in (0.3, 1.0, 2.0)]
        write_suite(tmp_path, {f"smoothing_{number}": (strategy, {"eval_f1": scores})}, [1, 2, 3])
    lines = _printed(tmp_path).splitlines()
    advice = [line for line in lines if line.startswith("smoothing_") and "power" in line]
    assert len(advice) == 12
    assert advice[0].startswith("smoothing_19: ")
    assert "and 8 more, in comparisons.csv (column advice)" in lines
