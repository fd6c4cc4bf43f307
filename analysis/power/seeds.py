"""Seeds that the default comparison needs, from what it measured of both sources of chance."""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import replace
from statistics import NormalDist
from typing import NamedTuple

from scipy.special import chdtri

from analysis.crossed import MIN_SEEDS, Comparison
from analysis.noncentral_t import power_beyond
from analysis.variances import Variance

__all__ = ["MAX_SEEDS", "PILOT_LEVEL", "Need", "power_with_seeds", "seeds_needed", "variance_with_seeds"]

MAX_SEEDS = 1000
"""Beyond so many nobody trains; the need is said to be more."""

PILOT_LEVEL = 0.8
"""Level of the range of seeds: few seeds know their own spread badly, and a range of 95 % would say nothing."""


class Need(NamedTuple):
    """What would show a difference."""

    effect: float
    power: float
    seeds: int | None
    """Seeds of each side in all; None where no number of them is enough, or more than :data:`MAX_SEEDS` are."""
    examples: int | None
    """Evaluation examples in all that it takes beside any number of seeds; None where there are enough."""
    fewest: int | None = None
    """Seeds that do if the true spread over seeds is as small as those seen allow; None as in ``seeds``."""
    most: int | None = None
    """Seeds that it takes if that spread is as large as those seen allow; None as in ``seeds``."""

    @property
    def goal(self) -> str:
        """What is to be seen, and how surely."""
        return f"to see {self.effect:g} with power {self.power:g}"

    @property
    def beyond_seeds(self) -> str:
        """That seeds alone are not enough; empty where they are."""
        if self.examples is None:
            return ""
        return (
            f"no number of seeds is enough {self.goal}: more than {self.examples:,} evaluation examples are needed too"
        )


def power_with_seeds(comparison: Comparison, num_seeds: int, effect: float, alpha: float = 0.05) -> float:
    """Return the chance that the comparison finds a true difference of ``effect`` with so many seeds on each side.

    Args:
        comparison: whose variances are taken for the true ones; it has a variance.
        num_seeds: of each side, at least 2.
        effect: on the metric's scale.
        alpha: level of the two-sided test, in (0, 1).

    Raises:
        ValueError: a comparison without a variance, or too few seeds.
    """
    if comparison.variance is None or num_seeds < 2:
        raise ValueError("power needs a comparison with a variance, and at least 2 seeds on each side")
    planned = variance_with_seeds(comparison, num_seeds)
    return power_beyond(planned.critical_value(alpha), effect / math.sqrt(planned.total), planned.degrees)


def variance_with_seeds(comparison: Comparison, num_seeds: int) -> Variance:
    """Return what the comparison's variance would be with so many seeds on each side.

    Raises:
        ValueError: a comparison without a variance.
    """
    variance = comparison.variance
    if variance is None:
        raise ValueError("the comparison has no variance")
    fewer = min(comparison.num_seeds, comparison.num_control_seeds)
    counted = comparison.num_shared_seeds if comparison.paired else fewer
    if num_seeds == counted:
        return variance
    # Welch's degrees grow with the seeds; spreads that happen to look alike promise more of them than there are.
    degrees = (variance.seed_degrees + 2) * (num_seeds + 1) / (counted + 1) - 2
    most = (num_seeds - 1) * (1 if comparison.paired else 2)
    return variance._replace(seeds=variance.one_seed / num_seeds, seed_degrees=min(degrees, most))


def seeds_needed(comparison: Comparison, effect: float, alpha: float = 0.05, power: float = 0.8) -> Need | None:
    """Return what it takes to find a true difference of ``effect``, or None where the variance is not known.

    The variance over seeds comes from few of them. It has a chi-square interval, of level :data:`PILOT_LEVEL`, whose
    ends are taken for the truth to give the fewest and the most seeds (Browne 1995).

    Args:
        comparison: whose variances are taken for the true ones.
        effect: on the metric's scale, not 0.
        alpha: level of the two-sided test, in (0, 1).
        power: wanted chance of finding it, in (0, 1).
    """
    variance = comparison.variance
    if variance is None or not variance.one_seed:
        return None
    normal = NormalDist()
    reach = ((normal.inv_cdf(1 - alpha / 2) + normal.inv_cdf(power)) / effect) ** 2
    if variance.examples * reach >= 1:
        return Need(effect, power, None, math.ceil(comparison.num_examples * variance.examples * reach))
    fewest, seeds, most = (
        _fewest_seeds(replace(comparison, variance=each), effect, alpha, power)
        for each in (
            _with_spread(variance, (1 - PILOT_LEVEL) / 2),
            variance,
            _with_spread(variance, (1 + PILOT_LEVEL) / 2),
        )
    )
    return Need(effect, power, seeds, None, fewest, most)


def _with_spread(variance: Variance, probability: float) -> Variance:
    """Return the variance with the seeds' part at one end of its chi-square interval."""
    factor = variance.seed_degrees / float(chdtri(variance.seed_degrees, probability))
    return variance._replace(seeds=variance.seeds * factor, one_seed=variance.one_seed * factor)


def _fewest_seeds(comparison: Comparison, effect: float, alpha: float, power: float) -> int | None:
    counts = range(MIN_SEEDS, MAX_SEEDS + 1)
    place = bisect_left(counts, power, key=lambda count: power_with_seeds(comparison, count, effect, alpha))
    return counts[place] if place < len(counts) else None
