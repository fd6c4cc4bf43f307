from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from analysis.hypothesis_tests.several import SEVERAL_METHODS, run_on_several
from analysis.scores import Scores

RNG = np.random.default_rng
VARIANTS = {
    name: Scores.of_seeds(dict(enumerate(RNG(seed).normal(mean, 1, 6))))
    for seed, (name, mean) in enumerate({"baseline": 80.0, "one": 80.5, "two": 84.0}.items())
}
VALUES = [scores.values for scores in VARIANTS.values()]


@pytest.mark.parametrize("name", SEVERAL_METHODS)
def test_every_test_tells_the_one_that_differs_from_those_that_do_not(name: str) -> None:
    found = run_on_several(name, VARIANTS, rng=RNG(0))
    assert found.labels == ("baseline", "one", "two")
    assert found.overall.p_value is not None
    assert found.overall.p_value < 0.05
    p_values = {pair[:2]: pair.outcome.p_value for pair in found.pairs}
    assert p_values[0, 1] is not None
    assert p_values[0, 2] is not None
    assert p_values[0, 2] < 0.05 < p_values[0, 1]


def test_the_names_stand_for_the_tests_of_scipy() -> None:
    expected = {
        "anova": stats.f_oneway(*VALUES).statistic,
        "welch-anova": stats.f_oneway(*VALUES, equal_var=False).statistic,
        "kruskal-wallis": stats.kruskal(*VALUES).statistic,
        "friedman": stats.friedmanchisquare(*VALUES).statistic,
    }
    found = {name: run_on_several(name, VARIANTS, rng=RNG(0)).overall.statistic for name in SEVERAL_METHODS}
    assert found == pytest.approx(expected)


def test_friedman_takes_the_seeds_that_all_variants_have_and_says_which_are_left_out() -> None:
    fewer = VARIANTS | {"two": VARIANTS["two"].of([0, 1, 2, 3])}
    found = run_on_several("friedman", fewer, rng=RNG(0))
    assert found.overall.statistic == pytest.approx(stats.friedmanchisquare(*(each[:4] for each in VALUES)).statistic)
    assert "seeds that not all variants have are left out: 4, 5" in found.overall.assumptions
    assert "seeds are independent" in found.overall.assumptions
    assert all("tasks" not in clause for pair in found.pairs for clause in pair.outcome.assumptions)
    apart = {"one": Scores.of_seeds({1: 1.0, 2: 2.0}), "two": Scores.of_seeds({3: 1.0, 4: 2.0})}
    assert "no seed is shared" in run_on_several("friedman", apart, rng=RNG(0)).overall.problem


@pytest.mark.parametrize("name", SEVERAL_METHODS)
def test_one_seed_each_is_no_evidence(name: str) -> None:
    single = {label: scores.of([0]) for label, scores in VARIANTS.items()}
    found = run_on_several(name, single, rng=RNG(0)).overall
    assert found.problem or found.p_value == 1.0


def test_unknown_names_and_single_variants_are_refused() -> None:
    with pytest.raises(ValueError, match=r"unknown test 'tukey'.*anova"):
        run_on_several("tukey", VARIANTS, rng=RNG(0))
    with pytest.raises(ValueError, match="two variants"):
        run_on_several("anova", {"one": VARIANTS["one"]}, rng=RNG(0))
