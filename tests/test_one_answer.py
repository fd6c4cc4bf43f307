"""The same runs, asked by every command: one difference, one p-value, one word."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
import pytest

from errors import DataError
from experiment_ab_test import ABTest
from experiment_results.comparisons import compare_all
from experiment_results.frame import build_frame
from experiment_results.reading import read_experiments
from tests.experiment_commands.stores import Command, add_run, take_in
from tests.experiment_folders import write_predictions

SMOOTHING = ({"name": "label_smoothing", "smoothing_factor": 0.6},)
NUM_EXAMPLES = 60


@dataclass
class Answers:
    """What each command says of the same runs."""

    analysis: Any
    """The row of comparisons.csv."""
    significance: dict[str, Any]
    compare: dict[str, Any]
    recommended: str
    """By ``abtest``; empty where it refuses."""
    recommended_in_python: str


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    return Command(capsys, monkeypatch)


def _write(
    root: Path,
    variant: str,
    metric: str,
    values: Sequence[float],
    examples: Sequence[Sequence[float]] = (),
    first_id: int = 0,
) -> list[Path]:
    strategies = () if variant == "baseline" else SMOOTHING
    folders = []
    for seed, value in enumerate(values, start=1):
        folder = add_run(root, variant, seed, {metric: value}, strategies, primary_metric=metric)
        if examples:
            ids = [f"q{place}" for place in range(NUM_EXAMPLES)]
            write_predictions(folder, {"f1": examples[seed - 1]}, ids)
        folders.append(folder)
    return folders


def _scores(chance: float, seed: int, num_seeds: int = 4) -> list[list[float]]:
    """Return scores of examples, shape (num_seeds, NUM_EXAMPLES); how hard an example is, both sides share."""
    hard = np.random.default_rng(0).uniform(-0.3, 0.3, NUM_EXAMPLES)
    noise = np.random.default_rng(seed).uniform(-0.1, 0.1, (num_seeds, NUM_EXAMPLES))
    return [row.tolist() for row in np.clip(chance + hard + noise, 0, 1)]


def _ask(command: Command, root: Path, folders: Sequence[Path]) -> Answers:
    take_in(*folders)
    table = compare_all(build_frame(read_experiments(root))).table
    names = ("baseline", "label_smoothing")
    (finding,) = json.loads(command("significance", *names, "--json")[1])["findings"]
    status, output, _ = command("abtest", *names, "--json")
    try:
        in_python: str = ABTest(*names, experiments_dir=root).recommend().action
    except DataError as error:
        in_python = type(error).__name__
    return Answers(
        analysis=table.iloc[0],
        significance=finding,
        compare=command.json("compare", *names)["verdict"],
        recommended="" if status == 2 else json.loads(output)["action"],
        recommended_in_python=in_python,
    )


def _check_numbers(answers: Answers) -> None:
    row, finding, (versus,) = answers.analysis, answers.significance, answers.compare["versus"]
    assert row["verdict"] == finding["verdict"]
    assert row["n_examples"] == finding["num_examples"] == versus["num_examples"]
    assert row["basis"] == finding["basis"] == versus["over"]
    assert (row["p"] if row["p"] == row["p"] else None) == pytest.approx(finding["p"])
    assert abs(versus["ahead_by"]) == pytest.approx(abs(row["difference"]))
    if versus["interval"] is None:
        assert row["ci_low"] != row["ci_low"] and finding["interval"] is None
    else:
        bounds = sorted(map(abs, versus["interval"]))
        assert bounds == pytest.approx(sorted(map(abs, finding["interval"])))
        assert bounds == pytest.approx(sorted([abs(row["ci_low"]), abs(row["ci_high"])]))


@pytest.mark.parametrize("metric", ["eval_perplexity", "eval_loss", "eval_error_rate", "eval_wer"])
def test_smaller_is_better_to_all_of_them(command: Command, tmp_path: Path, metric: str) -> None:
    root = tmp_path / "experiments"
    folders = _write(root, "baseline", metric, [12.0, 12.5, 12.2, 12.3])
    folders += _write(root, "label_smoothing", metric, [10.0, 10.1, 10.4, 10.2])
    answers = _ask(command, root, folders)
    _check_numbers(answers)
    assert (answers.analysis["verdict"], answers.compare["leader"]) == ("better", "B")
    assert answers.recommended == answers.recommended_in_python == "stop for benefit"


@pytest.mark.parametrize("decimals", [2, 12])
def test_scores_of_examples_count_to_all_of_them_rounded_or_not(
    command: Command, tmp_path: Path, decimals: int
) -> None:
    root = tmp_path / "experiments"
    folders = []
    for name, chance, seed in (("baseline", 0.5, 1), ("label_smoothing", 0.55, 2)):
        scores = _scores(chance, seed)
        folders += _write(root, name, "eval_f1", [round(100 * fmean(each), decimals) for each in scores], scores)
    answers = _ask(command, root, folders)
    _check_numbers(answers)
    assert answers.analysis["n_examples"] == NUM_EXAMPLES
    assert answers.analysis["verdict"] == "better"
    assert answers.recommended == answers.recommended_in_python == "stop for benefit"


def test_seeds_of_one_side_on_other_examples_give_no_p_value(command: Command, tmp_path: Path) -> None:
    root = tmp_path / "experiments"
    scores, more = _scores(0.5, 1), _scores(0.7, 2)
    folders = _write(root, "baseline", "eval_f1", [100 * fmean(each) for each in scores], scores)
    folders += _write(root, "label_smoothing", "eval_f1", [100 * fmean(each) for each in more], more)
    write_predictions(folders[-1], {"f1": more[-1]}, [f"other{place}" for place in range(NUM_EXAMPLES)])
    answers = _ask(command, root, folders)
    _check_numbers(answers)
    assert (answers.analysis["verdict"], answers.significance["p"]) == ("undecided", None)
    assert "evaluated on different examples" in answers.analysis["advice"]
    assert "evaluated on different examples" in answers.significance["reason"]
    assert (answers.recommended, answers.recommended_in_python) == ("", "DataError")


def test_fractions_beside_percents_give_no_p_value(command: Command, tmp_path: Path) -> None:
    root = tmp_path / "experiments"
    folders = []
    for name, scale, seed in (("baseline", 100, 1), ("label_smoothing", 1, 2)):
        scores = _scores(0.5, seed)
        folders += _write(root, name, "eval_f1", [scale * fmean(each) for each in scores], scores)
    answers = _ask(command, root, folders)
    _check_numbers(answers)
    assert "in percent" in answers.analysis["advice"] and "in percent" in answers.significance["reason"]


def test_one_seed_each_is_undecided(command: Command, tmp_path: Path) -> None:
    root = tmp_path / "experiments"
    folders = []
    for name, chance, seed in (("baseline", 0.4, 1), ("label_smoothing", 0.7, 2)):
        scores = _scores(chance, seed, 1)
        folders += _write(root, name, "eval_f1", [100 * fmean(scores[0])], scores)
    answers = _ask(command, root, folders)
    _check_numbers(answers)
    assert (answers.analysis["verdict"], answers.analysis["basis"]) == ("undecided", "examples")
    assert answers.recommended == answers.recommended_in_python == "go on"


def test_a_run_that_diverged_does_not_count(command: Command, tmp_path: Path) -> None:
    root = tmp_path / "experiments"
    folders = _write(root, "baseline", "eval_f1", [70.0, 71.0, 70.5, 70.2])
    folders += _write(root, "label_smoothing", "eval_f1", [75.0, 75.5, 75.8, float("nan")])
    answers = _ask(command, root, folders)
    _check_numbers(answers)
    assert answers.analysis["n"] == answers.significance["num_seeds"] == 3
    assert answers.analysis["note"] and answers.significance["notes"]
