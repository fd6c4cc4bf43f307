"""``leaderboard``: configurations by their mean over seeds."""

from __future__ import annotations

import math
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.estimates import estimate
from experiment_commands.ranking import rank
from tests.experiment_commands.stores import Command, add_evaluation, add_run, take_in
from tracking.reading.scores import Score
from tracking.recording.tracker import ExperimentTracker


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    return Command(capsys, monkeypatch)


@pytest.fixture
def root_folder(tmp_path: Path) -> Path:
    """Three strategies: two over seeds, one with a single seed; and a failed run that would win."""
    runs = tmp_path / "runs"
    folders = [
        add_run(runs, "baseline", seed, {"eval_f1": score, "eval_loss": 100 - score})
        for seed, score in ((1, 80.0), (2, 82.0), (3, 84.0))
    ]
    smooth = [{"name": "label_smoothing"}]
    folders += [add_run(runs, "smooth", seed, {"eval_f1": 85.0 + seed}, smooth) for seed in (1, 2)]
    folders.append(add_run(runs, "single", 1, {"eval_f1": 83.0}, [{"name": "soft_weighting"}]))
    folders.append(add_run(runs, "broken", 1, {"eval_f1": 99.0}, [{"name": "cartography_filter"}], ended="failed"))
    for position, folder in enumerate(folders[:5]):
        add_evaluation(folder, "gsm8k", {"accuracy": position / 10}, [{"id": 1, "correct": 1}])
    take_in(*folders)
    return runs


def test_seeds_are_averaged_and_the_best_mean_leads(run: Command, root_folder: Path) -> None:
    ranks = run.json("leaderboard")
    assert [(each["variant"], each["mean"], each["num_seeds"]) for each in ranks] == [
        ("smooth", 86.5, 2),
        ("single", 83.0, 1),
        ("baseline", 82.0, 3),
    ]
    assert ranks[2]["std"] == pytest.approx(2.0)
    assert ranks[1]["std"] is None
    assert {each["metric"] for each in ranks} == {"eval_f1"}


def test_a_single_seed_says_so(run: Command, root_folder: Path) -> None:
    status, output, errors = run("leaderboard")
    assert status == 0
    (row,) = (line for line in output.splitlines() if " single " in line)
    assert row.split()[:5] == ["2", "single", "83.00", "–", "1"]
    assert "a single seed has no spread" in errors
    assert "larger is better" in errors


def test_the_heading_names_the_metric_and_its_points_stand_below_each_other(run: Command, root_folder: Path) -> None:
    output = run("leaderboard")[1]
    heading, *rows = output.splitlines()
    assert heading.split()[:4] == ["#", "variant", "mean", "eval_f1"]
    assert len({row.index(".") for row in rows}) == 1
    assert "mean gsm8k.accuracy" in run("leaderboard", "--benchmark", "gsm8k")[1]


def test_configurations_of_different_names_are_told_apart_too(run: Command, tmp_path: Path) -> None:
    rates = ("a", 1e-3), ("b", 1e-4)
    configs = [(name, {"training": {"learning_rate": rate}}) for name, rate in rates]
    take_in(*(add_run(tmp_path / "runs", name, 1, {"eval_f1": 80.0}, config=config) for name, config in configs))
    output = run("leaderboard")[1]
    assert "training.learning_rate=0.001" in output
    assert "training.learning_rate=0.0001" in output


def test_a_loss_is_better_when_it_is_smaller(run: Command, root_folder: Path) -> None:
    assert run.json("leaderboard", "--metric", "eval_loss")[0]["mean"] == pytest.approx(18.0)
    assert "smaller is better" in run("leaderboard", "--metric", "eval_loss")[2]
    lowest = run.json("leaderboard", "--metric", "eval_f1", "--ascending")
    assert lowest[0]["variant"] == "baseline"


def test_benchmarks_rank_as_well(run: Command, root_folder: Path) -> None:
    ranks = run.json("leaderboard", "--benchmark", "gsm8k")
    assert [(each["variant"], each["metric"]) for each in ranks] == [("smooth", "accuracy"), ("baseline", "accuracy")]
    assert run.json("leaderboard", "--benchmark", "gsm8k", "--metric", "accuracy", "--top", "1") == ranks[:1]
    status, _, errors = run("leaderboard", "--benchmark", "gsm8")
    assert status == 2
    assert "did you mean 'gsm8k'" in errors


def test_a_benchmark_is_ranked_by_the_primary_metric_or_asks_for_one(run: Command, tmp_path: Path) -> None:
    folder = add_run(tmp_path / "runs", "baseline", 1, {"eval_f1": 80.0})
    add_evaluation(folder, "squad", {"exact_match": 1.0, "f1": 2.0}, [])
    add_evaluation(folder, "code", {"pass@1": 1.0, "pass@10": 2.0}, [])
    take_in(folder)
    assert [each["metric"] for each in run.json("leaderboard", "--benchmark", "squad")] == ["f1"]
    status, _, errors = run("leaderboard", "--benchmark", "code")
    assert status == 2
    assert "pass@1, pass@10" in errors
    assert "--metric" in errors


