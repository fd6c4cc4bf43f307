from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analysis.intervals import t_interval

SCORES = st.lists(st.floats(-100, 100), min_size=2, max_size=12)
LEVELS = st.floats(0.5, 0.999)


@given(SCORES, LEVELS)
def test_t_interval_equals_scipy(scores: list[float], level: float) -> None:
    if np.ptp(scores) < 1e-6:
        return  # scipy warns about a spread of rounding errors alone
    reference = stats.ttest_1samp(scores, 0.0).confidence_interval(level)
    assert t_interval(scores, level) == pytest.approx((reference.low, reference.high), rel=1e-7, abs=1e-7)


@given(SCORES, st.floats(-50, 50), st.floats(0.01, 50))
def test_t_interval_moves_and_stretches_with_the_scores(scores: list[float], shift: float, scale: float) -> None:
    before, after = t_interval(scores), t_interval(np.array(scores) * scale + shift)
    assert before is not None
    assert after == pytest.approx((before.low * scale + shift, before.high * scale + shift), rel=1e-6, abs=1e-6)


@given(SCORES)
def test_a_higher_level_gives_a_wider_interval_around_the_mean(scores: list[float]) -> None:
    narrow, wide = t_interval(scores, 0.8), t_interval(scores, 0.99)
    assert narrow is not None
    assert wide is not None
    assert wide.low <= narrow.low <= np.mean(scores) + 1e-9
    assert narrow.high <= wide.high


def test_one_seed_has_no_interval() -> None:
    assert t_interval([0.8]) is None


@pytest.mark.parametrize("level", [0.0, 1.0, 95.0])
def test_impossible_level_is_refused(level: float) -> None:
    with pytest.raises(ValueError, match="level"):
        t_interval([1.0, 2.0], level)
