"""Half a point is too small to matter, on the scale that scores are on."""

from __future__ import annotations

import pytest

from analysis.margins import usual_margin
from analysis.scores import Scores


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({1: 80.0, 2: 81.0}, 0.5),
        ({1: 0.80, 2: 0.81}, 0.005),
        ({1: 0.0, 2: 100.0}, 0.5),
        ({1: -0.1, 2: 0.5}, None),
        ({1: 250.0, 2: 260.0}, None),
    ],
)
def test_the_margin_is_on_the_scale_of_the_scores(values: dict[int, float], expected: float | None) -> None:
    assert usual_margin([Scores.of_seeds(values)], higher_is_better=True) == expected
    assert usual_margin([Scores.of_seeds(values)], higher_is_better=False) is None


def test_examples_tell_the_scale_where_means_are_small() -> None:
    poor = Scores.of_examples((1,), [[0.0, 0.0, 0.0, 2.0]])
    assert poor.values[0] < 1
    assert usual_margin([poor], higher_is_better=True) == 0.5
    assert usual_margin([Scores.of_seeds({1: 0.5}), poor], higher_is_better=True) == 0.5
