from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from analysis.corrections import CORRECTIONS, Correction, correct

P_VALUES = st.lists(st.floats(0, 1), min_size=1, max_size=30)
STATSMODELS = {
    "holm": "holm",
    "bonferroni": "bonferroni",
    "benjamini-hochberg": "fdr_bh",
    "benjamini-yekutieli": "fdr_by",
}
METHODS = st.sampled_from(sorted(STATSMODELS))
WORKED = [0.01, 0.04, 0.03, 0.005, 0.2]


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("holm", [0.04, 0.09, 0.09, 0.025, 0.2]),
        ("bonferroni", [0.05, 0.2, 0.15, 0.025, 1.0]),
        ("benjamini-hochberg", [0.025, 0.05, 0.05, 0.025, 0.2]),
        ("none", WORKED),
    ],
)
def test_worked_values(method: Correction, expected: list[float]) -> None:
    assert correct(WORKED, method) == pytest.approx(expected)


@given(P_VALUES, METHODS)
def test_corrections_are_those_of_statsmodels(p_values: list[float], method: Correction) -> None:
    assert correct(p_values, method) == pytest.approx(multipletests(p_values, method=STATSMODELS[method])[1], abs=1e-12)


@given(P_VALUES, METHODS)
def test_corrected_values_rise_with_the_given_ones_and_are_no_smaller(
    p_values: list[float], method: Correction
) -> None:
    corrected = correct(p_values, method)
    order = np.argsort(p_values, kind="stable")
    assert (np.diff(corrected[order]) >= -1e-15).all()
    assert (corrected >= np.array(p_values) - 1e-15).all()
    assert (corrected <= 1).all()


@given(P_VALUES, METHODS, st.randoms(use_true_random=False))
def test_order_does_not_matter(p_values: list[float], method: Correction, random: object) -> None:
    order = list(range(len(p_values)))
    random.shuffle(order)  # type: ignore[attr-defined]
    shuffled = correct([p_values[place] for place in order], method)
    assert shuffled == pytest.approx(correct(p_values, method)[order])


@given(P_VALUES, METHODS, st.integers(1, 3))
def test_a_test_without_a_p_value_is_not_counted(p_values: list[float], method: Correction, num_missing: int) -> None:
    corrected = correct([*p_values, *[float("nan")] * num_missing], method)
    assert np.isnan(corrected[len(p_values) :]).all()
    assert corrected[: len(p_values)] == pytest.approx(correct(p_values, method))


@pytest.mark.parametrize("method", CORRECTIONS)
def test_no_test_and_one_test(method: Correction) -> None:
    assert correct([], method).size == 0
    assert correct([0.03], method) == pytest.approx([0.03])
    assert np.isnan(correct([float("nan")], method)).all()


def test_holm_is_never_weaker_than_bonferroni_nor_hochberg_than_holm() -> None:
    p_values = np.random.default_rng(0).uniform(0, 0.2, size=20)
    bonferroni, holm, hochberg = (correct(p_values, method) for method in ("bonferroni", "holm", "benjamini-hochberg"))
    assert (holm <= bonferroni).all()
    assert (hochberg <= holm).all()


def test_the_given_array_is_left_as_it_is() -> None:
    p_values = np.array(WORKED)
    correct(p_values, "none")[0] = 9.0
    correct(p_values, "holm")
    assert p_values.tolist() == WORKED


@pytest.mark.parametrize("p_values", [[1.5], [-0.1, 0.5], [[0.1, 0.2]], [float("inf")]])
def test_what_is_no_p_value_is_refused(p_values: list[float]) -> None:
    with pytest.raises(ValueError, match="p-values lie in"):
        correct(p_values)


def test_an_unknown_method_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(ValueError, match=r"unknown correction 'hochberg' \(known: holm, bonferroni"):
        correct([0.1], "hochberg")  # type: ignore[arg-type]
