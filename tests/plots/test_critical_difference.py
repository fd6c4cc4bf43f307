from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from plots.critical_difference import critical_difference_data, draw_critical_difference
from tests.plots.drawn import assert_legible_in_print, texts_of

RNG = np.random.default_rng(0)
SCORES = RNG.normal([[80.0, 90.0, 81.0, 70.0]], 1.0, (10, 4))


def test_strategies_stand_by_their_mean_ranks() -> None:
    data = critical_difference_data(["a", "b", "c", "d"], SCORES, rng=RNG)
    ranks = stats.rankdata(-SCORES, axis=1).mean(axis=0)
    assert data.labels[0] == "b" and data.labels[-1] == "d"
    assert data.mean_ranks == pytest.approx(np.sort(ranks))
    # Demsar (2006): 2.569 * sqrt(4 * 5 / (6 * 10))
    assert data.critical_difference == pytest.approx(2.569 * np.sqrt(4 * 5 / 60), abs=2e-3)


def test_groups_are_no_wider_than_the_critical_difference() -> None:
    data = critical_difference_data(["a", "b", "c", "d"], SCORES, rng=RNG)
    assert data.together
    for first, last in data.together:
        assert first < last
        assert data.mean_ranks[last] - data.mean_ranks[first] <= data.critical_difference


def test_of_losses_the_lowest_is_first() -> None:
    data = critical_difference_data(["a", "b", "c", "d"], SCORES, rng=RNG, higher_is_better=False)
    assert data.labels[0] == "d"


def test_two_strategies_or_another_shape_are_an_error() -> None:
    for labels, scores in ((["a", "b"], SCORES[:, :2]), (["a", "b", "c"], SCORES)):
        with pytest.raises(ValueError, match="three strategies"):
            critical_difference_data(labels, scores, rng=RNG)


@pytest.mark.parametrize(("tasks", "strategies"), [(3, 3), (3, 20), (12, 6)])
def test_the_diagram_is_legible(tasks: int, strategies: int) -> None:
    labels = [f"strategy_{i} (top_fraction={i / 40})" for i in range(strategies)]
    scores = RNG.normal(80 + 2 * np.arange(strategies), 1, (tasks, strategies))
    figure = draw_critical_difference(critical_difference_data(labels, scores, rng=RNG))
    assert_legible_in_print(figure)
    assert f"ranks over {tasks} data sets" in texts_of(figure)
