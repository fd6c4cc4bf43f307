"""Student's t-test of pairs, and Welch's of two samples."""

from __future__ import annotations

import warnings

from numpy.typing import ArrayLike
from scipy import stats

from analysis.conditions import checked_pairs, refusal, varies
from analysis.estimates import checked_scores
from analysis.outcome import Alternative, Outcome
from analysis.student_t import Interval

__all__ = ["PAIRED_T", "WELCH_T", "paired_t_test", "welch_t_test"]

PAIRED_T = "paired t-test"
WELCH_T = "Welch's t-test"


def paired_t_test(
    scores: ArrayLike, reference: ArrayLike, *, alternative: Alternative = "two-sided", level: float = 0.95
) -> Outcome:
    """Test whether the mean of the differences of pairs is 0 (Student 1908).

    Args:
        scores: shape (num_pairs,).
        reference: shape (num_pairs,); entry i belongs with ``scores[i]``.
        alternative: what counts as evidence.
        level: of the two-sided interval of the mean difference, in (0, 1).

    Raises:
        ValueError: impossible scores or level, or lengths that differ.
    """
    first, second = checked_pairs(scores, reference)
    differences = first - second
    mean = float(differences.mean())
    if differences.size < 2:
        return refusal(PAIRED_T, "a single pair says nothing about its own spread", alternative, estimate=mean)
    if not varies(differences, first, second):
        return refusal(PAIRED_T, "every difference is the same, so that no test applies", alternative, estimate=mean)
    found = stats.ttest_1samp(differences, 0.0, alternative=alternative)
    interval = stats.ttest_1samp(differences, 0.0).confidence_interval(level)
    return Outcome(
        PAIRED_T,
        float(found.statistic),
        float(found.pvalue),
        alternative,
        degrees=(float(found.df),),
        estimate=mean,
        interval=Interval(float(interval.low), float(interval.high)),
        assumptions=("differences are independent", "their mean is close to normally distributed"),
    )


def welch_t_test(
    scores: ArrayLike, reference: ArrayLike, *, alternative: Alternative = "two-sided", level: float = 0.95
) -> Outcome:
    """Test whether two samples have the same mean, whatever their spreads (Welch 1947).

    Args:
        scores: shape (num_scores,).
        reference: shape (num_reference_scores,).
        alternative: what counts as evidence.
        level: of the two-sided interval of the difference of means, in (0, 1).

    Raises:
        ValueError: impossible scores or level.
    """
    first, second = checked_scores(scores), checked_scores(reference)
    difference = float(first.mean() - second.mean())
    if min(first.size, second.size) < 2:
        return refusal(WELCH_T, "a single score says nothing about its own spread", alternative, estimate=difference)
    if not (varies(first, second) or varies(second, first)):
        return refusal(WELCH_T, "neither side varies, so that no test applies", alternative, estimate=difference)
    with warnings.catch_warnings():
        # One side may be constant: the other then brings all of the variance and its degrees of freedom.
        warnings.filterwarnings("ignore", "Precision loss", RuntimeWarning)
        found = stats.ttest_ind(first, second, equal_var=False, alternative=alternative)
        interval = stats.ttest_ind(first, second, equal_var=False).confidence_interval(level)
    return Outcome(
        WELCH_T,
        float(found.statistic),
        float(found.pvalue),
        alternative,
        degrees=(float(found.df),),
        estimate=difference,
        interval=Interval(float(interval.low), float(interval.high)),
        assumptions=("scores are independent, within and between the sides", "means are close to normally distributed"),
    )
