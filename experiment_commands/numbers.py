"""Numbers of one column or row, written alike, so that they can be compared at a glance."""

from __future__ import annotations

import math
from collections.abc import Sequence

__all__ = ["format_for", "number_text"]

_DIGITS = 4
_MORE_DIGITS = 4
_SMALLEST, _LARGEST = 1e-3, 1e9
"""Between which numbers are written without an exponent."""


def format_for(values: Sequence[float | None]) -> str:
    """Return the format that shows about four digits of the largest value, or a few more if values differ only there.

    As in ``0.8125``, ``81.25`` and ``8125``; very large and very small numbers have an exponent, as ``9.260e-05``.
    """
    known = {abs(value) for value in values if value is not None and math.isfinite(value)}
    largest = max(known, default=0.0)
    if largest and not _SMALLEST <= largest < _LARGEST:
        return _first_that_tells_apart(known, _DIGITS - 1, "e")
    places = math.floor(math.log10(largest)) if largest else 0
    return _first_that_tells_apart(known, max(0, _DIGITS - 1 - places), "f")


def number_text(value: float | None, form: str) -> str:
    """Return a value in a format, or a dash for none."""
    if value is None:
        return "–"
    return "0" if value == 0 and form.endswith("e") else f"{value:{form}}"


def _first_that_tells_apart(values: set[float], fewest: int, kind: str) -> str:
    forms = [f".{decimals}{kind}" for decimals in range(fewest, fewest + _MORE_DIGITS)]
    return next((form for form in forms if len({f"{value:{form}}" for value in values}) == len(values)), forms[0])
