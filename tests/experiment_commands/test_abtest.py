"""``abtest``: what it prints, what programs get, and its exit status."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.experiment_commands.stores import Command, add_run, take_in

SMOOTHING = ({"name": "label_smoothing", "smoothing_factor": 0.6},)
SPREAD = (0.1, -0.1, 0.05, 0.0, -0.05, 0.02)


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    return Command(capsys, monkeypatch)


def _suite(root: Path, gain: float, num_seeds: int, **fields: Any) -> None:
    folders = []
    for seed, noise in zip(range(1, num_seeds + 1), SPREAD, strict=False):
        folders.append(add_run(root, "baseline", seed, {"eval_f1": 80 + noise}))
        folders.append(add_run(root, "label_smoothing", seed, {"eval_f1": 80 + gain - 2 * noise}, SMOOTHING, **fields))
    take_in(*folders)


def test_what_people_see(command: Command, tmp_path: Path) -> None:
    _suite(tmp_path / "experiments", 10.0, 6)
    status, output, errors = command("abtest", "baseline", "label_smoothing")
    assert (status, errors) == (0, "")
    plan, levels, need, recommendation, *notes = output.splitlines()
    assert notes and all(note.startswith("note: ") for note in notes), "no score of any example is worth a word"
    assert plan == "label_smoothing against baseline: seeds 1 2 3 4 5 6 7 8 9 10 11 12 of both, one after another"
    assert levels.startswith("a claim takes p below ") and levels.endswith("5 % false claims over all looks together")
    assert "seeds to see 0.5 with power 0.8" in need
    assert recommendation.startswith("stop for benefit after ") and "(a claim takes less than " in recommendation


def test_a_test_that_is_not_over_has_a_status_of_its_own(command: Command, tmp_path: Path) -> None:
    _suite(tmp_path / "experiments", 0.3, 3)
    status, output, _ = command("abtest", "baseline", "label_smoothing", "--minimum-effect", "0.2")
    assert status == 1
    assert "go on after 3 of at most 12 seeds" in output and "; next: seed 4 of both\n" in output


def test_programs_get_every_look(command: Command, tmp_path: Path) -> None:
    _suite(tmp_path / "experiments", 10.0, 6)
    content = command.json("abtest", "strategy=baseline", "strategy=label_smoothing", "--max-seeds", "8")
    assert (content["metric"], content["action"], content["next_seed"]) == ("eval_f1", "stop for benefit", None)
    assert list(content["levels"]) == ["3", "4", "5", "6", "7", "8"]
    *earlier, last = content["looks"]
    assert last["p_value"] < last["level"] and all(look["p_value"] >= look["level"] for look in earlier)
    assert last["verdict"] == "better" and last["chances"] is None


def test_a_loss_is_better_when_smaller(command: Command, tmp_path: Path) -> None:
    folders = [
        add_run(tmp_path / "experiments", name, seed, {"eval_loss": base * (1 + noise / 10)}, strategies)
        for name, base, strategies in (("baseline", 2.0, ()), ("label_smoothing", 1.0, SMOOTHING))
        for seed, noise in enumerate(SPREAD, start=1)
    ]
    take_in(*folders)
    content = command.json("abtest", "baseline", "label_smoothing", "--metric", "eval_loss")
    assert content["action"] == "stop for benefit"


def test_the_better_way_of_a_metric_may_be_said(command: Command, tmp_path: Path) -> None:
    folders = [
        add_run(tmp_path / "experiments", name, seed, {"token_count": base * (1 + noise / 10)}, strategies)
        for name, base, strategies in (("baseline", 90.0, ()), ("label_smoothing", 50.0, SMOOTHING))
        for seed, noise in enumerate(SPREAD, start=1)
    ]
    take_in(*folders)
    names = ("abtest", "baseline", "label_smoothing", "--metric", "token_count")
    _, _, errors = command(*names)
    assert "--lower token_count" in errors
    assert command.json(*names, "--lower", "token_count")["action"] == "stop for benefit"
    assert command.json(*names, "--higher", "token_count")["action"] == "stop for harm"
    status, output, _ = command(*names, "--lower", "token_count")
    assert status == 0 and "name the minimum effect" in output


def test_sides_that_share_no_seeds_are_looked_at_in_the_order_they_ended(command: Command, tmp_path: Path) -> None:
    folders = []
    for seed, noise in enumerate(SPREAD, start=1):
        folders.append(add_run(tmp_path / "experiments", "baseline", seed, {"eval_f1": 80 + noise}))
        folders.append(
            add_run(tmp_path / "experiments", "label_smoothing", 100 - seed, {"eval_f1": 81 - 3 * noise}, SMOOTHING)
        )
    take_in(*folders)
    status, output, _ = command("abtest", "baseline", "label_smoothing")
    assert status == 0 and "stop for benefit after " in output
    assert "12 runs of each, in the order in which they end, as they share no seeds" in output
    status, output, _ = command("abtest", "baseline", "label_smoothing", "--alpha", "0.0001")
    assert status == 1 and "; next: another run of baseline and of label_smoothing\n" in output


def test_later_runs_change_no_look_whatever_their_seed(command: Command, tmp_path: Path) -> None:
    _suite(tmp_path / "experiments", 0.3, 3)
    asked = ("abtest", "baseline", "label_smoothing", "--minimum-effect", "0.2", "--futility", "0", "--json")
    before = json.loads(command(*asked)[1])["looks"]
    for name, score, strategies in (("baseline", 80.0, ()), ("label_smoothing", 95.0, SMOOTHING)):
        take_in(add_run(tmp_path / "experiments", name, 0, {"eval_f1": score}, strategies))
    after = json.loads(command(*asked)[1])["looks"]
    assert len(before) == 1 and after[:1] == before and len(after) == 2


def test_runs_that_differ_in_more_are_refused_unless_allowed(command: Command, tmp_path: Path) -> None:
    _suite(tmp_path / "experiments", 10.0, 6, config={"training": {"learning_rate": 0.5}})
    status, _, errors = command("abtest", "baseline", "label_smoothing")
    assert status == 2
    assert "differ in more than strategy and seed: training.learning_rate" in errors
    status, _, _ = command("abtest", "baseline", "label_smoothing", "--allow-differences")
    assert status == 0


def test_mistakes_are_one_line(command: Command, tmp_path: Path) -> None:
    _suite(tmp_path / "experiments", 10.0, 3)
    for arguments, message in [
        (("baseline", "nothing"), "nothing"),
        (("baseline", "label_smoothing", "--alpha", "0.7"), "--alpha: input should be less than 0.5"),
        (("baseline", "label_smoothing", "--minimum-effect", "0"), "--minimum-effect: input should be greater than 0"),
        (("baseline", "label_smoothing", "--max-seeds", "2"), "--max-seeds: input should be greater"),
        (("baseline", "label_smoothing", "-m", "eval_f2"), "did you mean 'eval_f1'"),
    ]:
        status, _, errors = command("abtest", *arguments)
        assert status == 2 and message in errors and errors.count("\n") == 1
