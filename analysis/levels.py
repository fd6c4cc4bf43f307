"""Levels of intervals and tests."""

from __future__ import annotations

__all__ = ["check_level"]


def check_level(level: float) -> None:
    """Refuse a level that is no probability.

    Raises:
        ValueError: a level that does not lie between 0 and 1.
    """
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, got {level}")
