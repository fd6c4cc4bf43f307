"""P-values as tables show them."""

from __future__ import annotations

__all__ = ["p_text"]

_SMALLEST = 1e-4


def p_text(p_value: float | None) -> str:
    """Return a p-value with three figures at most, or a dash for none."""
    if p_value is None:
        return "–"
    if p_value < _SMALLEST:
        return f"< {_SMALLEST:.4f}"
    return f"{p_value:.4f}" if p_value < 0.1 else f"{p_value:.3f}"
