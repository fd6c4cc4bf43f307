"""The noncentral t distribution, which tests follow where there is a difference."""

from __future__ import annotations

import math

from scipy.special import nctdtr, ndtr, stdtrit

__all__ = ["noncentral_t_below", "power_beyond", "t_test_power"]


def noncentral_t_below(statistic: float, degrees: float, shift: float) -> float:
    """Return the probability that a noncentral t variable stays below ``statistic``.

    Args:
        statistic: the bound.
        degrees: degrees of freedom, positive.
        shift: the noncentrality.
    """
    below = float(nctdtr(degrees, shift, statistic))
    if math.isnan(below):
        # Far out scipy gives nan; a normal variable is near enough there (Abramowitz and Stegun 1964, 26.7.10).
        spread = math.sqrt(1 + statistic**2 / (2 * degrees))
        below = float(ndtr((statistic * (1 - 1 / (4 * degrees)) - shift) / spread))
    return below


def t_test_power(shift: float, degrees: float, alpha: float) -> float:
    """Return the chance that a two-sided t-test of level ``alpha`` rejects.

    Args:
        shift: the true difference in standard errors.
        degrees: degrees of freedom, positive.
        alpha: level, in (0, 1).
    """
    return power_beyond(float(stdtrit(degrees, 1 - alpha / 2)), shift, degrees)


def power_beyond(critical_value: float, shift: float, degrees: float) -> float:
    """Return the chance that a noncentral t variable lies beyond a critical value, on either side.

    Args:
        critical_value: positive.
        shift: the noncentrality.
        degrees: degrees of freedom, positive.
    """
    above = 1 - noncentral_t_below(critical_value, degrees, abs(shift))
    return above + noncentral_t_below(-critical_value, degrees, abs(shift))
