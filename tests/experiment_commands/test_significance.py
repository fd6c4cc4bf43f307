"""``significance`` says one word for each comparison, what it rests on, and refuses what cannot be compared."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from analysis.crossed import compare_scores
from analysis.scores import Scores
from tests.experiment_commands.stores import Command, add_evaluation, add_run, take_in
from tracking import ExperimentTracker

GOLDEN = Path(__file__).parent / "golden"
SMOOTHING = ({"name": "label_smoothing", "smoothing_factor": 0.6},)
SEEDS = (1, 2, 3, 4)
NUM_EXAMPLES = 200


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    return Command(capsys, monkeypatch)


def _table(shift: float, seed: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return right and wrong answers of four runs, shape (4, NUM_EXAMPLES); the examples' difficulty is shared."""
    difficulty = np.random.default_rng(0).uniform(size=NUM_EXAMPLES)
    noise = np.random.default_rng(seed).uniform(-0.2, 0.2, size=(len(SEEDS), NUM_EXAMPLES))
    return (difficulty + noise < 0.5 + shift).astype(np.float64)


def _variant(root: Path, name: str, table: np.ndarray[Any, np.dtype[np.float64]], **fields: Any) -> list[Path]:
    folders = []
    for seed, scores in zip(SEEDS, table, strict=True):
        mean = 100 * float(scores.mean())
        strategies = () if name == "baseline" else SMOOTHING
        folder = add_run(root, name, seed, {"eval_f1": mean, "eval_loss": 1 + seed / 10}, strategies, **fields)
        add_evaluation(folder, "demo", {"f1": mean}, [{"id": f"q{i}", "f1": each} for i, each in enumerate(scores)])
        folders.append(folder)
    return folders


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    """Write and index a baseline and a variant that is plainly better, with four seeds each."""
    root = tmp_path / "experiments"
    take_in(*_variant(root, "baseline", _table(0, 1)), *_variant(root, "label_smoothing", _table(0.15, 2)))
    return root


def _scores(shift: float, seed: int) -> Scores:
    return Scores.of_examples(SEEDS, 100 * _table(shift, seed), [f"q{i}" for i in range(NUM_EXAMPLES)])


@pytest.mark.usefixtures("suite")
def test_what_people_see(command: Command) -> None:
    status, output, errors = command("significance", "strategy=baseline", "strategy=label_smoothing")
    assert (status, errors) == (0, "")
    lines = "".join(f"{line.rstrip()}\n" for line in output.splitlines())
    assert lines == (GOLDEN / "significance.txt").read_text(encoding="utf-8")


@pytest.mark.usefixtures("suite")
def test_the_numbers_are_those_of_the_analysis(command: Command) -> None:
    (found,) = command.json("significance", "baseline", "label_smoothing")["findings"]
    expected = compare_scores(_scores(0.15, 2), _scores(0, 1))
    assert found["basis"] == "seeds and examples"
    assert found["num_examples"] == NUM_EXAMPLES
    assert (found["difference"], found["p"]) == pytest.approx((expected.difference, expected.p_value))
    assert found["interval"] == pytest.approx(expected.interval)
    assert found["verdict"] == "better"
    sizes = {each["name"]: each["value"] for each in found["effect_sizes"]}
    assert sizes["Hedges' g"] == pytest.approx(expected.hedges_g)
    assert sizes["probability of superiority"] == 1


@pytest.mark.usefixtures("suite")
def test_a_narrow_terminal_keeps_the_verdict_whole(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "76")
    _, output, errors = command("significance", "baseline", "label_smoothing")
    (line,) = [line for line in output.splitlines() if line.startswith("B − A  eval_f1")]
    assert line.endswith("better") and " to " in line
    assert "have no room: g" in errors


@pytest.mark.usefixtures("suite")
def test_the_first_is_the_control(command: Command) -> None:
    (found,) = command.json("significance", "label_smoothing", "baseline")["findings"]
    assert (found["verdict"], found["difference"] < 0) == ("worse", True)


@pytest.mark.usefixtures("suite")
def test_a_benchmark_has_metrics_of_its_own(command: Command) -> None:
    runs, benchmark = ("significance", "baseline", "label_smoothing"), ("--benchmark", "demo", "--metric", "f1")
    (found,), (same,) = command.json(*runs, *benchmark)["findings"], command.json(*runs)["findings"]
    assert found["metric"] == "demo/f1"
    assert found["p"] == pytest.approx(same["p"])


