"""Intervals of effect sizes of two samples.

Those of standardised differences take scores as normal with one spread; those of shares of pairs take them as
independent and nothing more.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq
from scipy.special import ndtri

from analysis.effects.noncentral import noncentral_t_interval
from analysis.effects.sizes import cohens_d, hedges_factor, paired_d, probability_of_superiority
from analysis.student_t import Interval

__all__ = [
    "cliffs_delta_interval",
    "cohens_d_interval",
    "hedges_g_interval",
    "paired_d_interval",
    "probability_of_superiority_interval",
]


def cohens_d_interval(scores: ArrayLike, reference: ArrayLike, level: float = 0.95) -> Interval | None:
    """Return the interval of Cohen's d from the noncentral t distribution (Steiger and Fouladi 1997).

    Args:
        scores: shape (num_scores,).
        reference: shape (num_reference_scores,).
        level: in (0, 1).

    Returns:
        None where the size itself is not known.

    Raises:
        ValueError: impossible scores or level.
    """
    size = cohens_d(scores, reference)
    if size is None:
        return None
    return _scaled(size, np.sqrt(1 / np.size(scores) + 1 / np.size(reference)), _degrees(scores, reference), level)


def hedges_g_interval(scores: ArrayLike, reference: ArrayLike, level: float = 0.95) -> Interval | None:
    """Return the interval of Cohen's d, with both ends corrected as Hedges' g is."""
    interval = cohens_d_interval(scores, reference, level)
    if interval is None:
        return None
    factor = hedges_factor(_degrees(scores, reference))
    return Interval(interval.low * factor, interval.high * factor)


def paired_d_interval(scores: ArrayLike, reference: ArrayLike, level: float = 0.95) -> Interval | None:
    """Return the interval of the paired d from the noncentral t distribution.

    Args:
        scores: shape (num_pairs,).
        reference: shape (num_pairs,).
        level: in (0, 1).

    Returns:
        None where the size itself is not known.

    Raises:
        ValueError: impossible scores or level, or lengths that differ.
    """
    size = paired_d(scores, reference)
    return None if size is None else _scaled(size, np.sqrt(1 / np.size(scores)), np.size(scores) - 1, level)


def _degrees(scores: ArrayLike, reference: ArrayLike) -> int:
    return int(np.size(scores) + np.size(reference) - 2)


def _scaled(size: float, unit: float, degrees: int, level: float) -> Interval:
    shifts = noncentral_t_interval(size / unit, degrees, level)
    return Interval(float(shifts.low * unit), float(shifts.high * unit))


def probability_of_superiority_interval(scores: ArrayLike, reference: ArrayLike, level: float = 0.95) -> Interval:
    """Return the interval of the probability of superiority by Newcombe's (2006) fifth method.

    It holds those probabilities from which the observed share is no more than z standard errors away, with the
    standard error that the probability itself implies. So it has a width even where all pairs point one way.

    Args:
        scores: shape (num_scores,).
        reference: shape (num_reference_scores,).
        level: in (0, 1).

    Raises:
        ValueError: impossible scores or level.
    """
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, got {level}")
    share = probability_of_superiority(scores, reference)
    num_pairs = np.size(scores) * np.size(reference)
    others = (np.size(scores) + np.size(reference)) / 2 - 1
    z = float(ndtri((1 + level) / 2))

    def excess(probability: float) -> float:
        dependence = (1 - probability) / (2 - probability) + probability / (1 + probability)
        variance = probability * (1 - probability) * (1 + others * dependence) / num_pairs
        return (share - probability) ** 2 - z**2 * variance

    # At 0 and 1 the variance is 0 and so is the excess of a share that lies there; the root sought is the other one.
    inside = min(max(share, 1e-9), 1 - 1e-9)
    low = 0.0 if share == 0 else float(brentq(excess, 0.0, inside))
    high = 1.0 if share == 1 else float(brentq(excess, inside, 1.0))
    return Interval(low, high)


def cliffs_delta_interval(scores: ArrayLike, reference: ArrayLike, level: float = 0.95) -> Interval:
    """Return the interval of Cliff's delta: that of the probability of superiority, brought to -1 to 1."""
    interval = probability_of_superiority_interval(scores, reference, level)
    return Interval(2 * interval.low - 1, 2 * interval.high - 1)
