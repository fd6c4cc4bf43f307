"""Rounds over runs that are finished already: what is looked at, what is stopped, and what a design may not do."""

from __future__ import annotations

import json
import os
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest

from deciding import DecidingOptions, Decisions, plan_until_decided, run_until_decided
from deciding.scores import read_scores
from errors import ConfigError, DataError
from experiment_config import ExperimentConfig
from suites import SuiteOptions
from tests.deciding.grids import SEEDS, Scored, drawn, finish, suite_of

CLEAR = drawn(0.1, up=6.0, down=-6.0, same=0.0)


def _decided(folder: Path, scores: Scored, first: int = 3, **options: Any) -> Decisions:
    finish(folder, scores)
    suite = suite_of(*[name for name in scores if name != "baseline"])
    return run_until_decided(suite, SEEDS[:first], folder, DecidingOptions(**options), tracking=False)


def _words(decisions: Decisions) -> dict[str, str]:
    return {name: history[-1].word for name, history in decisions.looks.items()}


def test_each_variant_gets_its_word_and_no_more_seeds_than_that_takes(tmp_path: Path) -> None:
    decisions = _decided(tmp_path, CLEAR)
    assert _words(decisions) == {"up": "better", "down": "worse", "same": "equivalent"}
    used = {name: history[-1].num_seeds for name, history in decisions.looks.items()}
    assert len(decisions.results) == sum(used.values()) + max(used.values()) < 48


def test_ctrl_c_between_two_rounds_ends_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    counts: list[int] = []

    def interrupted(*arguments: Any) -> Any:
        counts.append(len(arguments))
        if len(counts) == 2:
            os.kill(os.getpid(), signal.SIGINT)
        return read_scores(*arguments)

    monkeypatch.setattr("deciding.rounds.read_scores", interrupted)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            _decided(tmp_path, CLEAR)
    finally:
        signal.signal(signal.SIGINT, before)
    assert len(counts) == 2, "no further round"
    (record,) = tmp_path.glob("decisions_*.json")
    looks = json.loads(record.read_text())["looks"]
    assert {len(history) for history in looks.values()} == {1}, "what was looked at is written down"


def test_a_loss_is_better_when_it_is_smaller(tmp_path: Path) -> None:
    words = _words(_decided(tmp_path, CLEAR, metric="eval_loss", margin=0.5))
    assert words == {"up": "better", "down": "worse", "same": "equivalent"}


def test_what_is_printed_says_what_was_found_and_what_a_claim_takes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _decided(tmp_path, CLEAR)
    printed = capsys.readouterr().out
    assert "look at 3 of at most 12 seeds: eval_f1 beside baseline, margin 0.5" in printed
    assert "claimed below" in printed and " better\n" in printed and "% likely to be decided by 12 seeds" in printed
    assert printed.rstrip().endswith("of at most 48 runs") and "3 of 3 comparisons are decided" in printed
    assert "equivalent: same\n" in printed


