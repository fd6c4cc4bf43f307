"""Student's t in plain Python: loading numpy and scipy takes longer than a whole command may take to answer."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import NamedTuple

from analysis.levels import check_level

__all__ = ["Interval", "interval_about", "t_quantile"]

_MAX_STEPS = 100
_TERMS = 10_000
_PRECISION = 1e-15
_TINY = 1e-300


class Interval(NamedTuple):
    """A two-sided interval, ``low <= high``."""

    low: float
    high: float


def interval_about(mean: float, std: float, count: int, level: float = 0.95) -> Interval:
    """Return ``mean -+ t(level, count - 1) * std / sqrt(count)``.

    Args:
        mean: of the scores.
        std: their sample standard deviation.
        count: how many, at least two.
        level: probability that the interval covers the true mean, in (0, 1).

    Raises:
        ValueError: impossible count or level.
    """
    check_level(level)
    half = t_quantile((1 + level) / 2, count - 1) * std / math.sqrt(count)
    return Interval(mean - half, mean + half)


def t_quantile(probability: float, degrees: float) -> float:
    """Return the value that a t variable stays below with a probability.

    Args:
        probability: in (0, 1).
        degrees: degrees of freedom, at least 1.

    Raises:
        ValueError: impossible probability or degrees.
    """
    if not 0 < probability < 1 or not degrees >= 1:
        raise ValueError(f"expected a probability in (0, 1) and at least 1 degree, got {probability} and {degrees}")
    if probability < 0.5:
        return -t_quantile(1 - probability, degrees)
    if degrees == 1:
        return math.tan(math.pi * (probability - 0.5))
    value = _first_guess(probability, degrees)
    for _ in range(_MAX_STEPS):
        # Newton's steps on the tail: above the middle it is convex, so that they do not overshoot twice.
        step = (_upper_tail(value, degrees) - (1 - probability)) / _density(value, degrees)
        value = max(value + step, value / 2)
        if abs(step) <= _PRECISION * max(1.0, value):
            break
    return value


def _first_guess(probability: float, degrees: float) -> float:
    """Return the normal quantile, carried towards the heavier tail (Cornish and Fisher)."""
    z = NormalDist().inv_cdf(probability)
    return z + (z**3 + z) / (4 * degrees) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * degrees**2)


def _density(value: float, degrees: float) -> float:
    log_constant = math.lgamma((degrees + 1) / 2) - math.lgamma(degrees / 2) - 0.5 * math.log(degrees * math.pi)
    return math.exp(log_constant - (degrees + 1) / 2 * math.log1p(value * value / degrees))


def _upper_tail(value: float, degrees: float) -> float:
    """Return the probability above ``value``, which is not negative: half an incomplete beta function."""
    share = degrees / (degrees + value * value)
    return 0.5 * _incomplete_beta(
        degrees / 2, 0.5, share, 1 - share if share < 0.5 else value**2 / (degrees + value**2)
    )


def _incomplete_beta(a: float, b: float, x: float, rest: float) -> float:
    """Return the regularised incomplete beta function at ``x``; ``rest`` is ``1 - x``, given for precision."""
    if x <= 0 or rest <= 0:
        return 0.0 if x <= 0 else 1.0
    log_beta = math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)
    front = math.exp(a * math.log(x) + b * math.log(rest) - log_beta)
    if x < (a + 1) / (a + b + 2):
        return front * _continued_fraction(a, b, x) / a
    return 1 - front * _continued_fraction(b, a, rest) / b


def _continued_fraction(a: float, b: float, x: float) -> float:
    """Evaluate the fraction of the incomplete beta function from the front (Lentz)."""
    c, d = 1.0, 1 / _off_zero(1 - (a + b) * x / (a + 1))
    result = d
    for m in range(1, _TERMS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        change = 1.0
        for term in (even, odd):
            d = 1 / _off_zero(1 + term * d)
            c = _off_zero(1 + term / c)
            change = c * d
            result *= change
        if abs(change - 1) < _PRECISION:
            break
    return result


def _off_zero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
