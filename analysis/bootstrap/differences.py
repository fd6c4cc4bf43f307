"""From resampled differences to the outcome of a test."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analysis.bootstrap.intervals import percentile_interval
from analysis.outcome import Alternative, Outcome

__all__ = ["outcome_of_resamples"]


def outcome_of_resamples(
    test: str,
    resamples: NDArray[np.float64],
    difference: float,
    alternative: Alternative,
    level: float,
    *,
    assumptions: tuple[str, ...],
) -> Outcome:
    """Return the outcome of a bootstrap test.

    The p-value is the share of resamples beyond 0 on the far side, twice the smaller share where both sides count, and
    never 0: one is added to both counts (Davison and Hinkley 1997, section 4.2). So it agrees with the percentile
    interval: below 0.05 where the interval of level 0.95 leaves 0 out.

    Args:
        test: its name.
        resamples: the difference of each resample, shape (num_resamples,).
        difference: as observed.
        alternative: what counts as evidence.
        level: of the percentile interval, in (0, 1).
        assumptions: what must hold; a clause each.

    Raises:
        ValueError: impossible level.
    """
    count = resamples.size
    not_above, not_below = (int(np.sum(side)) for side in (resamples <= 0, resamples >= 0))
    tails = {
        "greater": (1 + not_above) / (1 + count),
        "less": (1 + not_below) / (1 + count),
        "two-sided": min(1.0, 2 * (1 + min(not_above, not_below)) / (1 + count)),
    }
    return Outcome(
        test=test,
        statistic=difference,
        p_value=tails[alternative],
        alternative=alternative,
        estimate=difference,
        interval=percentile_interval(resamples, level),
        smallest_p=min(1.0, (2 if alternative == "two-sided" else 1) / (1 + count)),
        assumptions=assumptions,
    )