@pytest.mark.usefixtures("suite")
def test_several_metrics_and_methods_are_corrected_together(command: Command) -> None:
    metrics, methods = ("-m", "eval_f1", "-m", "eval_loss"), ("--method", "crossed", "--method", "paired-t")
    both = command.json("significance", "baseline", "label_smoothing", *metrics, *methods)["findings"]
    known = [each["p"] for each in both if each["p"] is not None]
    corrected = [each["p_corrected"] for each in both if each["p"] is not None]
    # The losses are the same with both, so that nothing tests them.
    assert [(each["metric"], each["p"] is None) for each in both] == [
        ("eval_f1", False),
        ("eval_f1", False),
        ("eval_loss", True),
        ("eval_loss", True),
    ]
    assert sorted(corrected) == pytest.approx(sorted([2 * min(known), max(2 * min(known), max(known))]))


@pytest.mark.usefixtures("suite")
def test_other_methods_are_the_known_tests(command: Command) -> None:
    first, second = _scores(0.15, 2).values, _scores(0, 1).values
    methods = ("--method", "paired-t", "--method", "welch-t")
    found = command.json("significance", "baseline", "label_smoothing", *methods, "--correction", "none")["findings"]
    expected = [stats.ttest_rel(first, second), stats.ttest_ind(first, second, equal_var=False)]
    assert [each["p"] for each in found] == pytest.approx([float(each.pvalue) for each in expected])
    assert [each["p_corrected"] for each in found] == [each["p"] for each in found]


@pytest.mark.usefixtures("suite")
def test_level_and_margin_move_the_verdict(command: Command) -> None:
    wide = command.json("significance", "baseline", "label_smoothing", "--level", "0.9999", "--margin", "60")
    assert wide["findings"][0]["verdict"] == "equivalent"
    assert wide["questions"]["margin"] == 60


@pytest.mark.usefixtures("suite")
def test_two_single_runs_are_no_verdict_but_a_method_may_speak_of_their_examples(command: Command) -> None:
    names = ("baseline_seed1", "label_smoothing_seed1")
    status, output, _ = command("significance", *names)
    assert status == 0
    assert "nothing is known of the spread over seeds" in output
    assert "another seed may change the sign" in " ".join(output.split())
    assert command.json("significance", *names)["findings"][0]["p"] is None
    (found,) = command.json("significance", *names, "--method", "mcnemar-mid-p")["findings"]
    assert found["p"] is not None
    assert (found["verdict"], found["reason"]) == ("better", "these very models: other seeds may say otherwise")


@pytest.mark.usefixtures("suite")
def test_each_method_says_of_what_chance_it_speaks_and_how_small_its_p_can_be(command: Command) -> None:
    methods = ("--method", "paired-bootstrap", "--method", "permutation", "--method", "mann-whitney")
    _, output, _ = command("significance", "baseline", "label_smoothing", *methods)
    text = " ".join(output.split())
    assert "paired bootstrap over examples: speaks of other examples of the same kind (200 here)" in text
    assert "permutation test: gives no p below 0.125, whatever the scores" in text
    assert "by mann-whitney: Mann-Whitney U test, estimate" in text


def test_runs_that_differ_in_more_are_refused_unless_allowed(command: Command, suite: Path) -> None:
    take_in(*_variant(suite, "other", _table(0.1, 3), config={"training": {"learning_rate": 0.5}}))
    status, output, _ = command("significance", "baseline", "other")
    assert status == 1
    assert "training.learning_rate: A 0.001, B 0.5" in output
    assert "eval_f1" not in output
    status, output, _ = command("significance", "baseline", "other", "--json")
    assert (status, json.loads(output)["findings"]) == (1, [])
    assert json.loads(output)["differ_in"][0]["values"] == {"A": 0.001, "B": 0.5}
    status, output, _ = command("significance", "baseline", "other", "--allow-differences")
    assert status == 0
    assert "training.learning_rate: A 0.001, B 0.5" in output


def test_a_setting_that_a_filter_names_is_what_is_compared(command: Command, suite: Path) -> None:
    take_in(*_variant(suite, "baseline", _table(0.1, 3), config={"training": {"learning_rate": 0.5}}))
    sides = ("training.learning_rate = 0.001 and variant = baseline", "training.learning_rate = 0.5")
    found = command.json("significance", *sides)
    assert found["differ_in"] == []
    assert found["findings"][0]["num_seeds"] == 4


