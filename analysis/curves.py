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


def smoothed(values: NDArray[np.float64], weight: float) -> NDArray[np.float64]:
    """Return the exponential moving average, free of the pull towards its first value.

    Args:
        values: shape (num_points,).
        weight: how much of the average so far is kept at each point, in [0, 1); 0 changes nothing.

    Raises:
        ValueError: impossible weight.
    """
    if not 0 <= weight < 1:
        raise ValueError(f"the weight of a moving average must lie in [0, 1), got {weight}")
    averages = np.empty_like(values)
    average = 0.0
    for position, value in enumerate(values):
        average = weight * average + (1 - weight) * float(value)
        averages[position] = average / (1 - weight ** (position + 1))
    return averages
