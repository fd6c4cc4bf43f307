"""How small a p-value must be at each look so that all looks together keep the level.

Standardised differences at successive looks are correlated as Brownian motion is at the fractions of information
(Jennison and Turnbull 2000, chapter 3). The chance to cross a boundary for the first time at a look follows from that
at the look before by one integral (Armitage, McPherson and Rowe 1969).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from analysis.sequential.spending import Spending, spent

__all__ = ["critical_values", "crossing_probabilities", "nominal_levels"]

_NUM_NODES = 201
_LARGEST = 37.0
"""Beyond it the normal distribution leaves nothing that a double can hold."""


class _Inside(NamedTuple):
    """Where the sum of what was seen lies if no boundary was crossed: nodes, and the mass at each."""

    at: NDArray[np.float64]
    mass: NDArray[np.float64]


@lru_cache(maxsize=256)
def critical_values(fractions: tuple[float, ...], alpha: float, spending: Spending) -> tuple[float, ...]:
    """Return what the absolute standard normal statistic must exceed at each look.

    Args:
        fractions: of the information at each look, rising, in (0, 1].
        alpha: level of the two-sided test over all looks, in (0, 1).
        spending: one of :data:`analysis.sequential.spending.SPENDING`.

    Raises:
        ValueError: no look, or fractions that do not rise, or what :func:`spent` raises.
    """
    _check(fractions)
    increments = np.diff(spent(fractions, alpha, spending), prepend=0.0)
    inside, before, critical = _start(), 0.0, []
    for fraction, increment in zip(fractions, increments, strict=True):
        critical.append(_solve(inside, before, fraction, float(increment)))
        inside, before = _step(inside, before, fraction, critical[-1]), fraction
    return tuple(critical)


def nominal_levels(fractions: tuple[float, ...], alpha: float, spending: Spending) -> tuple[float, ...]:
    """Return what the two-sided p-value must fall below at each look; see :func:`critical_values`."""
    return tuple(float(2 * ndtr(-value)) for value in critical_values(fractions, alpha, spending))


def crossing_probabilities(critical: Sequence[float], fractions: Sequence[float]) -> NDArray[np.float64]:
    """Return the chance, without any true difference, to cross the boundary for the first time at each look.

    Args:
        critical: of the absolute standard normal statistic, one a look.
        fractions: of the information at each look, rising, in (0, 1].

    Raises:
        ValueError: no look, or fractions that do not rise.
    """
    _check(fractions)
    inside, before, chances = _start(), 0.0, []
    for fraction, value in zip(fractions, critical, strict=True):
        chances.append(_beyond(value, inside, before, fraction))
        inside, before = _step(inside, before, fraction, value), fraction
    return np.asarray(chances)


def _check(fractions: Sequence[float]) -> None:
    if not fractions or any(late <= early for early, late in pairwise(fractions)):
        raise ValueError(f"expected at least one fraction, each larger than the one before, got {list(fractions)}")


def _start() -> _Inside:
    return _Inside(np.zeros(1), np.ones(1))


def _solve(inside: _Inside, before: float, fraction: float, increment: float) -> float:
    from scipy.optimize import brentq  # takes longer to import than all else that a plan needs

    def excess(value: float) -> float:
        return _beyond(value, inside, before, fraction) - increment

    return _LARGEST if excess(_LARGEST) >= 0 else float(brentq(excess, 0.0, _LARGEST, xtol=1e-10))


def _beyond(value: float, inside: _Inside, before: float, fraction: float) -> float:
    edge, spread = value * np.sqrt(fraction), np.sqrt(fraction - before)
    return float(inside.mass @ (ndtr((inside.at - edge) / spread) + ndtr(-(inside.at + edge) / spread)))


def _step(inside: _Inside, before: float, fraction: float, value: float) -> _Inside:
    """Return where the sum lies after one more look that did not cross the boundary."""
    nodes, weights = _gauss_legendre()
    spread = np.sqrt(fraction - before)
    # A boundary that is hardly ever reached is no reason to spread the nodes thin.
    edge = min(value, 9.0) * np.sqrt(fraction)
    at = edge * nodes
    steps = (at[:, None] - inside.at[None, :]) / spread
    density = np.exp(-(steps**2) / 2) @ inside.mass / (spread * np.sqrt(2 * np.pi))
    return _Inside(at, density * weights * edge)


@lru_cache(maxsize=1)
def _gauss_legendre() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    nodes, weights = np.polynomial.legendre.leggauss(_NUM_NODES)
    return nodes, weights