def test_one_side_of_several_strategies_is_refused(command: Command, suite: Path) -> None:
    take_in(*_variant(suite, "cluster_filter", _table(0.1, 3)))
    both: list[Mapping[str, Any]] = [{"name": "cluster_filter"}, *SMOOTHING]
    take_in(add_run(suite, "cluster_filter+label_smoothing", 1, {"eval_f1": 50.0}, both))
    status, output, _ = command("significance", "baseline", "strategy = label_smoothing")
    assert status == 1
    assert "B varies" in output


def test_the_only_setting_that_differs_between_runs_of_a_script_is_what_is_compared(
    command: Command, tmp_path: Path
) -> None:
    with ExperimentTracker(experiments_dir=tmp_path / "experiments") as tracker:
        for rate in (0.1, 0.2, 0.3):
            for seed in SEEDS:
                config = {"lr": rate, "warm": rate > 0.25, "seed": seed}
                tracker.start_experiment(config, experiment_name=f"rate{rate}_seed{seed}")
                tracker.log_results({"accuracy": 50 + 10 * rate + seed}, "accuracy")
                tracker.finish_experiment("completed")
    assert command("significance", "rate0.1", "rate0.2")[0] == 0
    status, output, _ = command("significance", "rate0.1", "rate0.3")
    assert status == 1
    assert "lr: A 0.1, B 0.3" in output and "warm: A false, B true" in output


def test_a_run_that_diverged_or_is_repeated_does_not_count_and_is_named(command: Command, suite: Path) -> None:
    take_in(add_run(suite, "label_smoothing", 5, {"eval_f1": float("nan")}, SMOOTHING))
    again = add_run(suite, "label_smoothing", 4, {"eval_f1": 40.0}, SMOOTHING, config={"notes": "again"})
    take_in(again)
    found = command.json("significance", "baseline", "label_smoothing")
    assert found["treatments"][0]["num_left_out"] == 1
    (finding,) = found["findings"]
    assert finding["num_seeds"] == 4
    assert any("label_smoothing_seed5 does not count" in note for note in finding["notes"])
    assert any("label_smoothing_seed4: no score of any example was kept" in note for note in finding["notes"])
    assert finding["basis"] == "seeds"


def test_runs_without_seeds_all_count_and_are_not_paired(command: Command, tmp_path: Path) -> None:
    with ExperimentTracker(experiments_dir=tmp_path / "experiments") as tracker:
        for rate, scores in {0.1: (50.0, 52.0, 51.0), 0.2: (53.0, 55.0, 56.0)}.items():
            for score in scores:
                tracker.start_experiment({"lr": rate}, experiment_name=f"rate_{rate}")
                tracker.log_results({"accuracy": score}, "accuracy")
                tracker.finish_experiment("completed")
    (found,) = command.json("significance", "lr = 0.1", "lr = 0.2")["findings"]
    assert (found["num_seeds"], found["paired"]) == (3, False)
    assert any("not paired by seed" in note for note in found["notes"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("baseline",), "the control comes first"),
        (("baseline", "baseline"), "both hold baseline_seed1"),
        (("baseline", "nobody"), "no experiment 'nobody'"),
        (("baseline", "seed = 99"), "no experiment fulfils 'seed = 99'"),
        (("baseline", "sed = 99"), "did you mean 'seed'"),
        (("baseline", "label_smoothing", "-m", "eval_f2"), "did you mean 'eval_f1'"),
        (("baseline", "label_smoothing", "-b", "demp"), "did you mean 'demo'"),
        (("baseline", "label_smoothing", "--method", "t-test"), "no such one"),
        (("baseline", "label_smoothing", "--correction", "hohm"), "did you mean 'holm'"),
        (("baseline", "label_smoothing", "--level", "95"), "below 1"),
        (("baseline", "label_smoothing", "--margin", "-1"), "above 0"),
        (("baseline", "label_smoothing", "--alternative", "more"), "two-sided, greater, less"),
    ],
)
@pytest.mark.usefixtures("suite")
def test_mistakes_are_named(command: Command, arguments: tuple[str, ...], message: str) -> None:
    status, output, errors = command("significance", *arguments)
    assert (status, output) == (2, "")
    assert message in errors


