"""Every method of the table, on the scores that a user may bring."""

from __future__ import annotations

import subprocess
import sys
from typing import get_args

import numpy as np
import pytest
from scipy import stats

from analysis.crossed import compare_scores
from analysis.hypothesis_tests.methods import DEFAULT_METHOD, METHODS, MethodName, run_method
from analysis.outcome import Pairing
from analysis.scores import Scores

RNG = np.random.default_rng
TREATMENT = Scores.of_examples(range(5), RNG(0).normal(81, 3, (5, 40)))
CONTROL = Scores.of_examples(range(5), RNG(1).normal(80, 3, (5, 40)))
AWKWARD: dict[str, tuple[Scores, ...]] = {
    "one seed": (TREATMENT.of([0]), CONTROL.of([0])),
    "one seed of no examples": (Scores.of_seeds({1: 80.0}), Scores.of_seeds({1: 81.0})),
    "two seeds": (TREATMENT.of([0, 1]), CONTROL.of([0, 1])),
    "no shared seed": (TREATMENT.of([0, 1, 2]), CONTROL.of([3, 4])),
    "constant": (Scores.of_seeds(dict.fromkeys(range(5), 80.0)), Scores.of_seeds(dict.fromkeys(range(5), 81.0))),
    "the same": (TREATMENT, TREATMENT),
    "other examples": (TREATMENT, Scores.of_examples([0, 1], np.ones((2, 3)), ["a", "b", "c"])),
    "one side without examples": (TREATMENT, CONTROL.without_examples()),
    "a single example": (
        Scores.of_examples([1, 2, 3], [[1], [2], [4]]),
        Scores.of_examples([1, 2, 3], [[0], [1], [1]]),
    ),
}


def test_the_default_method_is_the_default_comparison() -> None:
    found, expected = run_method(DEFAULT_METHOD, TREATMENT, CONTROL, rng=RNG(0)), compare_scores(TREATMENT, CONTROL)
    assert (found.p_value, found.interval, found.estimate) == (
        expected.p_value,
        expected.interval,
        expected.difference,
    )
    assert found.statistic is not None
    assert found.p_value == pytest.approx(2 * stats.t.sf(abs(found.statistic), found.degrees[0]))


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("case", AWKWARD)
@pytest.mark.parametrize("pairing", get_args(Pairing))
def test_a_method_gives_a_p_value_or_says_why_not(name: str, case: str, pairing: Pairing) -> None:
    treatment, control = AWKWARD[case]
    found = run_method(name, treatment, control, rng=RNG(0), pairing=pairing, margin=1.0, num_resamples=500)
    assert (found.p_value is None) == bool(found.problem)
    if found.p_value is not None:
        assert found.assumptions
        assert found.p_value >= (found.smallest_p or 0) - 1e-12


@pytest.mark.parametrize("name", METHODS)
def test_the_same_seed_gives_the_same_outcome(name: str) -> None:
    first, second = (run_method(name, TREATMENT, CONTROL, rng=RNG(3), margin=1.0) for _ in range(2))
    assert first == second


@pytest.mark.parametrize("name", sorted(set(METHODS) - {"aso", "mcnemar", "mcnemar-mid-p", "tost"}))
def test_a_large_difference_is_evidence_for_more_and_none_for_less(name: str) -> None:
    better = Scores.of_examples(CONTROL.seeds, RNG(4).normal(95, 3, (5, 40)))
    more, less = (
        run_method(name, better, CONTROL, rng=RNG(0), alternative=side).p_value for side in ("greater", "less")
    )
    assert more is not None
    assert less is not None
    assert more < 0.05
    assert less > 0.9


def test_tests_over_seeds_take_the_values_of_seeds() -> None:
    expected = {
        "paired-t": stats.ttest_rel(TREATMENT.values, CONTROL.values).pvalue,
        "welch-t": stats.ttest_ind(TREATMENT.values, CONTROL.values, equal_var=False).pvalue,
        "wilcoxon": stats.wilcoxon(TREATMENT.values, CONTROL.values, method="exact").pvalue,
        "mann-whitney": stats.mannwhitneyu(TREATMENT.values, CONTROL.values, method="exact").pvalue,
    }
    found = {name: run_method(name, TREATMENT, CONTROL, rng=RNG(0)).p_value for name in expected}
    assert found == pytest.approx(expected)


