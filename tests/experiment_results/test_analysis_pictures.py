from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from experiment_results.analysis_pictures import draw_pictures, save_pictures
from experiment_results.comparisons import ComparisonTable, compare_all
from experiment_results.evaluation_maps import evaluation_map_of
from experiment_results.frame import build_frame
from experiment_results.picture_subjects import picture_subjects
from experiment_results.reading import read_experiments
from experiment_results.sweeps import sweeps_of
from experiment_results.variants import variants_of
from experiment_results.verdict_options import VerdictOptions
from tests.experiment_folders import config_mapping, write_metrics_file, write_run, write_suite
from tests.plots.drawn import texts_of

SMOOTHING = ({"name": "label_smoothing"},)
SEEDS = [1, 2, 3]
SCORES = {"eval_f1": [80.0, 82.0, 81.0], "eval_demo_ood_f1": [60.0, 61.0, 59.0], "eval_loss": [1.0, 1.1, 1.2]}


def _read(root: Path) -> tuple[pd.DataFrame, ComparisonTable]:
    frame = build_frame(read_experiments(root))
    return frame, compare_all(frame, VerdictOptions())


def _written(root: Path) -> list[Path]:
    return save_pictures(draw_pictures(*_read(root), root), root)


def _names(root: Path) -> list[str]:
    return list(draw_pictures(*_read(root), root))


def _write_examples(root: Path, num_examples: int = 60) -> None:
    """Give every run a score of every example whose mean is the run's metric."""
    rng = np.random.default_rng(0)
    for folder in sorted(root.glob("*_seed*")):
        results = json.loads((folder / "results.json").read_text())
        scores = (rng.random(num_examples) < 0.8).astype(float)
        results["metrics"] = {"eval_f1": 100 * scores.mean()}
        (folder / "results.json").write_text(json.dumps(results))
        (folder / "trainer_output").mkdir()
        rows = [json.dumps({"id": f"e{place}", "f1": score}) for place, score in enumerate(scores)]
        (folder / "trainer_output" / "eval_predictions.jsonl").write_text("\n".join(rows) + "\n")


def test_a_suite_with_scores_of_examples_gets_every_picture_as_png_and_svg(tmp_path: Path) -> None:
    write_suite(tmp_path, {"baseline": ((), SCORES), "smooth": (SMOOTHING, SCORES)}, SEEDS)
    _write_examples(tmp_path)
    for folder in tmp_path.glob("*_seed*"):
        write_metrics_file(folder, {"train/loss": {10: 2.0, 20: 1.0}})
    paths = _written(tmp_path)
    names = ["forest", "experiment_results", "training_curves", "profiles", "bars", "examples", "map_gains"]
    assert [path.name for path in paths] == [f"{name}{suffix}" for name in names for suffix in (".png", ".svg")]
    assert all(path.stat().st_size > 1000 for path in paths)


def test_strategies_that_a_picture_of_examples_cannot_show_are_named(tmp_path: Path) -> None:
    write_suite(tmp_path, {"baseline": ((), SCORES), "smooth": (SMOOTHING, SCORES)}, SEEDS)
    _write_examples(tmp_path)
    write_suite(tmp_path, {"soft": (({"name": "soft_weighting"},), SCORES)}, SEEDS)
    pictures = draw_pictures(*_read(tmp_path), tmp_path)
    assert "left out, no scores of examples: soft" in " ".join(texts_of(pictures["examples"]).split())
    assert "left out, no scores of these examples: soft" in " ".join(texts_of(pictures["map_gains"]).split())


def test_pictures_are_the_same_each_time(tmp_path: Path) -> None:
    write_suite(tmp_path, {"baseline": ((), SCORES), "smooth": (SMOOTHING, SCORES)}, SEEDS)
    first, second = ([path.read_bytes() for path in _written(tmp_path)] for _ in range(2))
    assert first == second


@pytest.mark.parametrize(
    ("labels", "names"),
    [(["baseline"], ["experiment_results", "bars"]), (["baseline", "a"], ["forest", "experiment_results"])],
)
def test_one_seed_or_one_strategy_is_no_error(tmp_path: Path, labels: Sequence[str], names: list[str]) -> None:
    variants = {label: (SMOOTHING if label != "baseline" else (), SCORES) for label in labels}
    write_suite(tmp_path, variants, [1])
    assert _names(tmp_path)[: len(names)] == names


def test_runs_that_all_failed_have_no_picture(tmp_path: Path) -> None:
    write_run(tmp_path, config_mapping("x_seed1", 1), {}, success=False, error="stopped")
    assert _names(tmp_path) == []


