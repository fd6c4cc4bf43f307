"""Sizes on disk in words."""

from __future__ import annotations

__all__ = ["size"]

_UNITS = ("B", "kB", "MB", "GB", "TB")


def size(number: float) -> str:
    """Return ``812 B``, ``3.4 kB``, ``12 MB``, ``1.3 GB``."""
    power = 0
    while number >= 999.5 and power < len(_UNITS) - 1:
        number, power = number / 1000, power + 1
    digits = 1 if power and number < 9.95 else 0
    return f"{number:.{digits}f} {_UNITS[power]}"
