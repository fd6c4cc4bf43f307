"""By how much one is ahead of another, and how sure that is: paired by seed, or by example of one evaluation."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple, TypeVar

from analysis.student_t import Interval, interval_about

__all__ = ["Margin", "Source", "paired_margin"]

Key = TypeVar("Key", int, str)
Source = Literal["seeds", "examples"]
"""What another draw of which the interval stands for."""


class Margin(NamedTuple):
    """How far the winner is ahead of another."""

    difference: float
    """Winner minus other, turned so that a positive number means better."""
    interval: Interval | None
    source: Source | None
    num_pairs: int
    num_left_out: int
    """Seeds or examples that only one of the two has."""

    @property
    def distinguishable(self) -> bool:
        """Whether there is an interval, and it leaves zero out."""
        return self.interval is not None and not self.interval.low <= 0 <= self.interval.high


def paired_margin(
    winner: Mapping[Key, float],
    other: Mapping[Key, float],
    source: Source,
    *,
    sign: int = 1,
    scale: float = 1.0,
    level: float = 0.95,
) -> Margin | None:
    """Return the mean of the paired differences and its t interval; None without a pair.

    Args:
        winner: score of each seed, or of each example.
        other: the same of whom it is compared with; only keys in both are paired.
        source: what the keys are.
        sign: 1 where larger is better, -1 where smaller is.
        scale: what scores are multiplied by to be on the metric's scale.
        level: of the interval, in (0, 1).
    """
    differences = [sign * scale * (value - other[key]) for key, value in winner.items() if key in other]
    if not differences:
        return None
    mean, count = statistics.fmean(differences), len(differences)
    interval = interval_about(mean, _std(differences, mean), count, level) if count > 1 else None
    return Margin(mean, interval, source, count, len(winner.keys() ^ other.keys()))


def _std(values: Sequence[float], mean: float) -> float:
    """Return the sample standard deviation; :mod:`statistics` works in fractions, slow over thousands of examples."""
    return math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (len(values) - 1))
