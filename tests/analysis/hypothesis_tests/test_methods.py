from __future__ import annotations

import numpy as np
import pytest

from analysis.crossed import compare_scores
from analysis.hypothesis_tests.methods import DEFAULT_METHOD, METHODS, run_method
from analysis.scores import Scores

RNG = np.random.default_rng


def test_the_default_method_is_the_default_comparison() -> None:
    rng = RNG(0)
    treatment = Scores.of_examples(range(4), rng.normal(1, 1, (4, 30)))
    control = Scores.of_examples(range(4), rng.normal(0, 1, (4, 30)))
    found, expected = run_method(DEFAULT_METHOD, treatment, control, rng=RNG(0)), compare_scores(treatment, control)
    assert (found.p_value, found.interval, found.estimate) == (
        expected.p_value,
        expected.interval,
        expected.difference,
    )


def test_an_unknown_method_is_refused_with_those_there_are() -> None:
    scores = Scores.of_seeds({1: 1.0})
    with pytest.raises(ValueError, match=r"unknown test 'anova'.*crossed"):
        run_method("anova", scores, scores, rng=RNG(0))


@pytest.mark.parametrize("wrong", [{"level": 1.0}, {"alternative": "larger"}, {"num_resamples": 0}])
def test_impossible_questions_are_refused(wrong: dict[str, object]) -> None:
    scores = Scores.of_seeds({1: 1.0})
    with pytest.raises(ValueError, match=r"level|alternative|resample"):
        run_method("paired-t", scores, scores, rng=RNG(0), **wrong)  # type: ignore[arg-type]


def test_every_method_says_what_it_does_in_one_line() -> None:
    assert all(method.summary and len(method.summary) < 80 for method in METHODS.values())
