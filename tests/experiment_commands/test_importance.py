"""``importance`` says which parameters moved a metric, from the runs of a store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest

from analysis.importance.report import importance
from tests.experiment_commands.stores import Command, add_run, take_in

GOLDEN = Path(__file__).parent / "golden"
RATES, DECAYS, SEEDS = (1e-4, 5e-4, 1e-3), (0.0, 0.1), (1, 2, 3)
SMOOTHING = {"name": "label_smoothing", "smoothing_factor": 0.5}


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    return Command(capsys, monkeypatch)


def _score(rate: float, decay: float, seed: int, smooth: bool) -> float:
    noise = np.random.default_rng(int(rate * 1e4) * 100 + int(decay * 10) * 10 + seed + 1000 * smooth).normal(0, 0.4)
    return 70 + 3 * (rate == 5e-4) + 2 * (smooth and decay > 0) + float(noise)


@pytest.fixture
def sweep(tmp_path: Path) -> Path:
    """Write and index a grid of learning rate, weight decay and strategy with three seeds."""
    root = tmp_path / "experiments"
    for rate in RATES:
        for decay in DECAYS:
            for seed in SEEDS:
                training = {"training": {"learning_rate": rate, "weight_decay": decay}}
                for smooth in (False, True):
                    name, strategies = ("label_smoothing", (SMOOTHING,)) if smooth else ("baseline", ())
                    score = _score(rate, decay, seed, smooth)
                    add_run(root, name, seed, {"eval_f1": score, "eval_loss": 100 - score}, strategies, config=training)
    take_in(*root.iterdir())
    return root


@pytest.mark.usefixtures("sweep")
def test_what_people_see(command: Command) -> None:
    status, output, errors = command("importance")
    assert (status, errors) == (0, "")
    lines = "".join(f"{line.rstrip()}\n" for line in output.splitlines())
    assert lines == (GOLDEN / "importance.txt").read_text(encoding="utf-8")


@pytest.mark.usefixtures("sweep")
def test_the_numbers_are_those_of_the_analysis(command: Command) -> None:
    rows = [(rate, decay, seed, smooth) for rate in RATES for decay in DECAYS for seed in SEEDS for smooth in (0, 1)]
    parameters: Mapping[str, Sequence[object]] = {
        "training.learning_rate": [row[0] for row in rows],
        "training.weight_decay": [row[1] for row in rows],
        "strategy": [row[3] for row in rows],
    }
    scores = [_score(rate, decay, seed, bool(smooth)) for rate, decay, seed, smooth in rows]
    expected = importance(parameters, scores, rng=np.random.default_rng(0))
    statistics = {each.factors[0][0]: each.statistic for each in expected.effects}
    found = command.json("importance")
    assert {each["factors"][0][0]: each["statistic"] for each in found["effects"]} == pytest.approx(statistics)
    assert found["repetition_std"] == pytest.approx(expected.repetition_std)


@pytest.mark.usefixtures("sweep")
def test_the_best_value_is_that_of_the_smallest_loss(command: Command) -> None:
    _, output, _ = command("importance", "--metric", "eval_loss", "-p", "training.learning_rate")
    line = next(line for line in output.splitlines() if line.startswith("training.learning_rate"))
    assert line.split()[3] == "0.0005"


@pytest.mark.usefixtures("sweep")
def test_a_filter_leaves_fewer_runs(command: Command) -> None:
    found = command.json("importance", "--where", "strategy = baseline")
    assert (found["num_runs"], found["num_configurations"]) == (18, 6)
    assert {each["factors"][0][0] for each in found["effects"]} == {"training.learning_rate", "training.weight_decay"}


def test_runs_that_do_not_count_are_said(command: Command, sweep: Path) -> None:
    training = {"training": {"learning_rate": 1e-4, "weight_decay": 0.0}}
    again = add_run(sweep, "baseline", 1, {"eval_f1": 71.0}, config={**training, "notes": "again"})
    diverged = add_run(sweep, "baseline", 9, {}, series={"eval_f1": {1: float("nan")}}, config=training)
    take_in(again, diverged)
    _, output, _ = command("importance")
    assert "1 run whose score is not finite: not counted." in output
    assert "1 run repeated since with the same seed: not counted." in output


def test_nothing_that_varies_is_no_answer(command: Command, tmp_path: Path) -> None:
    root = tmp_path / "experiments"
    take_in(*(add_run(root, "baseline", seed, {"eval_f1": 70.0 + seed}) for seed in SEEDS))
    status, output, errors = command("importance")
    assert (status, output) == (1, "")
    assert "no parameter varies" in errors


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("-p", "training.learning_rat"), "did you mean 'training.learning_rate'"),
        (("-m", "eval_f2"), "eval_f2"),
        (("--level", "95"), "between 0 and 1"),
        (("--correction", "hohm"), "did you mean 'holm'"),
    ],
)
@pytest.mark.usefixtures("sweep")
def test_mistakes_are_named(command: Command, arguments: tuple[str, ...], message: str) -> None:
    status, output, errors = command("importance", *arguments)
    assert (status, output) == (2, "")
    assert message in errors


def test_a_metric_of_which_nobody_knows_the_direction_is_no_quality(command: Command, sweep: Path) -> None:
    runs = [
        add_run(
            sweep, "counted", seed, {"token_count": 10.0 * rate * seed}, config={"training": {"learning_rate": rate}}
        )
        for seed in SEEDS
        for rate in RATES
    ]
    take_in(*runs)
    status, output, errors = command("importance", "-m", "token_count")
    assert (status, output) == (2, "")
    assert "neither way is better; say so with --lower token_count" in errors
    status, output, _ = command("importance", "-m", "token_count", "--lower", "token_count")
    assert (status, output.splitlines()[0][:32]) == (0, "token_count (lower is better): 9")
    assert command("importance", "--lower", "f2")[0] == 2
