"""Noncentralities that an observed t or F is compatible with: where intervals of effect sizes come from.

The bounds are found by inverting the distribution functions. scipy's own inverses (``nctdtrinc``, ``ncfdtrinc``) are
right to few digits only, and the former is wrong at ``t = 0``.
"""

from __future__ import annotations

from collections.abc import Callable

from scipy.optimize import brentq
from scipy.special import ncfdtr

from analysis.noncentral_t import noncentral_t_below
from analysis.student_t import Interval

__all__ = ["noncentral_f_interval", "noncentral_t_interval"]


def noncentral_t_interval(statistic: float, degrees: float, level: float = 0.95) -> Interval:
    """Return the noncentralities under which ``statistic`` is no outlier on either side (Steiger and Fouladi 1997).

    Args:
        statistic: Student's t.
        degrees: degrees of freedom, positive.
        level: in (0, 1).

    Raises:
        ValueError: impossible level or degrees.
    """
    _check(level, degrees)
    reach = 40 + 10 * abs(statistic)

    def bound(tail: float) -> float:
        return _root(lambda shift: noncentral_t_below(statistic, degrees, shift) - tail, -reach, reach)

    return Interval(bound((1 + level) / 2), bound((1 - level) / 2))


def noncentral_f_interval(statistic: float, degrees: float, residual_degrees: float, level: float = 0.95) -> Interval:
    """Return the noncentralities under which an F is no outlier on either side; 0 where none is small enough.

    Args:
        statistic: F, not negative.
        degrees: of the numerator, positive.
        residual_degrees: of the denominator, positive.
        level: in (0, 1).

    Raises:
        ValueError: impossible level, statistic or degrees.
    """
    _check(level, min(degrees, residual_degrees))
    if not statistic >= 0:
        raise ValueError(f"F is not negative, got {statistic}")

    def bound(tail: float) -> float:
        def gap(shift: float) -> float:
            return float(ncfdtr(degrees, residual_degrees, shift, statistic)) - tail

        if gap(0.0) <= 0:
            return 0.0
        above = 1.0
        while gap(above) > 0:
            above *= 2
        return _root(gap, 0.0, above)

    return Interval(bound((1 + level) / 2), bound((1 - level) / 2))


def _root(function: Callable[[float], float], low: float, high: float) -> float:
    return float(brentq(function, low, high, xtol=1e-10))


def _check(level: float, degrees: float) -> None:
    if not 0 < level < 1 or not degrees > 0:
        raise ValueError(f"expected a level in (0, 1) and positive degrees, got {level} and {degrees}")
