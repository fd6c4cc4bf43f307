"""What a comparison is likely to come to once all its seeds are there."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtri, ndtr

from analysis.crossed import Comparison
from analysis.power.seeds import variance_with_seeds
from analysis.variances import Variance

__all__ = ["Chances", "chances_at"]

_NUM_NODES = 64


class Chances(NamedTuple):
    """How likely each answer is."""

    greater: float
    less: float
    equivalent: float

    @property
    def any(self) -> float:
        """Chance of an answer at all."""
        return min(1.0, self.greater + self.less + self.equivalent)


def chances_at(
    comparison: Comparison, num_seeds: int, level: float, margin: float | None, equivalence_level: float
) -> Chances:
    """Return the predictive probabilities of the answers with so many seeds on each side (Spiegelhalter et al. 1986).

    Nothing is assumed of the true difference but what was seen (a flat prior). The variance over seeds is as uncertain
    as its degrees of freedom say: the chances are means over its chi-square distribution.

    Args:
        comparison: as it stands now; it has a variance.
        num_seeds: of each side at the end, more than there are.
        level: of the two-sided test at the end, in (0, 1).
        margin: of equivalence; None where nothing counts as equivalent.
        equivalence_level: of each of the two one-sided tests at the end, in (0, 0.5).

    Raises:
        ValueError: a comparison without a variance.
    """
    now = comparison.variance
    if now is None:
        raise ValueError("chances need a comparison with a variance")
    end = variance_with_seeds(comparison, num_seeds)
    scale = _likely_variances(now)
    error = np.sqrt(scale * end.seeds + end.examples)
    spread = np.sqrt(np.maximum(scale * (now.seeds - end.seeds), np.finfo(np.float64).tiny))
    reach = end.critical_value(level) * error
    greater = ndtr((comparison.difference - reach) / spread)
    less = ndtr((-comparison.difference - reach) / spread)
    inside = np.zeros_like(error)
    if margin is not None:
        room = margin - end.critical_value(2 * equivalence_level) * error
        upper, lower = (room - comparison.difference) / spread, (-room - comparison.difference) / spread
        inside = np.where(room > 0, ndtr(upper) - ndtr(lower), 0.0)
    return Chances(float(np.mean(greater)), float(np.mean(less)), float(np.mean(inside)))


def _likely_variances(now: Variance) -> NDArray[np.float64]:
    """Return equally likely ratios of the true variance over seeds to the one that was measured."""
    if not np.isfinite(now.seed_degrees):
        return np.ones(1)
    upper_tails = (np.arange(_NUM_NODES) + 0.5) / _NUM_NODES
    return now.seed_degrees / np.asarray(chdtri(now.seed_degrees, upper_tails))
