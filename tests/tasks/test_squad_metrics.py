from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.squad_metrics import best_threshold, normalise, score_answer


@pytest.mark.parametrize(
    ("prediction", "gold", "exact", "f1"),
    [
        ("U.S.", "US", 1, 1),
        ("well-known", "well known", 0, 0),
        ("Saint-Denis", "Saint Denis", 0, 0),
        ("“L”", "L", 0, 0),
        ("£5", "5", 0, 0),
        ("a b c c", "c c d", 0, 2 / 3),
        ("The  Cat", "cat", 1, 1),
        ("", "cat", 0, 0),
    ],
)
@pytest.mark.parametrize("v2", [False, True])
def test_official_edge_cases(prediction: str, gold: str, exact: float, f1: float, v2: bool) -> None:
    score = score_answer(prediction, [gold], v2)
    assert score.exact_match == exact
    assert score.f1 == pytest.approx(f1)


@pytest.mark.parametrize(("v2", "f1"), [(False, 0), (True, 1)])
def test_texts_that_normalise_to_nothing_differ_between_versions(v2: bool, f1: float) -> None:
    assert score_answer("the", ["The"], v2) == (1, f1)


def test_the_best_gold_counts_for_each_score() -> None:
    assert score_answer("red cat", ["red", "cat red"]) == (0, 1)


def test_no_gold_means_that_no_answer_is_right() -> None:
    assert score_answer("", [], v2=True) == (1, 1)
    assert score_answer("cat", [], v2=True) == (0, 0)


def test_v2_leaves_out_golds_that_normalise_to_nothing() -> None:
    assert score_answer("", ["the", "cat"], v2=True) == (0, 0)


@settings(deadline=None)
@given(st.text(max_size=30), st.lists(st.text(max_size=30), min_size=1, max_size=3), st.booleans())
def test_scores_are_shares_and_a_gold_is_an_exact_match(text: str, golds: list[str], v2: bool) -> None:
    exact, f1 = score_answer(text, golds, v2)
    assert exact in (0, 1) and 0 <= f1 <= 1
    assert score_answer(golds[0], golds[:1]).exact_match == 1
    assert normalise(normalise(text)) == normalise(text)


def test_best_threshold_equals_trying_every_threshold() -> None:
    rng = np.random.default_rng(3)
    answerable, scores, differences = rng.random(40) < 0.6, rng.random(40), rng.normal(size=40)
    best, threshold = best_threshold(scores, answerable, differences)

    def mean_at(limit: float) -> float:
        answered = differences <= limit
        return float(100 * np.mean(np.where(answered, np.where(answerable, scores, 0), ~answerable)))

    assert best == pytest.approx(max(mean_at(limit) for limit in [-np.inf, *differences]))
    assert mean_at(threshold) == pytest.approx(best)
