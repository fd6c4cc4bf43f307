"""Which pairs of several groups differ, with p-values corrected for all pairs."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from analysis.conditions import refusal, varies
from analysis.corrections import Correction, correct
from analysis.estimates import checked_scores
from analysis.levels import check_level
from analysis.outcome import Outcome
from analysis.student_t import Interval

__all__ = ["PairOutcome", "checked_groups", "dunn_test", "games_howell_test", "tukey_test"]

_TUKEY = "Tukey's honest significant difference"
_GAMES_HOWELL = "Games-Howell test"
_DUNN = "Dunn's test"


class PairOutcome(NamedTuple):
    """What a test of all pairs says of one of them."""

    first: int
    second: int
    outcome: Outcome
    """Its p-value is corrected for all pairs; its estimate is first minus second."""


def tukey_test(groups: Sequence[ArrayLike], *, level: float = 0.95) -> list[PairOutcome]:
    """Test the means of all pairs of groups of equal spread (Tukey 1949; Kramer 1956 for unequal sizes).

    Args:
        groups: two or more, each of shape (num_scores,).
        level: that all intervals together cover the differences, in (0, 1).

    Raises:
        ValueError: impossible scores or level, or fewer than two groups.
    """
    arrays = checked_groups(groups)
    problem = _single_score(arrays)
    if not problem and not any(varies(each, *arrays) for each in arrays):
        problem = "no group varies, so that no test applies"
    return _studentized(_TUKEY, arrays, level, problem, equal_spreads=True)


def games_howell_test(groups: Sequence[ArrayLike], *, level: float = 0.95) -> list[PairOutcome]:
    """Test the means of all pairs of groups, whatever their spreads (Games and Howell 1976).

    Args:
        groups: two or more, each of shape (num_scores,).
        level: that all intervals together cover the differences, in (0, 1).

    Raises:
        ValueError: impossible scores or level, or fewer than two groups.
    """
    arrays = checked_groups(groups)
    problem = _single_score(arrays)
    if not problem and not all(varies(each, *arrays) for each in arrays):
        problem = "a group does not vary, so that its spread is not known"
    return _studentized(_GAMES_HOWELL, arrays, level, problem, equal_spreads=False)


def dunn_test(groups: Sequence[ArrayLike], *, correction: Correction = "holm") -> list[PairOutcome]:
    """Test the mean ranks of all pairs of groups, after Kruskal and Wallis (Dunn 1964).

    Ranks are those of all groups together, and their variance is corrected for ties.

    Args:
        groups: two or more, each of shape (num_scores,).
        correction: of the p-values for all pairs.

    Returns:
        The estimate of each pair is the difference of mean ranks, first minus second; a higher score ranks higher.

    Raises:
        ValueError: impossible scores, fewer than two groups, or an unknown correction.
    """
    arrays = checked_groups(groups)
    pairs = list(combinations(range(len(arrays)), 2))
    pooled = np.concatenate(arrays)
    if not varies(pooled):
        problem = "all scores are the same, so that no test applies"
        return [PairOutcome(*pair, refusal(_DUNN, problem)) for pair in pairs]
    ranks = np.split(stats.rankdata(pooled), np.cumsum([each.size for each in arrays])[:-1])
    # Without ties this is N (N + 1) / 12, as the ranks' variance is then known.
    variance = float(np.var(np.concatenate(ranks), ddof=1))
    gaps = np.array([ranks[first].mean() - ranks[second].mean() for first, second in pairs])
    errors = np.sqrt([variance * (1 / arrays[first].size + 1 / arrays[second].size) for first, second in pairs])
    corrected = correct(2 * stats.norm.sf(np.abs(gaps) / errors), correction)
    assumptions = ("scores are independent", "groups are large enough for normal mean ranks, about five scores")
    return [
        PairOutcome(
            *pair,
            Outcome(_DUNN, float(gap / error), float(p_value), estimate=float(gap), assumptions=assumptions),
        )
        for pair, gap, error, p_value in zip(pairs, gaps, errors, corrected, strict=True)
    ]


def checked_groups(groups: Sequence[ArrayLike]) -> list[NDArray[np.float64]]:
    """Return each group as an array of shape (num_scores,).

    Raises:
        ValueError: impossible scores, or fewer than two groups.
    """
    if len(groups) < 2:
        raise ValueError(f"it takes two groups to compare, got {len(groups)}")
    return [checked_scores(each) for each in groups]


def _single_score(arrays: list[NDArray[np.float64]]) -> str:
    single = min(each.size for each in arrays) < 2
    return "a single score in a group says nothing about its spread" if single else ""


def _studentized(
    test: str, arrays: list[NDArray[np.float64]], level: float, problem: str, *, equal_spreads: bool
) -> list[PairOutcome]:
    check_level(level)
    pairs = list(combinations(range(len(arrays)), 2))
    if problem:
        gaps = (float(arrays[first].mean() - arrays[second].mean()) for first, second in pairs)
        return [PairOutcome(*pair, refusal(test, problem, estimate=gap)) for pair, gap in zip(pairs, gaps, strict=True)]
    found = stats.tukey_hsd(*arrays, equal_var=equal_spreads)
    ends = found.confidence_interval(level)
    assumptions = (
        "scores are independent, within and between groups",
        "each group is close to normally distributed",
        *(("all groups have the same spread",) if equal_spreads else ()),
    )
    return [
        PairOutcome(
            *pair,
            Outcome(
                test,
                None,
                float(found.pvalue[pair]),
                estimate=float(found.statistic[pair]),
                interval=Interval(float(ends.low[pair]), float(ends.high[pair])),
                assumptions=assumptions,
            ),
        )
        for pair in pairs
    ]