@pytest.mark.usefixtures("suite")
def test_the_same_seed_gives_the_same_answer(command: Command) -> None:
    arguments = ("significance", "baseline", "label_smoothing", "--method", "paired-bootstrap", "--seed", "7")
    assert command.json(*arguments) == command.json(*arguments)


TREATMENT = [69.0, 68.9, 69.1, 68.8, 69.05, 68.95, 69.02, 68.97, 69.03, 68.98, 69.01, 100.0]


def _twelve_seeds(root: Path, treatment: list[float]) -> None:
    sides = {"baseline": [70.0] * 6 + [70.01] * 6, "label_smoothing": treatment}
    for name, scores in sides.items():
        strategies = () if name == "baseline" else SMOOTHING
        take_in(*(add_run(root, name, seed, {"eval_f1": score}, strategies) for seed, score in enumerate(scores)))


@pytest.mark.parametrize("method", ["wilcoxon", "mann-whitney"])
def test_the_sign_of_a_verdict_is_that_of_what_its_method_estimates(
    command: Command, tmp_path: Path, method: str
) -> None:
    _twelve_seeds(tmp_path / "experiments", TREATMENT)
    (found,) = command.json("significance", "baseline", "label_smoothing", "--method", method)["findings"]
    assert found["difference"] > 0 > found["estimate"]
    assert (found["verdict"], found["reason"]) == ("worse", "though the means differ the other way")


def test_a_difference_that_nobody_asked_for_is_said(command: Command, tmp_path: Path) -> None:
    _twelve_seeds(tmp_path / "experiments", [score + 5 for score in TREATMENT[:11]] + [74.0])
    (found,) = command.json("significance", "baseline", "label_smoothing", "--alternative", "less")["findings"]
    assert (found["verdict"], found["need"]) == ("undecided", None)
    assert found["reason"] == "the difference points the other way than --alternative asks"


@pytest.mark.usefixtures("suite")
def test_an_interval_of_another_level_is_not_shown_as_if_it_were_not(command: Command) -> None:
    asked = ("significance", "baseline", "label_smoothing", "--method", "tost", "--margin", "60")
    (found,) = command.json(*asked)["findings"]
    assert found["interval_level"] == pytest.approx(0.9)
    _, output, _ = command(*asked)
    low, high = found["interval"]
    assert f"(90 % interval {low:.3g} to {high:.3g})" in output
    assert f"{low:+.2f} to" not in output


def test_what_else_was_measured_and_how_runs_came_about_is_said(command: Command, tmp_path: Path) -> None:
    root = tmp_path / "experiments"
    names = (("baseline", (), "a" * 40), ("label_smoothing", SMOOTHING, "b" * 40))
    for seed in (1, 2, 3):
        for name, strategies, commit in names:
            metrics = {"eval_f1": 70.0 + seed, "eval_demo_ood_f1": 60.0 + seed, "eval_macro_f1": 1.0, "eval_loss": 1.0}
            take_in(add_run(root, name, seed, metrics, strategies, git={"commit": commit}))
    (root / "decisions_0123abcd.json").write_text("{}")
    found = command.json("significance", "baseline", "label_smoothing")
    notes = found["findings"][0]["notes"]
    assert any("other evaluation sets are not tested here: eval_demo_ood_f1; with -m" in note for note in notes)
    assert "commits aaaaaaa, bbbbbbb" in found["remarks"][0]
    assert "decisions_0123abcd.json" in found["remarks"][1]
    both = command.json("significance", "baseline", "label_smoothing", "-m", "eval_f1", "-m", "eval_demo_ood_f1")
    assert not any("not tested" in note for each in both["findings"] for note in each["notes"])
    _, _, errors = command("compare", "baseline", "label_smoothing")
    assert "decisions_0123abcd.json" in errors


def test_a_metric_that_only_an_evaluation_has_is_pointed_at(command: Command, tmp_path: Path) -> None:
    root = tmp_path / "experiments"
    for name, strategies in (("baseline", ()), ("label_smoothing", SMOOTHING)):
        for seed in (1, 2, 3):
            metrics = {"eval_f1": 70.0 + seed} if name == "baseline" else {}
            folder = add_run(root, name, seed, metrics, strategies)
            add_evaluation(folder, "mine", {"f1": 70.0 + seed}, [])
            take_in(folder)
    _, output, _ = command("significance", "baseline", "label_smoothing", "-m", "eval_f1")
    assert "its eval_f1 is missing; --benchmark mine has one" in " ".join(output.split())