@pytest.mark.parametrize("name", ["paired-t", "wilcoxon", "permutation", "tost"])
def test_seeds_without_a_partner_are_said_to_be_left_out(name: str) -> None:
    found = run_method(
        name, TREATMENT.of([0, 1, 2, 3]), CONTROL.of([1, 2, 3, 4]), rng=RNG(0), pairing="paired", margin=1
    )
    assert "seeds of one side alone are left out: 0, 4" in found.assumptions
    both = run_method(name, TREATMENT.of([1, 2, 3]), CONTROL.of([1, 2, 3]), rng=RNG(0), pairing="paired", margin=1)
    assert found.p_value == both.p_value


@pytest.mark.parametrize(("pairing", "floor"), [("paired", 2 / 2**5), ("unpaired", 2 / 252), ("auto", 2 / 2**5)])
def test_permutations_pair_as_they_are_told(pairing: str, floor: float) -> None:
    found = run_method("permutation", TREATMENT, CONTROL, rng=RNG(0), pairing=pairing)  # type: ignore[arg-type]
    assert found.smallest_p == pytest.approx(floor)
    assert run_method("permutation", TREATMENT, CONTROL.of([0, 1]), rng=RNG(0)).smallest_p == pytest.approx(2 / 21)


def test_examples_are_matched_by_id() -> None:
    shuffled = RNG(5).permutation(40)
    assert CONTROL.examples is not None
    moved = Scores.of_examples(CONTROL.seeds, CONTROL.examples[:, shuffled], [str(each) for each in shuffled])
    found, again = (run_method("example-permutation", TREATMENT, side, rng=RNG(0)) for side in (CONTROL, moved))
    assert found == again


@pytest.mark.parametrize("scale", [1.0, 100.0])
def test_mcnemar_counts_right_answers_on_either_scale(scale: float) -> None:
    right = np.repeat([1.0, 0.0, 1.0], [10, 2, 20]) * scale
    wrong = np.repeat([0.0, 1.0, 1.0], [10, 2, 20]) * scale
    found = run_method("mcnemar", Scores.of_examples([1], [right]), Scores.of_examples([7], [wrong]), rng=RNG(0))
    assert found.p_value == pytest.approx(0.03857422, abs=5e-9)
    assert found.estimate == pytest.approx(scale * 8 / 32)
    mid_p = run_method("mcnemar-mid-p", Scores.of_examples([1], [right]), Scores.of_examples([7], [wrong]), rng=RNG(0))
    assert mid_p.p_value == pytest.approx(0.02246094, abs=5e-9)


def test_mcnemar_says_what_it_cannot_compare() -> None:
    assert "5 seeds" in run_method("mcnemar", TREATMENT, CONTROL, rng=RNG(0)).problem
    assert "right or wrong" in run_method("mcnemar", TREATMENT.of([0]), CONTROL.of([0]), rng=RNG(0)).problem


def test_stochastic_order_takes_two_seeds_and_says_its_bound() -> None:
    found = run_method("aso", TREATMENT.of([0, 1]), CONTROL, rng=RNG(0))
    assert found.statistic is not None
    assert found.interval == (0.0, found.statistic)
    assert "no p-value" in found.problem


def test_equivalence_asks_for_a_margin() -> None:
    assert "margin" in run_method("tost", TREATMENT, CONTROL, rng=RNG(0)).problem
    assert "level" in run_method("tost", TREATMENT, CONTROL, rng=RNG(0), margin=1.0, level=0.5).problem


def test_an_unknown_method_is_refused_with_those_there_are() -> None:
    with pytest.raises(ValueError, match=r"unknown test 'anova'.*crossed"):
        run_method("anova", TREATMENT, CONTROL, rng=RNG(0))


@pytest.mark.parametrize("wrong", [{"level": 1.0}, {"alternative": "larger"}, {"num_resamples": 0}])
def test_impossible_questions_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"level|alternative|resample"):
        run_method("paired-t", TREATMENT, CONTROL, rng=RNG(0), **wrong)  # type: ignore[arg-type]


def test_the_table_holds_every_name_that_types_allow() -> None:
    assert tuple(METHODS) == get_args(MethodName)


def test_the_table_and_the_default_load_none_of_scipys_tests() -> None:
    code = """
import sys, numpy
from analysis.hypothesis_tests.methods import run_method
from analysis.scores import Scores
scores = Scores.of_seeds({1: 1.0, 2: 2.0, 3: 4.0})
run_method("crossed", scores, scores, rng=numpy.random.default_rng(0))
assert "scipy.stats" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)
