"""Sequential comparisons: claims, their error rates under peeking, and what may not change them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from analysis.crossed import compare_scores
from analysis.scores import Scores
from analysis.sequential.design import Design
from analysis.sequential.monitoring import Look, Rule, monitor
from analysis.sequential.prediction import chances_at

SEEDS = tuple(range(42, 54))
RULE = Rule(margin=0.5)


def _scores(values: NDArray[np.float64]) -> Scores:
    return Scores.of_seeds(dict(zip(SEEDS, map(float, values), strict=False)))


def _drawn(rng: np.random.Generator, mean: float, std: float = 0.5, count: int = len(SEEDS)) -> Scores:
    return _scores(80 + mean + std * rng.normal(size=count))


def _last(looks: dict[str, list[Look]]) -> dict[str, Look]:
    return {name: history[-1] for name, history in looks.items()}


def _crossed(rng: np.random.Generator, num_variants: int, num_examples: int = 20) -> list[Scores]:
    """Return scores with skewed luck of seeds, and examples that differ by variant."""
    seeds = rng.exponential(size=(num_variants, len(SEEDS), 1))
    examples = rng.normal(size=(num_variants, 1, num_examples))
    rest = rng.normal(size=(num_variants, len(SEEDS), num_examples))
    return [Scores.of_examples(SEEDS, table) for table in 80 + seeds + 2 * examples + 0.5 * rest]


def test_no_false_claim_in_more_than_one_of_twenty_however_often_one_looks() -> None:
    rng, design = np.random.default_rng(1), Design(futility=0.0)
    false, peeked, runs = 0, 0, 300
    for _ in range(runs):
        control, *treatments = [_drawn(rng, 0.0) for _ in range(4)]
        last = _last(monitor(dict(zip("abc", treatments, strict=True)), control, SEEDS, design, RULE))
        false += any(look.word in ("better", "worse") for look in last.values())
        peeked += any(
            (compare_scores(each.of(SEEDS[:count]), control.of(SEEDS[:count])).p_value or 1.0) < 0.05 / 3
            for each in treatments
            for count in design.looks
        )
    assert false / runs <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / runs)
    assert peeked > 2 * false, "looking at plain corrected p-values is what must not pass"


def test_skewed_seeds_and_chance_of_examples_keep_the_level_too() -> None:
    rng, runs = np.random.default_rng(2), 150
    false = 0
    for _ in range(runs):
        control, *treatments = _crossed(rng, 3)
        last = _last(monitor(dict(zip("ab", treatments, strict=True)), control, SEEDS, Design(), RULE))
        false += any(look.word in ("better", "worse") for look in last.values())
    assert false / runs <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / runs)


def test_equivalence_at_the_margin_is_claimed_in_no_more_than_one_of_twenty() -> None:
    rng, runs = np.random.default_rng(3), 300
    claimed = 0
    for _ in range(runs):
        looks = monitor({"a": _drawn(rng, 0.5, 0.2)}, _drawn(rng, 0.0, 0.2), SEEDS, Design(futility=0.0), RULE)
        claimed += looks["a"][-1].word == "equivalent"
    assert claimed / runs <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / runs)


def test_large_differences_and_none_stop_early_each_with_its_word() -> None:
    rng = np.random.default_rng(4)
    treatments = {"up": _drawn(rng, 6.0, 0.1), "down": _drawn(rng, -6.0, 0.1), "same": _drawn(rng, 0.0, 0.1)}
    last = _last(monitor(treatments, _drawn(rng, 0.0, 0.1), SEEDS, Design(), RULE))
    assert {name: look.word for name, look in last.items()} == {"up": "better", "down": "worse", "same": "equivalent"}
    assert all(look.stop and look.num_seeds < 8 for look in last.values())


def test_where_less_is_better_the_words_turn() -> None:
    rng = np.random.default_rng(4)
    treatments = {"up": _drawn(rng, 6.0, 0.1), "down": _drawn(rng, -6.0, 0.1)}
    rule = Rule(margin=None, higher_is_better=False)
    last = _last(monitor(treatments, _drawn(rng, 0.0, 0.1), SEEDS, Design(), rule))
    assert (last["up"].word, last["down"].word) == ("worse", "better")


def test_noise_that_no_seed_can_beat_is_given_up() -> None:
    rng = np.random.default_rng(5)
    control, treatment = (
        Scores.of_examples(SEEDS, 80 + each)
        for each in 9 * rng.normal(size=(2, 1, 30)) + 0.1 * rng.normal(size=(2, 12, 30))
    )
    (look,) = monitor({"a": treatment}, control, SEEDS, Design(), RULE)["a"]
    assert look.word == "undecided" and look.stop and look.num_seeds == 3
    assert look.chances is not None and look.chances.any < Design().futility
    assert len(monitor({"a": treatment}, control, SEEDS, Design(futility=0.0), RULE)["a"]) == 10


def test_what_a_settled_comparison_had_goes_to_the_others() -> None:
    rng, design = np.random.default_rng(6), Design(futility=0.0)
    control, clear, close = _drawn(rng, 0.0, 0.3), _drawn(rng, 9.0, 0.1), _drawn(rng, 0.4, 0.3)
    looks = monitor({"clear": clear, "close": close}, control, SEEDS, design, Rule(None))
    before = [each for each in looks["close"] if each.num_seeds < looks["clear"][-1].num_seeds]
    after = [each for each in looks["close"] if each.num_seeds >= looks["clear"][-1].num_seeds]
    assert before and after
    assert all(each.level == pytest.approx(design.level(each.num_seeds, 0.025)) for each in before)
    assert all(each.level == pytest.approx(design.level(each.num_seeds, 0.05)) for each in after)


@given(st.integers(0, 2**32 - 1), st.integers(3, 12), st.floats(-2, 2), st.floats(0.1, 100), st.floats(-50, 50))
def test_looks_depend_on_nothing_but_the_scores_so_far(
    seed: int, count: int, mean: float, scale: float, shift: float
) -> None:
    rng = np.random.default_rng(seed)
    control, treatment = rng.normal(size=12), mean + rng.normal(size=12)
    full = monitor({"a": _scores(treatment)}, _scores(control), SEEDS, Design(), RULE)["a"]
    interrupted = monitor({"a": _scores(treatment[:count])}, _scores(control[:count]), SEEDS, Design(), RULE)["a"]
    assert interrupted == [look for look in full if look.num_seeds <= count]
    moved = monitor(
        {"a": _scores(shift + scale * treatment)},
        _scores(shift + scale * control),
        SEEDS,
        Design(),
        Rule(0.5 * scale),
    )["a"]
    assert [(look.word, look.stop) for look in moved] == [(look.word, look.stop) for look in full]


def test_a_failed_seed_is_no_look_and_other_seeds_do_not_count() -> None:
    rng = np.random.default_rng(11)
    control = _drawn(rng, 0.0)
    values = {seed: float(value) for seed, value in zip(SEEDS, 80 + rng.normal(size=12), strict=True) if seed != 45}
    looks = monitor({"a": Scores.of_seeds(values | {7: 99.0})}, control, SEEDS, Design(futility=0.0), Rule(None))["a"]
    assert [look.num_seeds for look in looks] == [3, 4, 5, 6, 7, 8, 9, 10, 11]


def test_scores_that_do_not_vary_are_given_up_with_the_reason() -> None:
    constant = _scores(np.full(12, 80.0))
    (look,) = monitor({"a": constant}, constant, SEEDS, Design(), RULE)["a"]
    assert (look.word, look.stop) == ("undecided", True) and "no test applies" in look.reason


def test_scores_that_do_not_vary_yet_are_waited_for_where_they_differ() -> None:
    constant, higher = (_scores(np.full(12, value)) for value in (80.0, 81.0))
    history = monitor({"a": higher}, constant, SEEDS, Design(), RULE)["a"]
    assert [look.num_seeds for look in history] == list(Design().looks)
    assert [look.stop for look in history] == [False] * 9 + [True]
    assert all("no test applies" in look.reason and look.word == "undecided" for look in history)


def test_few_examples_that_differ_are_waited_for() -> None:
    rng = np.random.default_rng(13)
    control = np.repeat(rng.integers(0, 2, size=(1, 40)) * 100.0, 12, axis=0)
    treatment = control.copy()
    treatment[:, :2] = 100 - treatment[:, :2]
    treatment[4:, 2:12] = 100.0
    sides = (Scores.of_examples(SEEDS, each) for each in (treatment, control))
    history = monitor({"a": next(sides)}, next(sides), SEEDS, Design(futility=0.0), Rule(None))["a"]
    first, *_, last = history
    assert "differently" in first.reason and not first.stop and first.comparison.p_value is None
    assert last.comparison.p_value is not None and len(history) > 2


def test_other_examples_are_never_waited_for() -> None:
    rng = np.random.default_rng(14)
    ids = [f"q{number}" for number in range(20)]
    control = Scores.of_examples(SEEDS, rng.normal(size=(12, 20)))
    other = Scores.of_examples(SEEDS, 5 + rng.normal(size=(12, 20)), ids)
    (look,) = monitor({"a": other}, control, SEEDS, Design(), RULE)["a"]
    assert (look.word, look.stop) == ("undecided", True) and "different examples" in look.reason


def test_sides_that_were_run_in_an_order_of_their_own_are_looked_at_in_it() -> None:
    rng = np.random.default_rng(15)
    treatment, control = _drawn(rng, 6.0, 0.1), _drawn(rng, 0.0, 0.1)
    other = Scores.of_seeds({1000 - seed: float(value) for seed, value in zip(SEEDS, control.values, strict=True)})
    order = tuple(1000 - seed for seed in SEEDS)
    looks = monitor({"a": treatment}, other, SEEDS, Design(), RULE, order)["a"]
    for look in looks:
        first = compare_scores(treatment.of(SEEDS[: look.num_seeds]), other.of(order[: look.num_seeds]))
        assert look.comparison.p_value == first.p_value and not look.comparison.paired
    assert looks[-1].word == "better"
    with pytest.raises(ValueError, match="expected 12 distinct seeds"):
        monitor({"a": treatment}, other, SEEDS, Design(), RULE, order[:3])


def test_programs_are_told_the_whole_look() -> None:
    rng = np.random.default_rng(16)
    first, *_ = monitor({"a": _drawn(rng, 0.3)}, _drawn(rng, 0.0), SEEDS, Design(futility=0.0), RULE)["a"]
    told = first.as_json()
    assert (told["num_seeds"], told["verdict"], told["stop"]) == (3, "undecided", False)
    assert told["interval"] == [first.interval.low, first.interval.high] if first.interval else False
    assert first.chances is not None and told["chances"]["greater"] == first.chances.greater


def test_the_interval_excludes_no_difference_exactly_where_there_is_a_claim() -> None:
    rng = np.random.default_rng(8)
    for _ in range(20):
        for look in monitor({"a": _drawn(rng, 0.8)}, _drawn(rng, 0.0), SEEDS, Design(), Rule(None))["a"]:
            assert look.interval is not None
            assert (look.interval.low > 0 or look.interval.high < 0) == (look.word in ("better", "worse"))


def test_chances_are_what_comes_true() -> None:
    rng, runs = np.random.default_rng(9), 400
    design = Design(futility=0.0)
    end_level, end_equivalence = design.level(12), design.equivalence_level(12)
    promised, came = np.zeros(3), np.zeros(3)
    for _ in range(runs):
        # A flat prior is a wide one: true differences spread far beyond what is seen of them.
        treatment, control = _drawn(rng, float(rng.uniform(-5, 5)), 0.5), _drawn(rng, 0.0, 0.5)
        now = compare_scores(treatment.of(SEEDS[:5]), control.of(SEEDS[:5]))
        promised += chances_at(now, 12, end_level, 1.0, end_equivalence)
        end = compare_scores(treatment, control)
        inside = end.interval_at(1 - 2 * end_equivalence)
        assert end.p_value is not None and inside is not None
        claimed = end.p_value < end_level
        equivalent = inside.low > -1 and inside.high < 1
        came += (claimed and end.difference > 0, claimed and end.difference < 0, equivalent)
    assert promised / runs == pytest.approx(came / runs, abs=0.05)


@pytest.mark.parametrize(
    "wrong", [{"first_look": 2}, {"max_seeds": 2}, {"alpha": 0.5}, {"futility": 1.0}, {"spending": "linear"}]
)
def test_impossible_designs_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"expected|unknown"):
        Design(**wrong)  # type: ignore[arg-type]


def test_seeds_that_do_not_fit_the_design_are_refused() -> None:
    scores = _drawn(np.random.default_rng(0), 0.0)
    with pytest.raises(ValueError, match="expected 12 distinct seeds"):
        monitor({"a": scores}, scores, SEEDS[:3], Design(), RULE)
