from __future__ import annotations

import math
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.estimates import estimate

SCORES = st.lists(st.floats(-100, 100), min_size=2, max_size=20)


def test_estimate_by_hand() -> None:
    count, mean, std = estimate([1.0, 2.0, 6.0])
    assert (count, mean) == (3, 3.0)
    assert std == pytest.approx(math.sqrt((4 + 1 + 9) / 2))


def test_a_single_score_has_no_spread() -> None:
    assert estimate([0.5]) == (1, 0.5, None)


@given(SCORES)
def test_estimate_equals_the_standard_library(scores: list[float]) -> None:
    _, mean, std = estimate(scores)
    assert mean == pytest.approx(statistics.fmean(scores), abs=1e-9)
    assert std == pytest.approx(statistics.stdev(scores), abs=1e-9)


@pytest.mark.parametrize("scores", [[], [[1.0, 2.0]], [1.0, math.nan], [math.inf]])
def test_impossible_scores_are_refused(scores: list[float]) -> None:
    with pytest.raises(ValueError, match="scores"):
        estimate(scores)
