from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from analysis.variant_scores import VariantScores
from experiment_results.example_scores import scores_by_metric, scores_of
from experiment_results.frame import build_frame
from experiment_results.metrics import MetricName
from experiment_results.reading import read_experiments
from experiment_results.variants import variants_of
from score_files import write_score_file
from tests.experiment_folders import config_mapping, write_predictions, write_run, write_scored_run

F1 = MetricName("eval_f1", "validation", "f1")
SCORES = [[1.0, 0.0, 0.5, 1.0], [1.0, 1.0, 0.25, 0.0], [0.0, 1.0, 1.0, 2 / 3]]
WITHOUT = "so that the chance of examples is left out"


@pytest.fixture
def runs(tmp_path: Path) -> list[Path]:
    """Folders of three seeds of one variant."""
    return [write_scored_run(tmp_path, "baseline", seed, scores) for seed, scores in enumerate(SCORES)]


def _read(root: Path, metric: MetricName = F1) -> VariantScores:
    (variant,) = variants_of(build_frame(read_experiments(root)))
    return scores_of(variant, metric, root)


def _predictions(folder: Path) -> Path:
    return folder / "trainer_output" / "eval_predictions.jsonl"


def test_scores_of_examples_are_on_the_metrics_scale(runs: list[Path]) -> None:
    scores, notes, problem, *_ = _read(runs[0].parent)
    assert scores is not None
    assert scores.examples is not None
    np.testing.assert_allclose(scores.examples, 100 * np.array(SCORES))
    assert (scores.seeds, scores.example_ids, notes, problem) == ((0, 1, 2), ("q0", "q1", "q2", "q3"), (), "")


def test_the_file_of_scores_goes_before_the_predictions(runs: list[Path]) -> None:
    from_predictions = _read(runs[0].parent)
    for folder, scores in zip(runs, SCORES, strict=True):
        ids = [f"q{position}" for position in range(4)]
        write_score_file(folder / "trainer_output" / "eval_scores.npz", ids, {"f1": np.array(scores)})
        _predictions(folder).unlink()
    stored = _read(runs[0].parent)
    assert stored.scores is not None
    assert from_predictions.scores is not None
    np.testing.assert_array_equal(stored.scores.examples, from_predictions.scores.examples)


def test_a_broken_file_of_scores_is_made_up_for_by_the_predictions(runs: list[Path]) -> None:
    (runs[1] / "trainer_output" / "eval_scores.npz").write_bytes(b"PK\x03\x04 torn")
    scores, notes, *_ = _read(runs[0].parent)
    assert scores is not None
    assert (scores.num_examples, notes) == (4, ())


def test_examples_in_another_order_are_matched_by_id(tmp_path: Path) -> None:
    write_scored_run(tmp_path, "baseline", 1, [1.0, 0.0, 0.5], ids=["a", "b", "c"])
    write_scored_run(tmp_path, "baseline", 2, [0.5, 1.0, 0.0], ids=["c", "a", "b"])
    scores = _read(tmp_path).scores
    assert scores is not None
    np.testing.assert_array_equal(scores.examples, [[100, 0, 50], [100, 0, 50]])


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "eval_predictions.jsonl is missing"),
        ("", "eval_predictions.jsonl is damaged"),
        ('{"id": "q0", "f1": 1.0}\n{"id": "q1"', "eval_predictions.jsonl is damaged"),
        ('{"f1": 1.0}\n', "eval_predictions.jsonl has rows without an id"),
        ("3\n", "eval_predictions.jsonl has rows without an id"),
        ('{"id": "q0", "f1": 1.0}\n', "the f1 of its 1 examples averages to 1, not to eval_f1 56.25"),
        ('{"id": "q0", "f1": null}\n{"id": "q1", "f1": 1}\n', "the f1 of 1 of 2 examples is no number"),
        ('{"id": "q0", "f1": NaN}\n{"id": "q1", "f1": 1}\n', "the f1 of 1 of 2 examples is no number"),
        ('{"id": "q0", "em": 1}\n', "eval_f1 is no mean over examples"),
    ],
)
def test_a_file_that_says_nothing_is_named_and_seeds_are_left(
    runs: list[Path], content: str | None, reason: str
) -> None:
    _predictions(runs[1]).unlink() if content is None else _predictions(runs[1]).write_text(content)
    scores, notes, problem, *_ = _read(runs[0].parent)
    assert scores is not None
    assert scores.examples is None
    np.testing.assert_allclose(scores.values, [62.5, 56.25, 200 / 3])
    assert notes == (f"seed 1: {reason}, {WITHOUT}",)
    assert problem == ""


def test_a_seed_on_other_examples_is_a_problem(runs: list[Path]) -> None:
    rows = [json.loads(line) for line in _predictions(runs[2]).read_text().splitlines()]
    write_predictions(runs[2], {"f1": [row["f1"] for row in rows]}, ["q0", "q1", "q2", "other"])
    scores, _, problem, *_ = _read(runs[0].parent)
    assert scores is not None
    assert scores.examples is None
    assert problem == "evaluated on different examples: seed 2 and seed 0"


def test_ids_that_come_again_are_told_apart_and_said(tmp_path: Path) -> None:
    for seed, scores in enumerate(([1.0, 0.0, 0.5], [0.0, 1.0, 0.5])):
        write_scored_run(tmp_path, "baseline", seed, scores, ids=["a", "a", "b"])
    scores_read, notes, *_ = _read(tmp_path)
    assert scores_read is not None
    np.testing.assert_array_equal(scores_read.examples, [[100, 0, 50], [0, 100, 50]])
    assert notes == ("ids of examples that come again (1) are told apart by their order",)


def test_a_metric_that_is_no_mean_is_said(tmp_path: Path) -> None:
    metrics = {"eval_accuracy": 50.0, "eval_macro_f1": 33.3, "eval_loss": 0.7}
    for seed in (1, 2):
        folder = write_run(tmp_path, config_mapping(f"baseline_seed{seed}", seed), metrics)
        write_predictions(folder, {"correct": [1, 0]}, ["a", "b"])
    (variant,) = variants_of(build_frame(read_experiments(tmp_path)))
    names = [MetricName(name, "validation", name.removeprefix("eval_")) for name in metrics]
    found = scores_by_metric(variant, names, tmp_path)
    accuracy = found["eval_accuracy"].scores
    assert accuracy is not None
    np.testing.assert_array_equal(accuracy.examples, [[100, 0], [100, 0]])
    assert found["eval_macro_f1"].notes == (f"eval_macro_f1 is no mean over examples, {WITHOUT}",)
    assert found["eval_loss"].notes == (f"eval_loss is no mean over examples, {WITHOUT}",)


def test_further_evaluation_sets_have_files_of_their_own(tmp_path: Path) -> None:
    folder = write_run(tmp_path, config_mapping("baseline_seed1", 1), {"eval_f1": 1.0, "eval_ood_f1": 0.25})
    write_predictions(folder, {"f1": [0.5, 0.0]}, ["a", "b"], suffix="_ood")
    found = _read(tmp_path, MetricName("eval_ood_f1", "ood", "f1"))
    assert found.scores is not None
    np.testing.assert_array_equal(found.scores.examples, [[0.5, 0.0]])


def test_no_value_gives_no_scores(tmp_path: Path) -> None:
    write_run(tmp_path, config_mapping("baseline_seed1", 1), {})
    assert _read(tmp_path) == VariantScores(None)
