"""P-values as tables show them."""

from __future__ import annotations

from math import nan

from experiment_results import wording

__all__ = ["p_text"]


def p_text(p_value: float | None) -> str:
    """Return ``0.0123``, ``0.123`` or ``< 0.0001``, or a dash for None."""
    return wording.p_text(nan if p_value is None else p_value)
