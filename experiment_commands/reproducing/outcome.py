"""Whether a run came out as the one it repeats."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

__all__ = ["MetricPair", "compare_metrics"]

_TIMES = re.compile(r"(runtime|_time|_per_second)$")
"""How long something took is never the same twice."""


class MetricPair(NamedTuple):
    """A metric then and now; None where only one of the two has it."""

    name: str
    then: float | None
    now: float | None

    @property
    def equal(self) -> bool:
        """Whether it is the same to the last bit."""
        return self.then == self.now


def compare_metrics(then: Mapping[str, float], now: Mapping[str, float]) -> list[MetricPair]:
    """Pair the metrics of two runs by name, without times.

    Args:
        then: final metrics of the run that is repeated.
        now: those of its repetition.
    """
    names = sorted(name for name in then.keys() | now.keys() if not _TIMES.search(name))
    return [MetricPair(name, then.get(name), now.get(name)) for name in names]
