"""Courses of a metric over steps: averaged over seeds, and smoothed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["MeanCurve", "Series", "mean_curve", "smoothed"]

Series = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Steps, ascending, and values; both of shape (num_points,)."""


class MeanCurve(NamedTuple):
    """The course of several seeds together; arrays of shape (num_points,)."""

    steps: NDArray[np.float64]
    mean: NDArray[np.float64]
    low: NDArray[np.float64]
    """Lowest seed at each step."""
    high: NDArray[np.float64]


def mean_curve(series: Sequence[Series]) -> MeanCurve:
    """Average series over the steps that all of them cover, interpolating where their steps differ.

    Args:
        series: one a seed, at least one; their lengths may differ.
    """
    first, last = max(x[0] for x, _ in series), min(x[-1] for x, _ in series)
    steps = np.unique(np.concatenate([x for x, _ in series]))
    steps = steps[(steps >= first) & (steps <= last)]
    values = np.stack([np.interp(steps, x, y) for x, y in series])
    return MeanCurve(steps, values.mean(axis=0), values.min(axis=0), values.max(axis=0))


def smoothed(values: NDArray[np.float64], share: float) -> NDArray[np.float64]:
    """Return the mean over neighbouring points, as many on either side: unlike a running mean, it does not lag behind.

    Args:
        values: shape (num_points,). What is not finite is left out, and stays a gap.
        share: how much of the curve is averaged to one point, in [0, 1]; 0 changes nothing. Towards the ends fewer
            points are averaged, down to the first and the last one alone.

    Raises:
        ValueError: impossible share.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"the share of a curve that is averaged must lie in [0, 1], got {share}")
    place = np.arange(values.size)
    half = np.minimum(int(share * values.size / 2), np.minimum(place, values.size - 1 - place))
    finite = np.isfinite(values)
    sums = np.concatenate([[0.0], np.cumsum(np.where(finite, values, 0.0))])
    counts = np.concatenate([[0], np.cumsum(finite)])
    means = np.full(values.size, np.nan)
    begin, end = (place - half)[finite], (place + half + 1)[finite]
    means[finite] = (sums[end] - sums[begin]) / (counts[end] - counts[begin])
    return means