def test_several_data_sets_have_pictures_of_their_own_and_ranks_over_all(tmp_path: Path) -> None:
    for data in ("squad", "news", "trivia"):
        for position, (label, strategies) in enumerate(
            {"baseline": (), "smooth": SMOOTHING, "soft": ({"name": "soft_weighting"},)}.items()
        ):
            for seed in SEEDS:
                config = config_mapping(f"{label}_seed{seed}", seed, strategies, dataset=data)
                write_run(tmp_path, config, {"eval_f1": 80.0 + 2 * position + seed})
    names = _names(tmp_path)
    assert {"ranks", "bars_squad", "bars_news", "bars_trivia"} <= set(names)
    subjects = picture_subjects(*_read(tmp_path))
    assert sorted(subject.name.split(",")[0] for subject in subjects) == ["news", "squad", "trivia"]
    assert all(subject.baseline is not None and subject.baseline.label == "baseline" for subject in subjects)


def _write_data_sets(root: Path, names: Sequence[str], without_baseline: str = "") -> None:
    for data in names:
        for position, label in enumerate(("baseline", "label_smoothing", "soft_weighting")):
            for seed in SEEDS:
                if (data, label) != (without_baseline, "baseline"):
                    strategies = [] if label == "baseline" else [{"name": label}]
                    config = config_mapping(f"{label}_seed{seed}", seed, strategies, dataset=data)
                    scores = {"eval_f1": 80.0 + position * seed, "eval_ood_f1": 60.0 - position + seed / 10}
                    write_run(root, config, scores)


def test_a_data_set_that_lacks_a_strategy_is_left_out_of_profiles_and_ranks_and_named(tmp_path: Path) -> None:
    _write_data_sets(tmp_path, ["a", "b", "c", "d"], without_baseline="d")
    pictures = draw_pictures(*_read(tmp_path), tmp_path)
    for name in ("profiles", "ranks"):
        words = " ".join(texts_of(pictures[name]).split())
        assert (
            "baseline" in words and "left out, as not every strategy has scores on every task: validation, d" in words
        )


def test_evaluation_sets_of_the_same_models_are_one_data_set_to_the_ranks(tmp_path: Path) -> None:
    _write_data_sets(tmp_path, ["a", "b"])
    assert "ranks" not in _names(tmp_path)
    _write_data_sets(tmp_path, ["c"])
    words = " ".join(texts_of(draw_pictures(*_read(tmp_path), tmp_path)["ranks"]).split())
    assert "ranks over 3 data sets and models, taken to be independent" in words


def test_of_many_data_sets_the_forest_plot_says_which_have_no_pictures_of_their_own(tmp_path: Path) -> None:
    _write_data_sets(tmp_path, list("abcdefgh"))
    pictures = draw_pictures(*_read(tmp_path), tmp_path)
    assert len([name for name in pictures if name.startswith("bars_")]) == 6
    assert "of the first 6 of 8 data sets" in " ".join(texts_of(pictures["forest"]).split())


def test_pictures_of_an_earlier_analysis_are_removed_and_no_other_file(tmp_path: Path) -> None:
    _write_data_sets(tmp_path, ["a", "b"])
    _written(tmp_path)
    (tmp_path / "bars_mine.png").write_bytes(b"drawn by hand")
    kept = (tmp_path / "bars_a.png").rename(tmp_path / "my_bars_a.png")
    for folder in tmp_path.glob("*_seed*"):
        if json.loads((folder / "config.json").read_text())["dataset"] == "b":
            shutil.rmtree(folder)
    written = _written(tmp_path)
    there = {path for suffix in (".png", ".svg") for path in tmp_path.glob(f"*{suffix}")}
    assert there == {*written, kept, tmp_path / "bars_mine.png"}


def test_profiles_hold_one_metric_and_ranks_all_of_them(tmp_path: Path) -> None:
    losses = {"eval_loss": [0.1, 0.2, 0.3]}
    for data, primary in (("squad", "eval_f1"), ("news", "eval_f1"), ("mnli", "eval_loss")):
        for position, label in enumerate(("baseline", "label_smoothing", "soft_weighting")):
            for seed in SEEDS:
                strategies = [] if label == "baseline" else [{"name": label}]
                config = config_mapping(f"{label}_seed{seed}", seed, strategies, dataset=data)
                value = losses[primary][position] if primary in losses else 80.0 - position
                write_run(tmp_path, config, {primary: value + 0.001 * seed}, primary_metric=primary)
    pictures = draw_pictures(*_read(tmp_path), tmp_path)
    assert "6 runs of each strategy on 2 tasks" in texts_of(pictures["profiles"])
    # The baseline has the highest score and the lowest loss: rank 1 on all three.
    assert "1.00" in texts_of(pictures["ranks"]) and "3.00" in texts_of(pictures["ranks"])


