"""The default comparison: reference values, what must not change it, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from analysis.crossed import Comparison, compare_scores
from analysis.outcome import Alternative, Pairing
from analysis.scores import Scores
from analysis.verdicts import Claim, judge

TREATMENT = {1: 0.80, 2: 0.82, 3: 0.81, 4: 0.83, 5: 0.79}
CONTROL = {1: 0.78, 2: 0.80, 3: 0.80, 4: 0.81, 5: 0.78}
DIFFERENCES = [[1, 0, 1, -1, 0, 0, 1, 0], [1, 0, 0, -1, 0, 1, 1, 0], [0, 0, 1, 0, 0, 0, 1, 1]]
PAIRINGS: list[Pairing] = ["auto", "paired", "unpaired"]


def tables(rng_seed: int, num_seeds: int = 4, num_examples: int = 30, shift: float = 1.0) -> list[NDArray[np.float64]]:
    rng = np.random.default_rng(rng_seed)
    difficulty = rng.normal(size=num_examples) * 10
    sides = [
        70 + difficulty + rng.normal(size=(num_seeds, 1)) + 3 * rng.normal(size=(num_seeds, num_examples))
        for _ in range(2)
    ]
    return [sides[0] + shift, sides[1]]


def compared(sides: list[NDArray[np.float64]], pairing: Pairing = "auto") -> Comparison:
    return compare_scores(*(Scores.of_examples(range(len(side)), side) for side in sides), pairing=pairing)


def known(comparison: Comparison) -> tuple[float, float, float, float]:
    assert comparison.p_value is not None
    assert comparison.standard_error is not None
    assert comparison.variance is not None
    return comparison.difference, comparison.p_value, comparison.standard_error, comparison.variance.degrees


def test_paired_scores_of_seeds_are_students_test() -> None:
    found = compare_scores(Scores.of_seeds(TREATMENT), Scores.of_seeds(CONTROL))
    expected = stats.ttest_rel(list(TREATMENT.values()), list(CONTROL.values()))
    assert found.paired
    assert found.basis == "seeds"
    assert found.p_value == pytest.approx(expected.pvalue)
    assert found.p_value == pytest.approx(0.0028378459)
    assert found.interval == pytest.approx((0.00919913, 0.02280087), abs=1e-8)
    assert found.superiority == pytest.approx(0.78)
    assert found.hedges_g == pytest.approx(0.98559182)


def test_unpaired_scores_of_seeds_are_welchs_test_with_his_own_degrees() -> None:
    found = compare_scores(Scores.of_seeds(TREATMENT), Scores.of_seeds(CONTROL), pairing="unpaired")
    expected = stats.ttest_ind(list(TREATMENT.values()), list(CONTROL.values()), equal_var=False)
    difference, p_value, standard_error, degrees = known(found)
    assert difference / standard_error == pytest.approx(expected.statistic)
    # For equal numbers of seeds: (df of Satterthwaite) * (nu + 2) / nu - 2, here with nu = 4.
    assert degrees == pytest.approx(expected.df * 6 / 4 - 2)
    assert p_value == pytest.approx(2 * stats.t.sf(abs(expected.statistic), degrees))


def test_mean_squares_of_a_table_by_hand() -> None:
    table = np.asarray(DIFFERENCES, dtype=np.float64)
    found = compared([table, np.zeros_like(table)], "paired")
    difference, p_value, standard_error, degrees = known(found)
    # Mean squares 0.0416666667 (seeds, 2 degrees), 0.8035714286 (examples, 7) and 0.2321428571 (rest) of 24 scores.
    seeds, examples = 0.0416666667 / 24, (0.8035714286 - 0.2321428571) / 24
    assert difference == pytest.approx(0.2916666667)
    assert standard_error**2 == pytest.approx(seeds + examples)
    assert standard_error**2 == pytest.approx(0.0255456349, rel=1e-6)
    share = seeds / (seeds + examples)
    assert 1 / degrees == pytest.approx(share**2 / 2 + (1 - share) ** 2 / 7)
    for_seeds, for_examples = stats.t.isf(p_value / 2, [2, 7])
    assert difference / standard_error == pytest.approx(share * for_seeds + (1 - share) * for_examples)


@given(st.integers(0, 10_000), st.sampled_from(PAIRINGS))
def test_the_order_of_seeds_and_examples_says_nothing(rng_seed: int, pairing: Pairing) -> None:
    first, second = tables(rng_seed)
    rng = np.random.default_rng(rng_seed + 1)
    rows, columns = rng.permutation(first.shape[0]), rng.permutation(first.shape[1])
    names = [f"q{position}" for position in range(first.shape[1])]
    plain = compare_scores(
        Scores.of_examples(range(len(first)), first, names),
        Scores.of_examples(range(len(second)), second, names),
        pairing=pairing,
    )
    shuffled = compare_scores(
        Scores.of_examples(rows.tolist(), first[rows][:, columns], [names[column] for column in columns]),
        Scores.of_examples(range(len(second)), second, names),
        pairing=pairing,
    )
    assert known(shuffled) == pytest.approx(known(plain))
    assert shuffled.paired == plain.paired


@given(st.integers(0, 10_000), st.sampled_from(PAIRINGS), st.floats(0.01, 100), st.floats(-1_000, 1_000, width=32))
def test_unit_and_origin_of_the_metric_say_nothing(rng_seed: int, pairing: Pairing, scale: float, shift: float) -> None:
    sides = tables(rng_seed)
    plain, moved = compared(sides, pairing), compared([scale * side + shift for side in sides], pairing)
    difference, p_value, standard_error, degrees = known(plain)
    expected = (scale * difference, p_value, scale * standard_error, degrees)
    assert known(moved) == pytest.approx(expected, rel=1e-5)
    assert moved.hedges_g == pytest.approx(plain.hedges_g, rel=1e-5)


@given(st.integers(0, 10_000), st.sampled_from(PAIRINGS))
def test_swapped_sides_turn_the_difference_round(rng_seed: int, pairing: Pairing) -> None:
    first, second = tables(rng_seed)
    plain, swapped = compared([first, second], pairing), compared([second, first], pairing)
    difference, *rest = known(plain)
    assert known(swapped) == pytest.approx((-difference, *rest))
    assert plain.interval is not None
    assert swapped.interval == pytest.approx((-plain.interval.high, -plain.interval.low))
    assert swapped.superiority == pytest.approx(1 - plain.superiority)


@given(st.integers(0, 10_000), st.sampled_from(PAIRINGS))
def test_one_sided_p_values_add_up_to_one(rng_seed: int, pairing: Pairing) -> None:
    first, second = (Scores.of_examples(range(4), side) for side in tables(rng_seed))
    greater = compare_scores(first, second, pairing=pairing, alternative="greater").p_value
    less = compare_scores(first, second, pairing=pairing, alternative="less").p_value
    both = compare_scores(first, second, pairing=pairing).p_value
    assert greater is not None and less is not None
    assert greater + less == pytest.approx(1)
    assert both == pytest.approx(2 * min(greater, less))


@given(st.integers(0, 10_000), st.sampled_from(PAIRINGS))
def test_the_interval_leaves_zero_out_when_the_p_value_is_small(rng_seed: int, pairing: Pairing) -> None:
    found = compared(tables(rng_seed), pairing)
    assert found.p_value is not None
    interval = found.interval_at(1 - found.p_value)
    assert interval is not None
    nearest = interval.low if found.difference > 0 else interval.high
    assert nearest == pytest.approx(0, abs=1e-6)


def test_luck_that_seeds_share_is_found_in_single_scores_and_pairs_them() -> None:
    rng = np.random.default_rng(5)
    luck, shared = rng.normal(size=(5, 1)), 3 * rng.normal(size=(5, 40))
    sides = [luck + shared + rng.normal(size=(5, 40)) for _ in range(2)]
    apart = [rng.normal(size=(5, 1)) + 3 * rng.normal(size=(5, 40)) for _ in range(2)]
    together = compared(sides)
    assert together.paired
    assert together.residual_correlation == pytest.approx(0.9, abs=0.05)
    assert not compared(apart).paired


def test_seeds_that_one_side_lacks_are_used_where_sides_are_independent() -> None:
    first, second = tables(3, num_seeds=5)
    found = compare_scores(Scores.of_examples([1, 2, 3, 4, 5], first), Scores.of_examples([1, 2, 7], second[:3]))
    assert (found.num_seeds, found.num_control_seeds, found.num_shared_seeds) == (5, 3, 2)
    assert not found.paired
    assert found.difference == pytest.approx(first.mean() - second[:3].mean())


def test_seeds_that_one_side_lacks_are_left_out_where_seeds_are_paired() -> None:
    first, second = tables(3, num_seeds=5)
    found = compare_scores(
        Scores.of_examples(range(5), first), Scores.of_examples([1, 2, 3], second[1:4]), pairing="paired"
    )
    assert found.difference == pytest.approx((first[1:4] - second[1:4]).mean())
    assert found.smallest_p == 2 / 2**3


def test_means_that_agree_by_accident_do_not_make_the_interval_a_point() -> None:
    scores = np.asarray([[0, 100] * 5 + [100, 0] * 5, [100, 0] * 10, [0, 100] * 10], dtype=np.float64)
    other = np.roll(scores, 3, axis=1)
    assert scores.mean(axis=1).tolist() == [50.0, 50.0, 50.0]
    for pairing in PAIRINGS:
        found = compared([scores, other], pairing)
        assert found.standard_error is not None
        assert found.standard_error > 1


@pytest.mark.parametrize(("num_seeds", "problem"), [(1, "one seed"), (2, "2 seeds: too few")])
def test_too_few_seeds_give_no_p_value(num_seeds: int, problem: str) -> None:
    found = compared(tables(0, num_seeds=num_seeds))
    assert found.p_value is None
    assert found.problem.startswith(problem)


def test_one_seed_gives_an_interval_for_its_models_alone() -> None:
    first, second = tables(0, num_seeds=1)
    found = compared([first, second])
    expected = stats.ttest_rel(first[0], second[0]).confidence_interval(0.95)
    assert found.basis == "examples"
    assert found.interval == pytest.approx((expected.low, expected.high))


def test_scores_that_never_vary_give_neither_p_value_nor_interval() -> None:
    found = compared([np.full((3, 20), 80.0), np.full((3, 20), 70.0)])
    assert (found.p_value, found.interval) == (None, None)
    assert "the difference is the same" in found.problem


@pytest.mark.parametrize("num_seeds", [1, 5])
def test_a_handful_of_examples_that_differ_give_no_p_value(num_seeds: int) -> None:
    right = np.full((num_seeds, 400), 100.0)
    wrong = right.copy()
    wrong[:, :5] = 0.0
    found = compared([right, wrong])
    assert (found.p_value, found.interval) == (None, None)
    assert found.problem.startswith("only 5 of 400 examples score differently")
    wrong[:, 5] = 0.0
    assert compared([right, wrong]).interval is not None


def test_so_do_a_few_examples_that_all_differ() -> None:
    found = compared(tables(0, num_examples=5))
    assert (found.p_value, found.interval) == (None, None)
    assert found.problem.startswith("only 5 of 5 examples score differently")


@pytest.mark.parametrize("pairing", PAIRINGS)
def test_seeds_that_change_places_say_that_nothing_differs(pairing: Pairing) -> None:
    side = tables(0)[0]
    first, second = Scores.of_examples([1, 2, 3, 4], side), Scores.of_examples([2, 3, 4, 5], side)
    assert compare_scores(first, second, pairing="unpaired").p_value == pytest.approx(1)
    alternatives: list[Alternative] = ["greater", "less"]
    for alternative in alternatives:
        turned = Scores.of_examples([1, 2, 3, 4], np.roll(side, 1, axis=0))
        found = compare_scores(first, turned, pairing=pairing, alternative=alternative)
        assert found.p_value == pytest.approx(0.5)
    (verdict,) = judge([Claim(compare_scores(first, turned, pairing=pairing), 0.5)])
    assert verdict.word != "worse"


@given(st.integers(0, 10_000), st.integers(6, 12), st.sampled_from([0.9, 0.95, 0.99, 0.999]))
def test_few_examples_give_neither_small_p_values_nor_intervals_that_contradict_them(
    rng_seed: int, num_differing: int, level: float
) -> None:
    control = np.full((3, 100), 50.0)
    treatment = control.copy()
    treatment[:, :num_differing] += np.random.default_rng(rng_seed).normal(10, 1, size=(3, num_differing))
    found = compared([treatment, control])
    assert found.p_value is not None
    assert 2.0 ** (1 - num_differing) <= found.p_value <= 1
    interval = found.interval_at(level)
    assert interval is not None
    assert (interval.low > 0) == (found.p_value < 1 - level)


@pytest.mark.filterwarnings("ignore:overflow:RuntimeWarning", "ignore:invalid value:RuntimeWarning")
@pytest.mark.parametrize("scale", [1e-200, 1e200])
@pytest.mark.parametrize("pairing", PAIRINGS)
def test_scores_whose_variance_is_no_number_give_no_p_value(scale: float, pairing: Pairing) -> None:
    found = compare_scores(
        Scores.of_seeds({seed: scale * score for seed, score in TREATMENT.items()}),
        Scores.of_seeds({seed: scale * score for seed, score in CONTROL.items()}),
        pairing=pairing,
    )
    assert (found.p_value, found.interval) == (None, None)
    assert found.problem


def test_other_examples_are_not_compared() -> None:
    first, second = tables(0)
    names = [f"q{position}" for position in range(30)]
    found = compare_scores(
        Scores.of_examples(range(4), first, names), Scores.of_examples(range(4), second, [*names[1:], "other"])
    )
    assert found.p_value is None
    assert "29 shared, 1 only in the treatment, 1 only in the control" in found.problem


def test_a_side_without_examples_leaves_a_comparison_of_seeds() -> None:
    first, second = tables(0)
    found = compare_scores(Scores.of_examples(range(4), first), Scores.of_examples(range(4), second).without_examples())
    assert found.basis == "seeds"
    assert found.p_value == pytest.approx(stats.ttest_rel(first.mean(axis=1), second.mean(axis=1)).pvalue)


def test_impossible_arguments_are_refused() -> None:
    one, other = Scores.of_seeds({1: 1.0, 2: 2.0, 3: 4.0}), Scores.of_seeds({4: 1.0, 5: 2.0, 6: 4.0})
    with pytest.raises(ValueError, match="level"):
        compare_scores(one, other, level=1.0)
    with pytest.raises(ValueError, match="no seed is shared"):
        compare_scores(one, other, pairing="paired")
