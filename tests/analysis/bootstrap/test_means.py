from __future__ import annotations

import os
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.bootstrap.means import resampled_means


def test_means_have_the_spread_that_theory_gives() -> None:
    scores = np.random.default_rng(0).exponential(size=(2, 400))
    means = resampled_means(scores, 20_000, np.random.default_rng(1))
    assert means.mean(axis=1) == pytest.approx(scores.mean(axis=1), abs=0.002)
    assert means.std(axis=1) == pytest.approx(scores.std(axis=1) / 20, rel=0.02)


def test_two_examples_are_drawn_as_a_coin_would() -> None:
    means = resampled_means([[0.0, 1.0]], 40_000, np.random.default_rng(2))[0]
    shares = [np.mean(means == value) for value in (0.0, 0.5, 1.0)]
    assert shares == pytest.approx([0.25, 0.5, 0.25], abs=0.01)


@given(st.integers(1, 30), st.integers(1, 50), st.floats(-9, 9), st.floats(-9, 9), st.integers(0, 9))
@settings(max_examples=30)
def test_rows_meet_the_same_draws(num_examples: int, num_resamples: int, scale: float, shift: float, seed: int) -> None:
    row = np.random.default_rng(seed).normal(size=num_examples)
    means = resampled_means([row, row * scale + shift], num_resamples, np.random.default_rng(seed))
    assert means.shape == (2, num_resamples)
    assert means[1] == pytest.approx(means[0] * scale + shift, abs=1e-9)


def test_resamples_do_not_depend_on_how_many_rows_there_are() -> None:
    scores = np.random.default_rng(3).normal(size=(3, 5_000))
    alone = resampled_means(scores[:1], 900, np.random.default_rng(4))
    together = resampled_means(scores, 900, np.random.default_rng(4))
    assert np.array_equal(alone[0], together[0])


def test_the_answer_does_not_depend_on_the_number_of_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    scores = np.random.default_rng(5).normal(size=(2, 20_000))
    several = resampled_means(scores, 350, np.random.default_rng(6))
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    assert np.array_equal(several, resampled_means(scores, 350, np.random.default_rng(6)))


def test_memory_does_not_grow_with_the_resamples() -> None:
    scores = np.random.default_rng(7).normal(size=(10, 10_000))
    tracemalloc.start()
    resampled_means(scores, 2_000, np.random.default_rng(8))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 300e6


@pytest.mark.parametrize("scores", [[], [1.0, 2.0], [[np.nan, 1.0]], np.empty((2, 0))])
def test_impossible_scores_are_refused(scores: object) -> None:
    with pytest.raises(ValueError, match="finite scores of shape"):
        resampled_means(scores, 10, np.random.default_rng(0))  # type: ignore[arg-type]


def test_no_resample_is_refused() -> None:
    with pytest.raises(ValueError, match="0 resamples"):
        resampled_means([[1.0, 2.0]], 0, np.random.default_rng(0))
