"""A/B tests from the outside: plans, recommendations, and the chance of a false stop however often one looks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from analysis.scores import Scores
from errors import ConfigError, DataError
from experiment_ab_test import ABTest, Readings
from tests.experiment_folders import config_mapping, write_run

SEEDS = tuple(range(42, 54))
SMOOTHING = ({"name": "label_smoothing", "smoothing_factor": 0.6},)


def _readings(difference: float, std: float, count: int, seed: int = 0, higher_is_better: bool = True) -> Readings:
    """Return the first seeds of two sides whose means differ so much."""
    noise = std * np.random.default_rng(seed).normal(size=(2, len(SEEDS)))
    control, treatment = 80 + noise[0], 80 + difference + noise[1]
    sides = [Scores.of_seeds(dict(zip(SEEDS[:count], map(float, side), strict=False))) for side in (control, treatment)]
    return Readings(sides[0], sides[1], "eval_f1", higher_is_better)


def _test(**settings: float) -> ABTest:
    return ABTest("baseline", "label_smoothing", minimum_effect=0.5, **settings)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("difference", "higher_is_better", "action"),
    [
        (6.0, True, "stop for benefit"),
        (6.0, False, "stop for harm"),
        (-6.0, True, "stop for harm"),
        (-6.0, False, "stop for benefit"),
        (0.0, True, "stop for futility"),
    ],
)
def test_it_stops_for_what_is_true(difference: float, higher_is_better: bool, action: str) -> None:
    readings = _readings(difference, 0.1, 12, higher_is_better=higher_is_better)
    recommendation = _test().recommend(readings)
    assert recommendation.action == action and recommendation.next_seed is None
    assert len(recommendation.looks) < 10 and recommendation.text.startswith(f"{action} after ")


def test_what_looks_worse_is_given_up_before_its_harm_is_proven() -> None:
    readings = _readings(-1.2, 0.7, 12, seed=1)
    given_up, proven = (_test(futility=futility).recommend(readings) for futility in (0.1, 0.0))
    assert (given_up.action, proven.action) == ("stop for futility", "stop for harm")
    assert len(given_up.looks) < len(proven.looks)


def test_it_goes_on_with_the_next_seed_while_nothing_is_settled() -> None:
    recommendation = _test().recommend(_readings(1.0, 0.6, 4, seed=3))
    assert (recommendation.action, recommendation.next_seed) == ("go on", 46)
    assert (
        recommendation.text.endswith("; next: seed 46 of both")
        and "by 12 seeds it will be found" in recommendation.text
    )


@pytest.mark.parametrize("count", [0, 1, 2])
def test_too_few_seeds_are_no_look(count: int) -> None:
    readings = _readings(6.0, 0.1, count) if count else Readings(None, None, "eval_f1", True)
    recommendation = _test().recommend(readings)
    assert (recommendation.action, recommendation.next_seed) == ("go on", SEEDS[count])
    assert recommendation.looks == () and "fewer than 3 seeds" in recommendation.text


def test_the_side_that_is_behind_is_run_next() -> None:
    ahead = _readings(1.0, 0.6, 5, seed=3)
    assert ahead.treatment is not None
    behind = ahead._replace(treatment=ahead.treatment.of(SEEDS[:4]))
    assert _test().recommend(behind).next_seed == 46


def test_a_run_that_ends_later_changes_no_look(count: int = 4) -> None:
    before = _readings(0.4, 0.5, count, seed=2)
    assert before.control is not None and before.treatment is not None
    looks = _test().recommend(before).looks
    sides = [
        Scores.of_seeds({7: value, **dict(zip(each.seeds, map(float, each.values), strict=True))})
        for each, value in ((before.control, 70.0), (before.treatment, 95.0))
    ]
    order = (*SEEDS[:count], 7)
    after = Readings(sides[0], sides[1], "eval_f1", True, order, order)
    assert _test().recommend(after).looks[: len(looks)] == looks
    assert _test().plan(after).seeds[:6] == (42, 43, 44, 45, 7, 46)


def test_runs_beyond_the_plan_are_named(count: int = 9) -> None:
    recommendation = _test(max_seeds=3).recommend(_readings(0.2, 0.5, count))
    assert "note: label_smoothing has 9 runs: the first 3 count" in recommendation.text
    assert recommendation.action != "go on"


def test_runs_after_the_end_of_the_test_are_named() -> None:
    recommendation = _test().recommend(_readings(6.0, 0.1, 12))
    over = recommendation.looks[-1].num_seeds
    assert recommendation.text.endswith(f"note: the test was over after {over} seeds: later runs do not count")


def test_what_cannot_be_tested_yet_is_not_futile() -> None:
    constant, higher = (Scores.of_seeds(dict.fromkeys(SEEDS[:3], value)) for value in (1.0, 2.0))
    recommendation = _test().recommend(Readings(constant, higher, "eval_f1", True))
    assert recommendation.action == "go on" and "no test applies" in recommendation.text


def test_other_examples_are_a_mistake_and_not_futile() -> None:
    rng = np.random.default_rng(0)
    sides = [
        Scores.of_examples(SEEDS[:3], rng.normal(size=(3, 9)), [f"{name}{at}" for at in range(9)]) for name in "qz"
    ]
    readings = Readings(sides[0], sides[1], "eval_f1", True)
    for ask in (_test().recommend, _test().plan):
        with pytest.raises(DataError, match="cannot be compared: evaluated on different examples"):
            ask(readings)


def test_readings_of_another_metric_and_a_side_twice_are_refused() -> None:
    test = ABTest("baseline", "label_smoothing", "accuracy")
    with pytest.raises(ConfigError, match="about accuracy, the readings are of eval_f1"):
        test.recommend(_readings(0.0, 0.1, 3))
    with pytest.raises(ConfigError, match="'a' against itself"):
        ABTest("a", "a")
    assert "max_seeds=12" in repr(test) and "'accuracy'" in repr(test)


def test_without_a_minimum_effect_of_a_loss_the_plan_says_what_to_name() -> None:
    loss = ABTest("baseline", "label_smoothing").plan(_readings(0.0, 0.1, 6, higher_is_better=False))
    assert loss.text.endswith("name the minimum effect")


def test_notes_of_the_readings_are_part_of_the_text() -> None:
    readings = _readings(0.5, 0.5, 4)._replace(notes=("baseline: seed 43 does not count",))
    assert "\nnote: baseline: seed 43 does not count" in _test().recommend(readings).text


def test_benefit_is_found_falsely_in_no_more_than_one_of_forty_however_often_one_looks() -> None:
    runs, false = 300, 0
    for seed in range(runs):
        # Looks are replayed from the seeds: asking once at the end is the same as asking after every run.
        action = _test(futility=0.0).recommend(_readings(0.0, 0.5, 12, seed=seed)).action
        false += action == "stop for benefit"
    assert false / runs <= 0.025 + 2 * np.sqrt(0.025 * 0.975 / runs)


def test_a_test_that_asks_after_every_run_hears_what_one_hears_who_asks_late() -> None:
    for seed in range(10):
        late = _test().recommend(_readings(0.8, 0.5, 12, seed=seed))
        each_time = [_test().recommend(_readings(0.8, 0.5, count, seed=seed)) for count in range(3, 13)]
        first_stop = next(each for each in each_time if each.action != "go on")
        assert first_stop[:3] == late[:3]
        assert late.text.startswith(first_stop.text)
        assert (late != first_stop) == ("later runs do not count" in late.text)


def test_the_plan_counts_seeds_and_levels() -> None:
    plan = _test(max_seeds=6).plan(_readings(0.0, 0.1, 4))
    assert plan.seeds == (42, 43, 44, 45, 46, 47)
    assert [count for count, _ in plan.levels] == [3, 4, 5, 6]
    assert all(early < late for (_, early), (_, late) in zip(plan.levels, plan.levels[1:], strict=False))
    assert plan.need is not None and plan.need.effect == 0.5 and "about" in plan.text
    noisy = _test(max_seeds=6).plan(_readings(0.0, 3.0, 4))
    assert "more than the 6 that are planned" in noisy.text
    nothing = _test(max_seeds=6).plan(Readings(None, None, "eval_f1", True))
    assert nothing.seeds[0] == 42 and nothing.need is None and "not known" in nothing.text


@pytest.mark.parametrize("wrong", [{"max_seeds": 2}, {"alpha": 0.6}, {"futility": 1.0}, {"power": 0.0}])
def test_impossible_settings_are_named(wrong: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        _test(**wrong)
    with pytest.raises(ConfigError, match="minimum_effect"):
        ABTest("a", "b", minimum_effect=-1.0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Write a baseline and a variant that is plainly better, five seeds each."""
    for seed, noise in zip(SEEDS[:6], (0.1, -0.1, 0.05, 0.0, -0.05, 0.02), strict=True):
        write_run(tmp_path, config_mapping(f"baseline_seed{seed}", seed), {"eval_f1": 80 + noise})
        smoothed = config_mapping(f"smoothing_seed{seed}", seed, SMOOTHING)
        write_run(tmp_path, smoothed, {"eval_f1": 90 - 2 * noise})
    return tmp_path