def test_the_same_command_again_comes_to_the_same_looks_and_quietly(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = _decided(tmp_path, CLEAR)
    (record,) = tmp_path.glob("decisions_*.json")
    written = record.read_text()
    capsys.readouterr()
    again = run_until_decided(
        suite_of("up", "down", "same"), SEEDS[:3], tmp_path, DecidingOptions(), tracking=False, quiet=True
    )
    assert (again.looks, record.read_text()) == (first.looks, written)
    assert capsys.readouterr().out == ""


def test_the_record_holds_design_and_looks(tmp_path: Path) -> None:
    decisions = _decided(tmp_path, CLEAR, max_seeds=12)
    (record,) = tmp_path.glob("decisions_*.json")
    content = json.loads(record.read_text())
    assert content["design"]["seeds"] == list(SEEDS)
    assert (content["metric"], content["margin"], content["baseline"]) == ("eval_f1", 0.5, "baseline")
    for name, history in decisions.looks.items():
        assert [look["verdict"] for look in content["looks"][name]] == [look.word for look in history]
        assert content["looks"][name][-1]["p_value"] == history[-1].comparison.p_value


def test_a_design_that_changes_after_a_look_is_refused(tmp_path: Path) -> None:
    _decided(tmp_path, CLEAR)
    suite = suite_of("up", "down", "same")
    with pytest.raises(ConfigError, match=r"begun with .*max seeds 12.*another --experiments-dir"):
        run_until_decided(suite, SEEDS[:3], tmp_path, DecidingOptions(max_seeds=6), tracking=False)
    next(tmp_path.glob("decisions_*.json")).write_text("[]")
    with pytest.raises(DataError, match="no record of looks"):
        run_until_decided(suite, SEEDS[:3], tmp_path, DecidingOptions(), tracking=False)


def test_other_seeds_are_a_second_try_and_refused(tmp_path: Path) -> None:
    _decided(tmp_path, CLEAR, max_seeds=6)
    suite, options = suite_of("up", "down", "same"), DecidingOptions(max_seeds=6)
    for seeds in [(43, 42, 44), (7, 8, 9), (42, 43, 44, 45)]:
        with pytest.raises(ConfigError, match=r"begun with .*(seeds 42 43 44|first look 3)"):
            run_until_decided(suite, seeds, tmp_path, options, tracking=False)
    assert len(list(tmp_path.glob("decisions_*.json"))) == 1


def test_naming_the_usual_margin_changes_nothing_and_another_does(tmp_path: Path) -> None:
    _decided(tmp_path, CLEAR)
    for _ in range(2):
        _decided(tmp_path, CLEAR, margin=0.5)
        _decided(tmp_path, CLEAR)
    with pytest.raises(ConfigError, match="begun with the usual margin; after a look"):
        _decided(tmp_path, CLEAR, margin=1.0)


def test_the_margin_is_that_of_the_first_look(tmp_path: Path) -> None:
    """Scores of 0 to 1 so far, and one beyond them later: what does not matter stays what it was."""
    shares = {seed: 0.5 + 0.1 * (seed % 3) for seed in SEEDS}
    late = {seed: 1.2 - value if seed < 46 else 40.0 for seed, value in shares.items()}
    _decided(tmp_path, {"baseline": shares, "late": late}, futility=0.0)
    (record,) = tmp_path.glob("decisions_*.json")
    assert json.loads(record.read_text())["margin"] == 0.005


def test_after_the_last_seed_nothing_goes_on_although_a_run_failed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    noisy = drawn(2.0, a=1.0)
    failed: dict[int, float | None] = {**noisy["a"], 45: None}
    (last,) = [
        history[-1] for history in _decided(tmp_path, {**noisy, "a": failed}, max_seeds=6, futility=0.0).looks.values()
    ]
    assert (last.word, last.stop, last.num_seeds) == ("undecided", True, 5)
    printed = capsys.readouterr().out
    assert "undecided: 5 of 6 seeds succeeded and did not decide" in printed.split("look at 6")[1]
    assert "go on" not in printed.split("look at 6")[1]


def test_noise_that_leaves_no_hope_is_given_up(tmp_path: Path) -> None:
    swinging = dict(zip(SEEDS, [60.0, 75.0, 90.0] * 4, strict=True))
    against_it = {seed: 150 - score for seed, score in swinging.items()}
    decisions = _decided(tmp_path, {"baseline": swinging, "a": against_it})
    last = decisions.looks["a"][-1]
    assert (last.word, last.stop) == ("undecided", True) and last.num_seeds < 12
    assert len(decisions.results) == 2 * last.num_seeds


def test_more_first_seeds_make_a_later_first_look(tmp_path: Path) -> None:
    looks = _decided(tmp_path, CLEAR, first=6).looks
    assert {history[0].num_seeds for history in looks.values()} == {6}


def test_an_unknown_metric_is_named_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no run has the metric 'eval_f2'.*eval_f1"):
        _decided(tmp_path, CLEAR, metric="eval_f2")


def test_a_dry_run_says_what_each_look_must_find(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan_until_decided(suite_of("a", "b"), SEEDS[:3], tmp_path / "new", DecidingOptions(max_seeds=5), tracking=False)
    printed = capsys.readouterr().out
    assert "9 experiments: 0 done, 9 to run" in printed
    assert "looks: after 3 seeds and after each that follows, up to 5; 9 to 15 runs" in printed
    assert "chance of 5 % of any false claim" in printed
    assert not (tmp_path / "new").exists()


def test_a_dry_run_shows_what_is_missing_before_the_next_look(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    decisions = _decided(tmp_path, CLEAR)
    used = {name: history[-1].num_seeds for name, history in decisions.looks.items()}
    late = next(name for name, count in used.items() if count == max(used.values()) > 3)
    capsys.readouterr()
    plan_until_decided(suite_of("up", "down", "same"), SEEDS[:3], tmp_path, tracking=False)
    assert f"{len(decisions.results)} done, 0 to run" in capsys.readouterr().out
    (folder,) = tmp_path.glob(f"{late}_seed{SEEDS[max(used.values()) - 1]}*")
    shutil.rmtree(folder)
    plan_until_decided(suite_of("up", "down", "same"), SEEDS[:3], tmp_path, tracking=False)
    assert f"{len(decisions.results) - 1} done, 1 to run" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("seeds", "options", "message"),
    [
        ((42, 43), {}, "3 seeds or more"),
        (SEEDS[:5], {"max_seeds": 4}, "5 seeds are more than --max-seeds 4"),
        (SEEDS[:3], {"baseline": "basline"}, "did you mean 'baseline'"),
        (SEEDS[:3], {"max_seeds": 2}, "max_seeds"),
        (SEEDS[:3], {"margin": 0.0}, "margin"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_runs(
    tmp_path: Path, seeds: tuple[int, ...], options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        run_until_decided(suite_of("a"), seeds, tmp_path / "new", DecidingOptions(**options))
    assert not (tmp_path / "new").exists()


def test_a_suite_that_cannot_grow_is_refused(tmp_path: Path) -> None:
    def fixed(seeds: tuple[int, ...]) -> list[ExperimentConfig]:
        return suite_of("a")((42, 43, 44))

    with pytest.raises(ConfigError, match=r"baseline: the suite lists seeds 42 43 44, not options.seeds"):
        run_until_decided(fixed, SEEDS[:3], tmp_path, DecidingOptions())
    with pytest.raises(ConfigError, match="nothing to decide"):
        run_until_decided(suite_of(), SEEDS[:3], tmp_path, DecidingOptions())


def test_two_experiments_of_one_name_and_seed_are_refused(tmp_path: Path) -> None:
    def twice(seeds: tuple[int, ...]) -> list[ExperimentConfig]:
        return [*suite_of("a")(seeds), *SuiteOptions(seeds=seeds, burn_in=1).across_seeds({"baseline": ()})]

    with pytest.raises(ConfigError, match="two experiments of this name and seed"):
        run_until_decided(twice, SEEDS[:3], tmp_path, DecidingOptions())


def test_a_seed_without_a_score_is_made_up_for_and_a_variant_without_any_dropped(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    up = {seed: None if seed == 43 else score for seed, score in CLEAR["up"].items()}
    scores = {"baseline": CLEAR["baseline"], "up": up, "none": dict.fromkeys(SEEDS)}
    decisions = _decided(tmp_path, scores)
    (*_, last) = decisions.looks["up"]
    assert last.word == "better" and decisions.looks["none"] == []
    assert "too few runs have succeeded" in capsys.readouterr().out
    runs = [result["name"] for result in decisions.results]
    assert sum(name.startswith("none_") for name in runs) == 3
    assert sum(name.startswith("up_") for name in runs) == last.num_seeds + 1


def test_without_a_score_of_the_baseline_there_is_nothing_to_say(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    decisions = _decided(tmp_path, {"baseline": dict.fromkeys(SEEDS), "up": CLEAR["up"]})
    assert decisions.looks == {} and len(decisions.results) == 6
    assert "nothing to compare with" in capsys.readouterr().out


def test_variants_that_differ_in_more_than_the_strategy_are_refused_unless_told_to(tmp_path: Path) -> None:
    def longer(seeds: tuple[int, ...]) -> list[ExperimentConfig]:
        training = {"num_train_epochs": 9}
        options = SuiteOptions(seeds=seeds, training=training)
        return [*suite_of()(seeds), *options.across_seeds({"longer": ()})]

    with pytest.raises(ConfigError, match=r"longer differs from baseline in more .*training.num_train_epochs"):
        plan_until_decided(longer, SEEDS[:3], tmp_path)
    plan_until_decided(longer, SEEDS[:3], tmp_path, DecidingOptions(allow_differences=True))
