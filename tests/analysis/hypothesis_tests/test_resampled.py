from __future__ import annotations

import numpy as np
import pytest

from analysis.hypothesis_tests.resampled import corrected_repeated_folds_t_test, corrected_resampled_t_test
from analysis.hypothesis_tests.t_tests import paired_t_test

A = [0.80, 0.82, 0.81, 0.83, 0.79]
B = [0.78, 0.80, 0.80, 0.81, 0.78]
RNG = np.random.default_rng


def test_corrected_t_worked_by_hand() -> None:
    found = corrected_resampled_t_test(A, B, num_train=80, num_test=20)
    assert found.statistic == pytest.approx(4.35464843, abs=5e-9)
    assert found.p_value == pytest.approx(0.012112835, abs=5e-10)
    assert found.degrees == (4.0,)


def test_alternatives_share_the_statistic_and_split_the_p_value() -> None:
    both, more, less = (
        corrected_resampled_t_test(A, B, num_train=80, num_test=20, alternative=side).p_value
        for side in ("two-sided", "greater", "less")
    )
    assert more == pytest.approx(0.012112835 / 2, abs=5e-10)
    assert less == pytest.approx(1 - 0.012112835 / 2, abs=5e-10)
    assert both == pytest.approx(0.012112835, abs=5e-10)


def test_splits_that_share_next_to_nothing_are_an_ordinary_paired_test() -> None:
    found = corrected_resampled_t_test(A, B, num_train=10**12, num_test=1, level=0.9)
    plain = paired_t_test(A, B, level=0.9)
    assert (found.p_value, found.statistic) == pytest.approx((plain.p_value, plain.statistic))
    assert found.interval == pytest.approx(plain.interval)


def test_folds_are_splits_that_test_on_one_fold_and_train_on_the_others() -> None:
    first, second = RNG(0).normal(0.3, 1, (2, 5)), RNG(1).normal(0, 1, (2, 5))
    found = corrected_repeated_folds_t_test(first, second)
    split = corrected_resampled_t_test(first.ravel(), second.ravel(), num_train=4, num_test=1)
    assert found == split
    assert found.degrees == (9.0,)


def test_the_level_holds_where_the_plain_test_finds_too_much() -> None:
    # Splits share four fifths of their data: scores correlate by a fifth, as the correction takes it.
    rng = RNG(2)
    scores = rng.normal(size=(800, 10)) * np.sqrt(0.8) + rng.normal(size=(800, 1)) * np.sqrt(0.2)
    zeros = np.zeros(10)
    corrected, plain = (
        np.array([found.p_value for found in outcomes], dtype=float) <= 0.05
        for outcomes in (
            [corrected_resampled_t_test(each, zeros, num_train=80, num_test=20) for each in scores],
            [paired_t_test(each, zeros) for each in scores],
        )
    )
    assert corrected.mean() <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 800)
    assert plain.mean() > 0.15


def test_too_little_gives_no_p_value() -> None:
    assert "single split" in corrected_resampled_t_test([1.0], [0.0], num_train=8, num_test=2).problem
    assert "every difference is the same" in corrected_repeated_folds_t_test([[2.0, 3.0]], [[1.0, 2.0]]).problem


def test_impossible_numbers_and_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match="trains and tests"):
        corrected_resampled_t_test(A, B, num_train=0, num_test=2)
    with pytest.raises(ValueError, match="two folds or more"):
        corrected_repeated_folds_t_test([[1.0], [2.0]], [[1.0], [2.0]])
    with pytest.raises(ValueError, match="level"):
        corrected_resampled_t_test(A, B, num_train=8, num_test=2, level=0.0)