def test_it_reads_the_experiments_folder(folder: Path) -> None:
    test = ABTest("baseline", "smoothing", metric="eval_f1", minimum_effect=0.5, experiments_dir=folder)
    readings = test.read()
    assert readings.control is not None and readings.control.seeds == SEEDS[:6]
    assert (readings.metric, readings.higher_is_better) == ("eval_f1", True)
    assert "so that the chance of examples is left out" in readings.notes[0]
    assert test.recommend().action == "stop for benefit"
    assert ABTest("baseline", "label_smoothing", experiments_dir=folder).recommend().action == "stop for benefit"


def test_what_it_cannot_read_is_named(folder: Path) -> None:
    with pytest.raises(DataError, match=r"no run is of 'smoothin'.*did you mean 'smoothing'"):
        ABTest("baseline", "smoothin", experiments_dir=folder).read()
    with pytest.raises(ConfigError, match="no run has the metric 'f2'"):
        ABTest("baseline", "smoothing", "f2", experiments_dir=folder).read()
    with pytest.raises(DataError, match="no such folder"):
        ABTest("baseline", "smoothing", experiments_dir=folder / "nowhere").read()


def test_sides_that_differ_in_more_than_the_strategy_are_refused(folder: Path) -> None:
    longer = config_mapping("longer_seed42", 42, SMOOTHING, training={"num_train_epochs": 9.0})
    write_run(folder, longer, {"eval_f1": 90.0})
    with pytest.raises(ConfigError, match=r"differ in more than strategy and seed: training.num_train_epochs"):
        ABTest("baseline", "longer", experiments_dir=folder).read()
    allowed = ABTest("baseline", "longer", experiments_dir=folder, allow_differences=True)
    assert allowed.recommend().action == "go on"


def test_runs_are_read_in_the_order_in_which_they_ended(tmp_path: Path) -> None:
    for place, seed in enumerate((44, 42, 43)):
        at = {"finished_at": f"2026-03-01T12:0{place}:00+00:00", "started_at": f"2026-03-01T11:0{9 - place}:00+00:00"}
        write_run(tmp_path, config_mapping(f"baseline_seed{seed}", seed), {"eval_f1": 80 + place / 10}, **at)
        write_run(tmp_path, config_mapping(f"smoothing_seed{seed}", seed, SMOOTHING), {"eval_f1": 81.0}, **at)
    readings = ABTest("baseline", "smoothing", experiments_dir=tmp_path).read()
    assert readings.control_order == readings.treatment_order == (44, 42, 43)
