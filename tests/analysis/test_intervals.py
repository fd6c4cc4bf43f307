from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analysis.intervals import pair_by_seed, paired_difference, t_interval

A = [0.80, 0.82, 0.81, 0.83, 0.79]
B = [0.78, 0.80, 0.80, 0.81, 0.78]

SCORES = st.lists(st.floats(-100, 100), min_size=2, max_size=12)
LEVELS = st.floats(0.5, 0.999)


def test_paired_difference_worked_by_hand() -> None:
    num_pairs, difference, interval = paired_difference(A, B)
    assert num_pairs == 5
    assert difference == pytest.approx(0.016, abs=1e-12)
    assert interval == pytest.approx((0.00919913, 0.02280087), abs=5e-9)


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


@given(SCORES, st.floats(-50, 50))
def test_a_seed_effect_shared_by_both_cancels(scores: list[float], shift: float) -> None:
    result = paired_difference(scores, np.array(scores) - shift)
    assert result.difference == pytest.approx(shift, abs=1e-9)
    assert result.interval == pytest.approx((shift, shift), abs=1e-6)


@given(st.integers(2, 10).flatmap(lambda k: st.tuples(*[st.lists(st.floats(-9, 9), min_size=k, max_size=k)] * 2)))
def test_swapping_the_two_negates_the_difference(pair: tuple[list[float], list[float]]) -> None:
    there, back = paired_difference(*pair), paired_difference(pair[1], pair[0])
    assert there.interval is not None
    assert back.interval == pytest.approx((-there.interval.high, -there.interval.low), abs=1e-12)


def test_one_seed_has_no_interval() -> None:
    assert t_interval([0.8]) is None
    assert paired_difference([0.8], [0.7]).interval is None


def test_unequal_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="share their seeds: got 2 and 3"):
        paired_difference([1.0, 2.0], [1.0, 2.0, 3.0])


@pytest.mark.parametrize("level", [0.0, 1.0, 95.0])
def test_impossible_level_is_refused(level: float) -> None:
    with pytest.raises(ValueError, match="level"):
        t_interval([1.0, 2.0], level)


def test_pairs_are_matched_by_seed_not_by_position() -> None:
    pairs = pair_by_seed({44: 3.0, 42: 1.0, 7: 9.0}, {42: 0.5, 43: 8.0, 44: 1.0})
    assert pairs.seeds == (42, 44)
    assert (pairs.scores - pairs.reference).tolist() == [0.5, 2.0]
