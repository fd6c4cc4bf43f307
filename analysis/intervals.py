"""Student-t interval of a mean over seeds.

It treats seeds as the only source of chance: it says how another draw of seeds would move the result on this very
evaluation set, not how another evaluation set would.
"""

from __future__ import annotations

from numpy.typing import ArrayLike

from analysis.estimates import estimate
from analysis.levels import check_level
from analysis.student_t import Interval, interval_about

__all__ = ["t_interval"]


def t_interval(scores: ArrayLike, level: float = 0.95) -> Interval | None:
    """Return ``mean -+ t(level, k - 1) * std / sqrt(k)``, or None for a single score.

    Args:
        scores: shape (num_seeds,), one score a seed.
        level: probability that the interval covers the mean, in (0, 1).

    Raises:
        ValueError: impossible scores or level.
    """
    check_level(level)
    num_scores, mean, std = estimate(scores)
    if std is None:
        return None
    return interval_about(mean, std, num_scores, level)