def test_filters_narrow_the_ranking(run: Command, root_folder: Path) -> None:
    assert [each["variant"] for each in run.json("leaderboard", "--where", "seed = 3")] == ["baseline"]
    assert run("leaderboard", "--where", "seed = 9", "--metric", "eval_f1")[0] == 1
    assert run("leaderboard", "--metric", "eval_f")[0] == 2


@pytest.mark.parametrize("command", [("leaderboard", "--where", "seed = 9"), ("leaderboard", "--tag", "none")])
def test_nothing_to_rank_is_a_no(run: Command, root_folder: Path, command: tuple[str, ...]) -> None:
    assert run(*command) == (1, "", "nothing to rank: none of these completed\n")
    assert run(*command, "--json")[:2] == (1, "[]\n")


def test_where_no_run_says_which_metric_counts_some_are_named(run: Command, tmp_path: Path) -> None:
    with ExperimentTracker(db_path=os.environ["EXPERIMENTS_DB_URL"], experiments_dir=tmp_path / "e") as tracker:
        tracker.start_experiment({}, experiment_name="x")
        tracker.log_metrics({"train/loss": 1.0})
    status, _, errors = run("leaderboard")
    assert status == 2
    assert "name one with --metric (such as train/loss)" in errors
    assert "primary_metric=" in errors


def test_of_a_repeated_seed_the_newest_counts(run: Command, root_folder: Path) -> None:
    again = add_run(root_folder, "baseline-again", 3, {"eval_f1": 87.0}, variant_name="x")
    take_in(again)
    (baseline,) = (each for each in run.json("leaderboard") if each["num_seeds"] == 3)
    assert baseline["mean"] == 83.0
    assert baseline["num_repeated"] == 1


scores = st.lists(
    st.tuples(st.sampled_from("ab"), st.integers(0, 9) | st.none(), st.floats(-1e6, 1e6)), min_size=1, max_size=20
)


@given(scores, st.booleans())
def test_ranks_agree_with_the_statistics_of_the_project(
    drawn: list[tuple[str, int | None, float]], ascending: bool
) -> None:
    given_scores = [
        Score(str(place), "", "", group, seed, place, value) for place, (group, seed, value) in enumerate(drawn)
    ]
    ranks = rank(given_scores, ascending)
    for each in ranks:
        expected = estimate([score.value for score in each.scores])
        assert each.mean == pytest.approx(expected.mean, abs=1e-6)
        assert (each.std is None) == (expected.std is None)
        assert each.std is None or each.std == pytest.approx(expected.std, rel=1e-6, abs=1e-6)
    means = [each.mean for each in ranks]
    assert means == sorted(means, reverse=not ascending)
    assert sum(len(each.scores) + each.num_repeated for each in ranks) == len(drawn)


def test_a_group_with_a_run_that_diverged_has_no_place(run: Command, tmp_path: Path) -> None:
    with ExperimentTracker(db_path=tmp_path / "experiments.db") as tracker:
        for name, rate, losses in (("bad", 1.0, (0.1, math.nan)), ("good", 0.1, (0.5, 0.75))):
            for seed, loss in enumerate(losses):
                tracker.start_experiment({"seed": seed, "rate": rate}, f"{name}_seed{seed}")
                tracker.log_metrics({"loss": loss}, step=0)
                tracker.finish_experiment()
    db = str(tmp_path / "experiments.db")
    _, output, errors = run("leaderboard", "--metric", "loss", "--db", db)
    assert [line.split()[:2] for line in output.splitlines()[1:]] == [["1", "good"], ["–", "bad"]]
    assert "nan" in output and "not finite" in errors
    ranks = run.json("leaderboard", "--metric", "loss", "--db", db)
    assert [(each["rank"], each["mean"]) for each in ranks] == [(1, 0.625), (None, None)]
    _, listed, _ = run("list", "--columns", "name,metrics.loss", "--db", db)
    assert [line.split()[-1] for line in listed.splitlines() if "bad_seed1" in line] == ["nan"]
    for command in (("bad_seed0", "bad_seed1"), ("bad_seed1",), ("bad", "good", "--by-group")):
        status, shown, _ = run("compare" if len(command) > 1 else "show", *command, "--db", db)
        assert status == 0 and "nan" in shown
    compared = run("compare", "bad_seed0", "bad_seed1", "--db", db)[1].splitlines()
    diverged = next(line for line in compared if "loss" in line)
    assert "nan" in diverged and "*" not in diverged.partition("nan")[2]
