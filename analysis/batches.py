"""Resamples by the batch: their arrays stay small whatever their number."""

from __future__ import annotations

from collections.abc import Iterator

__all__ = ["batches"]

_NUMBERS = 2**22
"""Held at once: 32 MB."""


def batches(num_resamples: int, width: int, at_once: int = _NUMBERS) -> Iterator[int]:
    """Yield how many resamples to hold at once, until there are ``num_resamples``.

    Args:
        num_resamples: in all.
        width: numbers that each of them takes.
        at_once: numbers to hold at most, if that is enough for one.
    """
    rows = max(1, at_once // width)
    for start in range(0, num_resamples, rows):
        yield min(rows, num_resamples - start)
