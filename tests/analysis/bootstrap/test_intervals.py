from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis.bootstrap.intervals import (
    INTERVAL_METHODS,
    IntervalMethod,
    bca_interval,
    mean_interval,
    percentile_interval,
)

SCORES = st.lists(st.floats(-100, 100), min_size=4, max_size=12).filter(lambda scores: np.ptp(scores) > 1e-3)


@pytest.mark.parametrize("level", [0.8, 0.95])
def test_bca_equals_scipy_on_the_same_resamples(level: float) -> None:
    scores = np.random.default_rng(0).lognormal(size=15)
    reference = stats.bootstrap(
        (scores,), np.mean, n_resamples=2_000, confidence_level=level, method="BCa", rng=np.random.default_rng(1)
    )
    without = [np.delete(scores, position).mean() for position in range(scores.size)]
    found = bca_interval(reference.bootstrap_distribution, float(scores.mean()), without, level)
    assert found == pytest.approx(tuple(reference.confidence_interval), rel=1e-12)


def test_percentile_equals_scipy_on_the_same_resamples() -> None:
    scores = np.random.default_rng(2).normal(size=10)
    reference = stats.bootstrap((scores,), np.mean, n_resamples=500, method="percentile", rng=np.random.default_rng(3))
    found = percentile_interval(reference.bootstrap_distribution)
    assert found == pytest.approx(tuple(reference.confidence_interval), rel=1e-12)


@pytest.mark.parametrize("method", INTERVAL_METHODS)
def test_an_interval_of_the_mean_is_scipys_up_to_chance(method: IntervalMethod) -> None:
    scores = np.random.default_rng(4).gamma(2.0, size=40)
    if method == "t":
        expected = tuple(stats.ttest_1samp(scores, 0).confidence_interval())
    else:
        name = {"percentile": "percentile", "bca": "BCa"}[method]
        result = stats.bootstrap((scores,), np.mean, n_resamples=40_000, method=name, rng=np.random.default_rng(5))
        expected = tuple(result.confidence_interval)
    found = mean_interval(scores, method, num_resamples=40_000, rng=np.random.default_rng(6))
    assert found == pytest.approx(expected, abs=0.02)


@given(SCORES, st.sampled_from(["percentile", "bca"]), st.floats(-50, 50), st.floats(0.1, 10))
@settings(max_examples=30)
def test_intervals_move_and_stretch_with_the_scores(
    scores: list[float], method: IntervalMethod, shift: float, scale: float
) -> None:
    def interval(values: object) -> object:
        return mean_interval(values, method, num_resamples=400, rng=np.random.default_rng(7))  # type: ignore[arg-type]

    before = interval(scores)
    assert isinstance(before, tuple)
    expected = (before[0] * scale + shift, before[1] * scale + shift)
    assert interval(np.array(scores) * scale + shift) == pytest.approx(expected, rel=1e-6, abs=1e-2)


@given(SCORES, st.sampled_from(["percentile", "bca"]))
@settings(max_examples=30)
def test_the_same_seed_gives_the_same_interval_within_the_scores(scores: list[float], method: IntervalMethod) -> None:
    first, second = (mean_interval(scores, method, num_resamples=300, rng=np.random.default_rng(8)) for _ in range(2))
    assert first == second
    assert first is not None
    assert min(scores) - 1e-9 <= first.low <= first.high <= max(scores) + 1e-9


@pytest.mark.parametrize("method", INTERVAL_METHODS)
def test_one_score_has_no_interval(method: IntervalMethod) -> None:
    assert mean_interval([0.5], method, rng=np.random.default_rng(0)) is None


def test_equal_scores_say_nothing_of_their_bias() -> None:
    assert mean_interval([2.0] * 5, "bca", rng=np.random.default_rng(0)) is None
    assert bca_interval([3.0, 4.0], 2.0, [1.0, 2.0]) is None


@pytest.mark.parametrize("method", INTERVAL_METHODS)
@pytest.mark.parametrize("level", [0.0, 1.0, 95.0])
def test_impossible_level_is_refused(method: IntervalMethod, level: float) -> None:
    with pytest.raises(ValueError, match="level"):
        mean_interval([1.0, 2.0, 4.0], method, level=level, rng=np.random.default_rng(0))


def test_an_unknown_method_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(ValueError, match=r"'basic' \(known: t, percentile, bca\)"):
        mean_interval([1.0, 2.0], "basic", rng=np.random.default_rng(0))  # type: ignore[arg-type]
