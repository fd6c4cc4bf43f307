from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from analysis.bootstrap.paired import MIN_EXAMPLES, paired_bootstrap, paired_bootstraps
from analysis.outcome import Alternative
from analysis.scores import Scores

NUM_EXAMPLES = 60


def _tables(shift: float, num_examples: int = NUM_EXAMPLES, seed: int = 0) -> tuple[Scores, Scores]:
    rng = np.random.default_rng(seed)
    difficulty = rng.normal(size=num_examples) * 5
    return (
        Scores.of_examples([1, 2], difficulty + shift + rng.normal(size=(2, num_examples))),
        Scores.of_examples([1, 2], difficulty + rng.normal(size=(2, num_examples))),
    )


def _differences(treatment: Scores, control: Scores) -> NDArray[np.float64]:
    assert treatment.examples is not None
    assert control.examples is not None
    differences: NDArray[np.float64] = treatment.examples.mean(axis=0) - control.examples.mean(axis=0)
    return differences


def test_interval_is_scipys_up_to_chance() -> None:
    treatment, control = _tables(0.3)
    found = paired_bootstrap(treatment, control, num_resamples=40_000, rng=np.random.default_rng(1))
    reference = stats.bootstrap(
        (_differences(treatment, control),),
        np.mean,
        n_resamples=40_000,
        method="percentile",
        rng=np.random.default_rng(2),
    )
    assert found.interval == pytest.approx(tuple(reference.confidence_interval), abs=0.01)
    assert found.estimate == pytest.approx(_differences(treatment, control).mean())


@pytest.mark.parametrize("alternative", ["two-sided", "greater", "less"])
@pytest.mark.parametrize("shift", [-0.2, 0.0, 0.3])
def test_p_is_near_the_t_test_over_many_examples(alternative: Alternative, shift: float) -> None:
    treatment, control = _tables(shift, num_examples=400)
    found = paired_bootstrap(
        treatment, control, alternative=alternative, num_resamples=20_000, rng=np.random.default_rng(3)
    )
    reference = stats.ttest_1samp(_differences(treatment, control), 0, alternative=alternative)
    assert found.p_value == pytest.approx(reference.pvalue, abs=0.02)


@pytest.mark.parametrize("seed", range(12))
def test_p_is_below_alpha_where_the_interval_leaves_zero_out(seed: int) -> None:
    treatment, control = _tables(0.25, seed=seed)
    found = paired_bootstrap(treatment, control, level=0.9, num_resamples=1_999, rng=np.random.default_rng(seed))
    assert found.interval is not None
    assert found.p_value is not None
    assert (found.p_value < 0.1 - 0.002) <= (not found.interval.low <= 0 <= found.interval.high)
    assert (found.p_value > 0.1 + 0.002) <= (found.interval.low <= 0 <= found.interval.high)


def test_a_clear_difference_reaches_the_floor_and_never_zero() -> None:
    found = paired_bootstrap(*_tables(50.0), num_resamples=99, rng=np.random.default_rng(0))
    assert found.p_value == found.smallest_p == pytest.approx(2 / 100)


def test_several_treatments_meet_the_same_resamples() -> None:
    (first, control), (second, _) = _tables(0.2), _tables(0.4, seed=5)
    broken = first.without_examples()
    together = paired_bootstraps([broken, first, second], control, num_resamples=500, rng=np.random.default_rng(4))
    alone = paired_bootstrap(second, control, num_resamples=500, rng=np.random.default_rng(4))
    assert together[2] == alone
    assert together[0].problem == "needs the score of every example"
    assert paired_bootstraps([], control, rng=np.random.default_rng(0)) == []


def test_examples_are_paired_by_id_and_not_by_position() -> None:
    treatment, control = _tables(0.3)
    assert control.examples is not None
    turned = Scores.of_examples(control.seeds, control.examples[:, ::-1], control.example_ids[::-1])
    first, second = (
        paired_bootstrap(treatment, each, num_resamples=300, rng=np.random.default_rng(6)) for each in (control, turned)
    )
    assert first == second


def test_swapping_the_sides_turns_the_interval_round() -> None:
    treatment, control = _tables(0.3)
    there, back = (
        paired_bootstrap(*sides, num_resamples=300, rng=np.random.default_rng(7))
        for sides in ((treatment, control), (control, treatment))
    )
    assert there.interval is not None
    assert back.interval == pytest.approx((-there.interval.high, -there.interval.low))
    assert back.p_value == there.p_value


@pytest.mark.parametrize(
    ("treatment", "problem"),
    [
        (Scores.of_seeds({1: 0.5, 2: 0.6}), "needs the score of every example"),
        (Scores.of_examples([1], np.ones((1, 30)), [f"other {i}" for i in range(30)]), "different examples"),
        (Scores.of_examples([1], np.arange(30.0)[None] / 7 + 0.1), "do not vary"),
    ],
)
def test_conditions_that_fail_are_said(treatment: Scores, problem: str) -> None:
    control = Scores.of_examples([1], np.arange(30.0)[None] / 7)
    found = paired_bootstrap(treatment, control, rng=np.random.default_rng(0))
    assert found.p_value is None
    assert found.interval is None
    assert problem in found.problem


def test_few_examples_give_no_p_value() -> None:
    few, enough = (
        paired_bootstrap(*_tables(0.3, num_examples=count), num_resamples=99, rng=np.random.default_rng(0))
        for count in (MIN_EXAMPLES - 1, MIN_EXAMPLES)
    )
    assert few.p_value is None
    assert "19 examples: too few" in few.problem
    assert enough.p_value is not None


def test_under_no_difference_five_in_a_hundred_are_found() -> None:
    rng = np.random.default_rng(8)
    found = 0
    for _ in range(400):
        treatment, control = (Scores.of_examples([1], rng.exponential(size=(1, 50))) for _ in range(2))
        p_value = paired_bootstrap(treatment, control, num_resamples=199, rng=rng).p_value
        found += p_value is not None and p_value <= 0.05
    assert 0.02 <= found / 400 <= 0.09
