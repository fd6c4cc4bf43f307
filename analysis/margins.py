"""Differences too small to matter, where nobody says which those are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analysis.scores import Scores

__all__ = ["HALF_A_POINT", "usual_margin"]

HALF_A_POINT = 0.5
"""What is commonly too small to matter on a scale of 0 to 100: about the spread over seeds of a good baseline."""


def usual_margin(scores: Sequence[Scores], higher_is_better: bool) -> float | None:
    """Return half a point: 0.5 on a scale of 0 to 100, 0.005 on one of 0 to 1.

    Args:
        scores: of one metric, of everything that is compared.
        higher_is_better: whether the metric is a quality and no loss.

    Returns:
        None for a loss and for scores outside of both scales, of which nobody knows what matters.
    """
    if not higher_is_better or not scores:
        return None
    lowest, highest = np.inf, -np.inf
    for each in scores:
        known = each.values if each.examples is None else each.examples
        lowest, highest = min(lowest, float(known.min())), max(highest, float(known.max()))
    if lowest < 0 or highest > 100:
        return None
    return HALF_A_POINT / 100 if highest <= 1 else HALF_A_POINT
