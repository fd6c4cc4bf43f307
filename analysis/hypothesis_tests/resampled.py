"""t-tests over splits of one data set: their training sets overlap, so that their scores are not independent.

The plain t-test takes them as if they were and finds far too much. These correct the variance by the share of data
that splits have in common. Runs that differ by seed alone, on one split, need no such correction.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from analysis.conditions import checked_pairs, refusal, varies
from analysis.levels import check_level
from analysis.outcome import Alternative, Outcome
from analysis.student_t import Interval

__all__ = ["CORRECTED_T", "corrected_repeated_folds_t_test", "corrected_resampled_t_test"]

CORRECTED_T = "corrected resampled t-test"


def corrected_resampled_t_test(
    scores: ArrayLike,
    reference: ArrayLike,
    *,
    num_train: int,
    num_test: int,
    alternative: Alternative = "two-sided",
    level: float = 0.95,
) -> Outcome:
    """Test the mean difference over random splits (Nadeau and Bengio 2003).

    The variance of the mean is ``(1 / num_splits + num_test / num_train) * variance`` in place of
    ``variance / num_splits``.

    Args:
        scores: shape (num_splits,), one score a split.
        reference: shape (num_splits,); entry i is of the same split as ``scores[i]``.
        num_train: examples trained on in each split.
        num_test: examples scored in each split.
        alternative: what counts as evidence.
        level: of the two-sided interval, in (0, 1).

    Raises:
        ValueError: impossible scores, numbers or level, or lengths that differ.
    """
    if num_train < 1 or num_test < 1:
        raise ValueError(f"each split trains and tests on an example at least, got {num_train} and {num_test}")
    first, second = checked_pairs(scores, reference)
    return _corrected(first, second, num_test / num_train, alternative, level)


def corrected_repeated_folds_t_test(
    scores: ArrayLike, reference: ArrayLike, *, alternative: Alternative = "two-sided", level: float = 0.95
) -> Outcome:
    """Test the mean difference over repeated cross-validation (Bouckaert and Frank 2004).

    Args:
        scores: shape (num_repeats, num_folds); each repeat parts the data into folds anew.
        reference: the same shape and splits.
        alternative: what counts as evidence.
        level: of the two-sided interval, in (0, 1).

    Raises:
        ValueError: impossible scores or level, shapes that differ, or a single fold.
    """
    first, second = np.asarray(scores, dtype=np.float64), np.asarray(reference, dtype=np.float64)
    if first.shape != second.shape or first.ndim != 2 or first.shape[1] < 2:
        raise ValueError(f"expected two shapes (num_repeats, two folds or more), got {first.shape} and {second.shape}")
    # A fold is tested on by a model that was trained on all others.
    test_share = 1 / (first.shape[1] - 1)
    return _corrected(*checked_pairs(first.ravel(), second.ravel()), test_share, alternative, level)


def _corrected(
    first: NDArray[np.float64],
    second: NDArray[np.float64],
    test_share: float,
    alternative: Alternative,
    level: float,
) -> Outcome:
    check_level(level)
    differences = first - second
    mean, degrees = float(differences.mean()), differences.size - 1
    if degrees < 1:
        return refusal(CORRECTED_T, "a single split says nothing about its own spread", alternative, estimate=mean)
    if not varies(differences, first, second):
        return refusal(CORRECTED_T, "every difference is the same, so that no test applies", alternative, estimate=mean)
    error = float(np.sqrt((1 / differences.size + test_share) * np.var(differences, ddof=1)))
    student = stats.t(degrees)
    statistic = mean / error
    p_values = {"two-sided": 2 * student.sf(abs(statistic)), "greater": student.sf(statistic)}
    half = float(student.isf((1 - level) / 2)) * error
    return Outcome(
        CORRECTED_T,
        statistic,
        float(p_values.get(alternative, student.cdf(statistic))),
        alternative,
        degrees=(float(degrees),),
        estimate=mean,
        interval=Interval(mean - half, mean + half),
        assumptions=(
            "splits are random and share their training examples as the correction takes it",
            "differences are close to normally distributed",
        ),
    )
