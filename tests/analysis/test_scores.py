from __future__ import annotations

import numpy as np
import pytest

from analysis.scores import Scores


def test_scores_of_seeds_stand_in_the_order_of_seeds() -> None:
    scores = Scores.of_seeds({43: 0.8, 42: 0.9})
    assert scores.seeds == (42, 43)
    assert scores.values.tolist() == [0.9, 0.8]
    assert (scores.num_seeds, scores.num_examples) == (2, 0)


def test_the_metric_of_a_seed_is_the_mean_of_its_examples() -> None:
    scores = Scores.of_examples([2, 1], [[0, 100, 50], [0, 0, 30]], ["a", "b", "c"])
    assert scores.seeds == (1, 2)
    assert scores.values.tolist() == [10.0, 50.0]
    assert scores.examples is not None
    assert scores.examples.tolist() == [[0, 0, 30], [0, 100, 50]]


def test_some_of_the_seeds_keep_their_examples() -> None:
    scores = Scores.of_examples([1, 2, 3], np.arange(6).reshape(3, 2)).of([3, 1])
    assert scores.seeds == (1, 3)
    assert scores.examples is not None
    assert scores.examples.tolist() == [[0, 1], [4, 5]]
    with pytest.raises(ValueError, match="not in"):
        scores.of([2])


def test_examples_are_brought_into_another_order_by_id() -> None:
    scores = Scores.of_examples([1], [[1, 2, 3]], ["a", "b", "c"]).aligned_to(["c", "a", "b"])
    assert scores.examples is not None
    assert scores.examples.tolist() == [[3, 1, 2]]
    assert scores.example_ids == ("c", "a", "b")
    with pytest.raises(ValueError, match="other examples"):
        scores.aligned_to(["a", "b", "d"])


@pytest.mark.parametrize(
    ("seeds", "examples", "ids", "said"),
    [
        ([1, 1], [[0.0], [1.0]], [], "a seed comes twice"),
        ([1, 2], [[0.0, 1.0]], [], "2 seeds"),
        ([], np.empty((0, 3)), [], "0 seeds"),
        ([1], [0.0, 1.0], [], "got shape"),
        ([1], [[0.0, float("nan")]], [], "1 scores of examples are not finite"),
        ([1], [[0.0, 1.0]], ["a", "a"], "distinct example ids, got 1 of 2"),
        ([1], [[0.0, 1.0]], ["a"], "expected 2 distinct example ids"),
    ],
)
def test_scores_that_make_no_sense_are_refused(
    seeds: list[int], examples: list[list[float]], ids: list[str], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        Scores.of_examples(seeds, examples, ids)


@pytest.mark.parametrize("values", [{}, {1: float("inf")}])
def test_seeds_without_a_finite_score_are_refused(values: dict[int, float]) -> None:
    with pytest.raises(ValueError, match="score"):
        Scores.of_seeds(values)
