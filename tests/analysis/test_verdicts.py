from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.corrections import CORRECTIONS, Correction, correct
from analysis.crossed import Comparison, compare_scores
from analysis.scores import Scores
from analysis.verdicts import Claim, Verdict, judge


def comparison(
    difference: float, *, seed_std: float = 1.0, num_seeds: int = 5, example_std: float = 0.0, num_examples: int = 500
) -> Comparison:
    """Return a comparison of sides that differ by exactly so much, their seeds spread alike."""
    rng = np.random.default_rng(num_seeds)
    luck = np.linspace(-1, 1, num_seeds)
    luck = seed_std * luck / luck.std(ddof=1)
    tables = []
    for mean in (80 + difference, 80):
        noise = rng.normal(size=(num_seeds, num_examples))
        noise -= noise.mean(axis=1, keepdims=True)
        tastes = example_std * rng.normal(size=num_examples)
        tables.append(mean + luck[:, None] + noise + tastes - tastes.mean())
    return compare_scores(*(Scores.of_examples(range(num_seeds), table) for table in tables), pairing="unpaired")


def verdict(given: Comparison, margin: float | None = 0.5, *, higher_is_better: bool = True) -> Verdict:
    return judge([Claim(given, margin, higher_is_better)])[0]


@pytest.mark.parametrize(
    ("difference", "higher_is_better", "word"),
    [(10, True, "better"), (-10, True, "worse"), (10, False, "worse"), (-10, False, "better")],
)
def test_a_clear_difference_is_named_by_the_metrics_direction(
    difference: float, higher_is_better: bool, word: str
) -> None:
    found = verdict(comparison(difference), higher_is_better=higher_is_better)
    assert (found.word, found.need, found.reason) == (word, None, "")


def test_a_difference_that_is_sure_but_small_is_called_so() -> None:
    found = verdict(comparison(0.2, seed_std=0.01))
    assert (found.word, found.reason) == ("better", "but by less than the margin of 0.5")


def test_an_interval_within_the_margin_is_equivalence() -> None:
    found = verdict(comparison(0.01, seed_std=0.1))
    assert (found.word, found.reason) == ("equivalent", "any difference is smaller than 0.5")


def test_equivalence_is_the_interval_of_twice_the_level() -> None:
    given = comparison(0.1, seed_std=0.2)
    interval = given.interval_at(0.9)
    assert interval is not None
    assert verdict(given, interval.high + 1e-9).word == "equivalent"
    assert verdict(given, interval.high - 1e-9).word == "undecided"


def test_without_a_margin_nothing_is_equivalent() -> None:
    found = verdict(comparison(0.0, seed_std=0.01), None)
    assert (found.word, found.reason) == ("undecided", "no margin says which difference would matter")


def test_the_undecided_are_told_how_many_seeds_would_decide() -> None:
    found = verdict(comparison(0.3))
    assert found.word == "undecided"
    assert found.need is not None and found.need.seeds is not None
    assert found.reason.startswith(f"{found.need.seeds - 5} more seeds (")
    assert found.reason.endswith(") to see 0.5 with power 0.8")


def test_a_large_difference_is_told_what_it_would_take_itself() -> None:
    given = comparison(4.0, seed_std=3.0, num_seeds=3)
    found = verdict(given)
    assert found.word == "undecided"
    # statsmodels.stats.power.TTestIndPower().solve_power(4 / 3, alpha=0.05, power=0.8) is 9.9.
    assert found.reason.startswith("7 more seeds if it is as large as it looks; ")
    assert "looks" not in verdict(given, 5.0).reason


def test_where_examples_are_too_few_no_number_of_seeds_is_said() -> None:
    found = verdict(comparison(0.1, example_std=20.0))
    assert found.need is not None and found.need.examples is not None
    assert found.reason == (
        f"no number of seeds is enough to see 0.5 with power 0.8: more than {found.need.examples:,} evaluation "
        "examples are needed too"
    )


def test_what_cannot_be_tested_is_undecided_and_counts_for_nothing() -> None:
    clear, untestable = comparison(2.0), comparison(2.0, num_seeds=2)
    alone, beside = judge([Claim(clear, 0.5)])[0], judge([Claim(untestable, 0.5), Claim(clear, 0.5)])
    assert beside[0] == Verdict("undecided", None, None, untestable.problem)
    assert beside[1] == alone


def test_more_comparisons_take_more_to_convince() -> None:
    given = comparison(2.0)
    assert given.p_value is not None
    assert 0.01 < given.p_value < 0.05
    assert verdict(given).word == "better"
    together = judge([Claim(given, 0.5)] * 6)
    assert {found.word for found in together} == {"undecided"}
    assert together[0].p_corrected == pytest.approx(6 * given.p_value)
    assert {found.word for found in judge([Claim(given, 0.5)] * 6, correction="none")} == {"better"}


@given(st.lists(st.floats(-3, 3), min_size=1, max_size=6), st.sampled_from(CORRECTIONS))
def test_a_claim_is_made_exactly_where_the_corrected_p_value_is_small(
    differences: list[float], correction: Correction
) -> None:
    claims = [Claim(comparison(difference, num_examples=50), 0.5) for difference in differences]
    p_values = [claim.comparison.p_value for claim in claims]
    expected = correct([p for p in p_values if p is not None], correction)
    found = judge(claims, correction=correction)
    assert [each.p_corrected for each in found] == pytest.approx(expected.tolist())
    assert [each.word in ("better", "worse") for each in found] == [bool(p < 0.05) for p in expected]


@pytest.mark.parametrize(("alpha", "power"), [(0.0, 0.8), (0.5, 0.8), (0.05, 1.0), (0.05, 0.0)])
def test_impossible_levels_are_refused(alpha: float, power: float) -> None:
    with pytest.raises(ValueError, match="expected alpha"):
        judge([], alpha=alpha, power=power)


def test_no_claims_have_no_verdicts() -> None:
    assert judge([]) == []
