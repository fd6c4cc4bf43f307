"""Margins agree with scipy and with the analysis of paired seeds."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from experiment_commands.comparing.margins import paired_margin


def _scores(seed: int, count: int, mean: float = 0.0) -> dict[str, float]:
    values = np.random.default_rng(seed).normal(mean, 1.0, count)
    return {f"q{position}": float(value) for position, value in enumerate(values)}


@pytest.mark.parametrize("count", [2, 3, 10, 500])
@pytest.mark.parametrize("level", [0.9, 0.95])
def test_the_interval_is_that_of_the_paired_t_test(count: int, level: float) -> None:
    first, second = _scores(1, count, 0.4), _scores(2, count)
    margin = paired_margin(first, second, "examples", level=level)
    expected = stats.ttest_rel(list(first.values()), list(second.values())).confidence_interval(level)
    assert margin is not None
    assert margin.interval is not None
    assert margin.interval == pytest.approx((expected.low, expected.high), rel=1e-9)
    assert margin.num_pairs == count


def test_only_shared_keys_count_in_any_order() -> None:
    margin = paired_margin({"a": 3.0, "b": 5.0, "x": 9.0}, {"b": 4.0, "a": 1.0}, "examples")
    assert margin is not None
    assert (margin.difference, margin.num_pairs, margin.num_left_out) == (1.5, 2, 1)


def test_smaller_is_better_turns_the_sign_and_scales() -> None:
    margin = paired_margin({1: 0.25, 2: 0.5}, {1: 0.75, 2: 0.5}, "seeds", sign=-1, scale=100)
    assert margin is not None
    assert margin.difference == 25.0
    assert not margin.distinguishable


def test_one_pair_has_no_interval_and_none_no_margin() -> None:
    margin = paired_margin({1: 2.0}, {1: 1.0}, "seeds")
    assert margin is not None
    assert margin.interval is None
    assert not margin.distinguishable
    assert paired_margin({1: 2.0}, {2: 1.0}, "seeds") is None


def test_equal_scores_are_not_distinguishable() -> None:
    same = _scores(3, 50)
    margin = paired_margin(same, same, "examples")
    assert margin is not None
    assert margin.interval == (0.0, 0.0)
    assert not margin.distinguishable