def test_of_very_many_strategies_the_first_are_drawn_and_the_title_says_so(tmp_path: Path) -> None:
    variants = {f"f{i}": (({"name": "cartography_filter", "top_fraction": i / 99},), SCORES) for i in range(1, 49)}
    high = {"eval_f1": [95.0, 96.0, 96.5], "eval_demo_ood_f1": [60.0, 61.0, 59.0]}
    last = (({"name": "cartography_filter", "top_fraction": 0.9},), high)
    write_suite(tmp_path, {"baseline": ((), SCORES), **variants, "f49": last}, SEEDS)
    pictures = draw_pictures(*_read(tmp_path), tmp_path)
    assert "the 40 smallest p of 49 strategies" in " ".join(texts_of(pictures["forest"]).split())
    assert "f49" in texts_of(pictures["forest"]).split()
    assert "first 40 of 50 strategies" in texts_of(pictures["bars"])
    assert "sweep_cartography_filter" not in pictures


def _sweep(root: Path, skipped: int = 0) -> None:
    values = [(low, high) for low in (0.1, 0.2) for high in (2.0, 3.0, 5.0)]
    variants = {
        f"w{low}_{high}": (({"name": "soft_weighting", "weight_clip_min": low, "weight_clip_max": high},), SCORES)
        for low, high in values[skipped:]
    }
    write_suite(root, {"baseline": ((), SCORES), **variants}, SEEDS)


def test_two_swept_settings_make_a_heat_map(tmp_path: Path) -> None:
    _sweep(tmp_path)
    frame, comparisons = _read(tmp_path)
    (sweep,) = sweeps_of(variants_of(frame))
    assert (sweep.method, sweep.names) == ("soft_weighting", ("weight_clip_min", "weight_clip_max"))
    assert {(row, column) for row, column, *_ in sweep.points} == {(a, b) for a in (0.1, 0.2) for b in (2.0, 3.0, 5.0)}
    assert "sweep_soft_weighting" in draw_pictures(frame, comparisons, tmp_path)


def test_settings_that_vary_one_at_a_time_or_together_make_no_heat_map(tmp_path: Path) -> None:
    _sweep(tmp_path, skipped=3)
    assert sweeps_of(variants_of(_read(tmp_path)[0])) == []
    diagonal = {
        f"d{value}": (({"name": "soft_weighting", "weight_clip_min": value, "weight_clip_max": 9 + value},), SCORES)
        for value in (0.1, 0.2, 0.3)
    }
    write_suite(tmp_path / "diagonal", diagonal, SEEDS)
    assert sweeps_of(variants_of(_read(tmp_path / "diagonal")[0])) == []


def _map_of(root: Path, experiments_dir: Path) -> str:
    frame, comparisons = _read(root)
    (subject,) = picture_subjects(frame, comparisons)
    scores = [each for _, each in subject.scores(comparisons, subject.metrics[0])]
    return evaluation_map_of(subject, scores, experiments_dir).confidence_name


def test_a_map_that_the_suite_made_of_the_evaluation_set_goes_before_one_of_the_scores(tmp_path: Path) -> None:
    write_suite(tmp_path, {"baseline": ((), SCORES), "smooth": (SMOOTHING, SCORES)}, SEEDS)
    _write_examples(tmp_path)
    assert _map_of(tmp_path, tmp_path) == "mean score"
    folder = tmp_path / "shared" / "data_map_1"
    folder.mkdir(parents=True)
    (folder / "provenance.json").write_text(json.dumps({"dataset": "demo", "split": "validation"}))
    table = pd.DataFrame(
        {"id": [f"e{place}" for place in range(60)], "confidence": 0.5, "variability": 0.1, "category": "easy"}
    )
    table.to_csv(folder / "cartography_metrics.csv", index=False)
    assert _map_of(tmp_path, tmp_path) == "confidence"


HEADER = "id,confidence,variability,category\n"
BROKEN = [
    "",
    "id,confidence\ne1,0.5\n",
    f"{HEADER}e1,x,0,easy\n",
    HEADER + "e1,0.5,0,easy\n" * 2,
    f"{HEADER}e1,0,0,easy\n",
]
WHOLE = HEADER + "".join(f"e{place},0.5,0.1,easy\n" for place in range(60))


@pytest.mark.parametrize(
    ("content", "name"), [*((each, "mean score") for each in BROKEN), pytest.param(WHOLE, "confidence", id="whole")]
)
def test_a_given_map_is_taken_unless_it_is_broken_or_of_other_examples(tmp_path: Path, content: str, name: str) -> None:
    given = tmp_path / "given"
    given.mkdir()
    (given / "cartography_metrics.csv").write_text(content)
    root = tmp_path / "suite"
    for label, strategies in {"baseline": (), "smooth": SMOOTHING}.items():
        for seed in SEEDS:
            config = config_mapping(f"{label}_seed{seed}", seed, strategies, validation_cartography_dir=str(given))
            write_run(root, config, {"eval_f1": 80.0 + seed})
    _write_examples(root)
    assert _map_of(root, root) == name
