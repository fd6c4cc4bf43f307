"""A curve as one line of text."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

__all__ = ["sparkline"]

_BARS = "▁▂▃▄▅▆▇█"


def sparkline(values: Sequence[float], width: int = 30) -> str:
    """Return a curve as at most ``width`` bars, from the lowest value to the highest; nothing for a single value.

    Args:
        values: in the order in which they were logged; what is not finite is left out.
        width: more values are averaged in groups of equal size.
    """
    finite = [value for value in values if math.isfinite(value)]
    if len(finite) < 2:
        return ""
    means = _means(finite, width)
    low, high = min(means), max(means)
    if low == high:
        return _BARS[len(_BARS) // 2] * len(means)
    # Halves, because the span of the largest numbers is beyond what a float holds.
    span = high / 2 - low / 2
    return "".join(_BARS[round((mean / 2 - low / 2) / span * (len(_BARS) - 1))] for mean in means)


def _means(values: Sequence[float], width: int) -> list[float]:
    count = min(width, len(values))
    cuts = [position * len(values) // count for position in range(count + 1)]
    groups = [values[start:stop] for start, stop in pairwise(cuts)]
    return [math.fsum(value / len(group) for value in group) for group in groups]
