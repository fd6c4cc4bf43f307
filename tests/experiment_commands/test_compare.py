"""``compare`` prints what differs and who is ahead, and says what it does not know."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from tests.experiment_commands.stores import Command, add_evaluation, add_run, take_in
from tracking import ExperimentTracker

GOLDEN = Path(__file__).parent / "golden"
SMOOTHING = ({"name": "label_smoothing", "smoothing_factor": 0.6},)


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    return Command(capsys, monkeypatch)


def _samples(right: int, total: int = 20) -> list[dict[str, Any]]:
    return [{"id": f"q{i}", "f1": float(i < right), "score": 7.5, "prediction": "x"} for i in range(total)]


def _with_evaluation(folder: Path, right: int, benchmark: str = "validation") -> Path:
    add_evaluation(folder, benchmark, {"f1": right * 5.0}, _samples(right))
    return folder


def _two_runs(root: Path) -> list[Path]:
    old = {"python": "3.11.7", "packages": {"torch": "2.9.0", "numpy": "2.3.0"}}
    new = {"python": "3.11.7", "packages": {"torch": "2.10.0", "numpy": "2.3.0"}}
    first = add_run(
        root, "baseline", 1, {"eval_f1": 75.0, "eval_loss": 1.25, "epoch": 6.0}, machine=old, git={"commit": "a" * 40}
    )
    second = add_run(
        root,
        "label_smoothing",
        1,
        {"eval_f1": 80.0, "eval_loss": 1.5, "epoch": 6.0, "eval_demo_ood_f1": 60.5},
        SMOOTHING,
        machine=new,
        git={"commit": "a" * 40, "dirty": True, "diff": "--- a/x\n+++ b/x\n-1\n+2\n"},
        config={"training": {"learning_rate": 5e-4}, "notes": "[red]1[/red]"},
    )
    return [_with_evaluation(first, 15), _with_evaluation(second, 16)]


def _golden(name: str, output: str) -> None:
    lines = re.sub(r"\b[0-9a-f]{12}\b", "a-group-hash", "".join(f"{line.rstrip()}\n" for line in output.splitlines()))
    assert lines == (GOLDEN / name).read_text(encoding="utf-8")


def test_two_runs_side_by_side(command: Command, tmp_path: Path) -> None:
    take_in(*_two_runs(tmp_path / "experiments"))
    status, output, errors = command("compare", "baseline_seed1", "label_smoothing_seed1")
    assert (status, errors) == (0, "")
    _golden("compare_two_runs.txt", output)


def test_groups_over_seeds(command: Command, tmp_path: Path) -> None:
    take_in(*_suite(tmp_path / "experiments"))
    status, output, errors = command("compare", "baseline", "label_smoothing")
    assert (status, errors) == (0, "")
    _golden("compare_groups.txt", output)
    _, by_group, _ = command("compare", "baseline_seed2", "label_smoothing_seed1", "--by-group")
    assert by_group == output


SCORES = {"baseline": [70.0, 72.0, 71.0], "label_smoothing": [73.0, 73.5, 75.0]}


def _suite(root: Path) -> list[Path]:
    return [
        add_run(root, variant, seed, {"eval_f1": scores[seed - 1]}, SMOOTHING if variant != "baseline" else ())
        for seed in (1, 2, 3)
        for variant, scores in SCORES.items()
    ]


def test_the_margin_of_groups_is_the_paired_t_test_over_seeds(command: Command, tmp_path: Path) -> None:
    take_in(*_suite(tmp_path / "experiments"))
    verdict = command.json("compare", "baseline", "label_smoothing", "--level", "0.9")["verdict"]
    expected = stats.ttest_rel(SCORES["label_smoothing"], SCORES["baseline"]).confidence_interval(0.9)
    (versus,) = verdict["versus"]
    assert (verdict["leader"], versus["over"], versus["num_seeds"], versus["paired"]) == ("B", "seeds", [3, 3], True)
    assert versus["interval"] == pytest.approx([expected.low, expected.high])
    assert versus["ahead_by"] == pytest.approx(np.mean(SCORES["label_smoothing"]) - np.mean(SCORES["baseline"]))


def test_the_margin_of_runs_is_the_paired_t_test_over_examples(command: Command, tmp_path: Path) -> None:
    folders = [add_run(tmp_path / "experiments", "baseline", right, {"eval_f1": right * 5.0}) for right in (4, 18)]
    take_in(*(_with_evaluation(folder, right) for folder, right in zip(folders, (4, 18), strict=True)))
    verdict = command.json("compare", "baseline_seed4", "baseline_seed18")["verdict"]
    first, second = ([100 * sample["f1"] for sample in _samples(right)] for right in (18, 4))
    expected = stats.ttest_rel(first, second).confidence_interval()
    (versus,) = verdict["versus"]
    assert (versus["over"], versus["num_examples"], versus["distinguishable"]) == ("examples", 20, True)
    assert versus["interval"] == pytest.approx([expected.low, expected.high])


def test_a_run_without_a_right_answer_is_paired_like_any_other(command: Command, tmp_path: Path) -> None:
    folders = [add_run(tmp_path / "experiments", "baseline", right, {"eval_f1": right * 5.0}) for right in (0, 18)]
    take_in(*(_with_evaluation(folder, right) for folder, right in zip(folders, (0, 18), strict=True)))
    (versus,) = command.json("compare", "baseline_seed0", "baseline_seed18")["verdict"]["versus"]
    assert (versus["over"], versus["ahead_by"]) == ("examples", 90.0)


def test_without_scores_of_examples_one_run_says_nothing_about_chance(command: Command, tmp_path: Path) -> None:
    root = tmp_path / "experiments"
    take_in(*(add_run(root, "baseline", seed, {"eval_f1": 70.0 + seed}) for seed in (1, 2)))
    _, output, _ = command("compare", "baseline_seed1", "baseline_seed2")
    assert "B is ahead of A by 1.00; one seed: too few to know the spread over seeds, at least 3 are needed" in output


def test_predictions_in_the_folder_serve_where_no_evaluation_was_recorded(command: Command, tmp_path: Path) -> None:
    folders = [add_run(tmp_path / "experiments", "baseline", right, {"eval_f1": right * 5.0}) for right in (12, 18)]
    for folder, right in zip(folders, (12, 18), strict=True):
        (folder / "trainer_output").mkdir()
        lines = "".join(f"{sample}\n".replace("'", '"') for sample in _samples(right))
        (folder / "trainer_output" / "eval_predictions.jsonl").write_text(lines)
    take_in(*folders)
    (versus,) = command.json("compare", "baseline_seed12", "baseline_seed18")["verdict"]["versus"]
    assert (versus["over"], versus["num_examples"], versus["distinguishable"]) == ("examples", 20, True)


def test_scores_that_are_not_behind_the_metric_are_not_used(command: Command, tmp_path: Path) -> None:
    folders = [add_run(tmp_path / "experiments", "baseline", seed, {"eval_macro_f1": 70.0 + seed}) for seed in (1, 2)]
    for folder in folders:
        _with_evaluation(folder, 10)
    take_in(*folders)
    (versus,) = command.json("compare", *("baseline_seed1", "baseline_seed2"), "-m", "eval_macro_f1")["verdict"][
        "versus"
    ]
    assert versus["interval"] is None


def test_the_user_says_which_metric_decides_and_which_way(command: Command, tmp_path: Path) -> None:
    take_in(*_two_runs(tmp_path / "experiments"))
    names = ("baseline_seed1", "label_smoothing_seed1")
    assert command.json("compare", *names, "--metric", "eval_loss")["verdict"]["leader"] == "A"
    turned = command.json("compare", *names, "--metric", "eval_loss", "--higher", "eval_loss")
    assert turned["verdict"]["leader"] == "B"
    assert command.json("compare", *names, "-m", "epoch", "--lower", "epoch")["verdict"]["leader"] is None


def test_a_curve_and_its_result_are_one_metric_under_either_name(command: Command, tmp_path: Path) -> None:
    root = tmp_path / "experiments"
    scores = {1: {"eval/f1": {5: 70.0}}, 2: {"eval/f1": {5: 71.0}}}
    take_in(*(add_run(root, "baseline", seed, {"eval_f1": 69.0 + seed}, (), points) for seed, points in scores.items()))
    names = ("baseline_seed1", "baseline_seed2")
    found = command.json("compare", *names, "--metric", "eval/f1", "--higher", "metrics.eval/f1")
    assert [row["name"] for row in found["metrics"]] == ["eval_f1"]
    assert (found["verdict"]["metric"], found["verdict"]["leader"]) == ("eval_f1", "B")


def test_nobody_is_best_in_what_is_about_the_training_alone(command: Command, tmp_path: Path) -> None:
    root = tmp_path / "experiments"
    metrics = [{"train/runtime": 3.0 + each, "train/total_flos": 1e10 + each, "zeta": float(each)} for each in (0, 1)]
    take_in(*(add_run(root, "baseline", seed, values) for seed, values in enumerate(metrics)))
    names = ("baseline_seed0", "baseline_seed1")
    rows = command.json("compare", *names)["metrics"]
    assert [(row["name"], row["best"]) for row in rows] == [
        ("zeta", ["B"]),
        ("train/runtime", []),
        ("train/total_flos", []),
    ]
    asked = command.json("compare", *names, "--lower", "train/runtime", "-m", "train/runtime")
    assert asked["verdict"]["leader"] == "A"
    assert asked["metrics"][0]["best"] == ["A"]


def test_long_names_are_shortened_rather_than_split(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_in(*_two_runs(tmp_path / "experiments"))
    monkeypatch.setenv("COLUMNS", "60")
    _, output, _ = command("compare", "baseline_seed1", "label_smoothing_seed1")
    lines = output.split("configuration")[1].split("environment")[0].splitlines()
    smoothing = [line for line in lines if line.startswith("strategies.") and line.rstrip().endswith("0.6")]
    assert len(smoothing) == 1
    assert max(map(len, lines)) <= 60


def test_twenty_runs_fit_a_narrow_terminal(command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "experiments"
    take_in(*(add_run(root, "baseline", seed, {"eval_f1": 50.0 + seed}) for seed in range(20)))
    monkeypatch.setenv("COLUMNS", "60")
    status, output, _ = command("compare", *(f"baseline_seed{seed}" for seed in range(20)))
    assert status == 0
    assert max(map(len, output.split("\nmetrics")[1].split("\neval_f1 (")[0].splitlines())) <= 60
    assert "T is ahead of A by 19.00" in output


def test_a_mean_over_seeds_never_mixes_in_unfinished_or_repeated_runs(command: Command, tmp_path: Path) -> None:
    root = tmp_path / "experiments"
    folders = _suite(root)
    folders.append(add_run(root, "baseline", 1, {"eval_f1": 99.0}, config={"notes": "again"}))
    folders.append(add_run(root, "baseline", 4, {"eval_f1": 10.0}, ended="failed"))
    take_in(*folders)
    compared = command.json("compare", "baseline", "label_smoothing")
    first = compared["compared"][0]
    assert [each["seed"] for each in first["experiments"]] == [1, 2, 3]
    assert first["experiments"][0]["id"].endswith("000006")
    assert first["num_left_out"] == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("baseline_seed1",), "name at least two"),
        (("baseline_seed1", "baseline_seed1"), "name the same runs"),
        (("baseline_seed1", "nobody"), "no experiment 'nobody'"),
        (("baseline_seed1", "label_smoothing_seed1", "-m", "eval_f2"), "did you mean 'eval_f1'"),
        (("baseline_seed1", "label_smoothing_seed1", "-m", "epoch"), "neither way is better"),
        (("baseline_seed1", "label_smoothing_seed1", "--lower", "x"), "has the metric 'x'"),
        (("baseline_seed1", "label_smoothing_seed1", "--level", "95"), "between 0 and 1"),
    ],
)
def test_mistakes_are_named(command: Command, tmp_path: Path, arguments: tuple[str, ...], message: str) -> None:
    take_in(*_two_runs(tmp_path / "experiments"))
    status, output, errors = command("compare", *arguments)
    assert (status, output) == (2, "")
    assert message in errors


def test_a_variant_of_several_configurations_is_no_group(command: Command, tmp_path: Path) -> None:
    root = tmp_path / "experiments"
    other = add_run(root, "baseline", 9, {"eval_f1": 1.0}, config={"training": {"learning_rate": 0.5}})
    take_in(other, *_suite(root))
    status, _, errors = command("compare", "baseline", "label_smoothing")
    assert status == 2
    assert "names 2 configurations" in errors


def test_a_benchmark_of_the_api_is_paired_by_its_samples(command: Command, tmp_path: Path) -> None:
    root = tmp_path / "experiments"
    folders = [add_run(root, f"Versuch-{name}", 1, {}) for name in "ab"]
    for folder, right in zip(folders, (12, 18), strict=True):
        samples = [{"question_id": number, "correct": number < right} for number in range(20)]
        add_evaluation(folder, "gsm8k", {"accuracy": right / 20}, samples[::-1] if right == 18 else samples)
    take_in(*folders)
    verdict = command.json("compare", "Versuch-a_seed1", "Versuch-b_seed1", "-m", "gsm8k/accuracy")["verdict"]
    (versus,) = verdict["versus"]
    assert (verdict["leader"], versus["over"], versus["num_examples"]) == ("B", "examples", 20)
    assert versus["ahead_by"] == pytest.approx(0.3)


def test_equal_values_are_called_so_and_missing_ones_named(command: Command, tmp_path: Path) -> None:
    root = tmp_path / "experiments"
    scores = ({"eval_f1": 70.0}, {"eval_f1": 70.0}, {"eval_loss": 1.0})
    take_in(*(add_run(root, "baseline", seed, metrics) for seed, metrics in enumerate(scores)))
    _, output, _ = command("compare", *(f"baseline_seed{seed}" for seed in range(3)))
    assert (
        "A and B have the same value; one seed: too few to know the spread over seeds, at least 3 are needed" in output
    )
    assert "C has no eval_f1" in output


def test_one_seed_says_nothing_about_chance(command: Command, tmp_path: Path) -> None:
    take_in(*_suite(tmp_path / "experiments")[:4])
    status, output, _ = command("compare", "baseline", "label_smoothing_seed2")
    assert status == 0
    assert "B is ahead of A by 2.50; it has one seed and the other has 2 seeds: too few" in output


def test_single_runs_of_other_seeds_give_no_interval(command: Command, tmp_path: Path) -> None:
    folders = _suite(tmp_path / "experiments")
    take_in(folders[0], folders[3])
    _, output, _ = command("compare", "baseline_seed1", "label_smoothing_seed2", "--by-group")
    assert "B is ahead of A by 3.50; one seed: too few" in output


def test_a_reader_that_stops_early_is_no_error(tmp_path: Path, root: Path) -> None:
    take_in(*_two_runs(tmp_path / "experiments"))
    program = f"{shlex.quote(sys.executable)} {shlex.quote(str(root / 'experiment_cli.py'))}"
    line = f"set -o pipefail; {program} compare baseline_seed1 label_smoothing_seed1 | head -n 1"
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("\n") == 1


@pytest.mark.parametrize("name", ["[red]x[/red]", "Größe→β", "a'b\"c", "x -- y"])
def test_any_name_is_shown_as_it_is(command: Command, tmp_path: Path, name: str) -> None:
    with ExperimentTracker(experiments_dir=tmp_path / "experiments") as tracker:
        for rate in (0.1, 0.2):
            tracker.start_experiment(config={"lr": rate, "label": name}, experiment_name=f"{name} {rate}")
            tracker.log_results({"accuracy": rate}, "accuracy")
            tracker.finish_experiment("completed")
    status, output, errors = command("compare", f"{name} 0.1", f"{name} 0.2")
    assert (status, errors) == (0, "")
    assert f"A  {name} 0.1" in output
    assert "B is ahead of A by 0.1000" in output
