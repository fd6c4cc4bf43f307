"""Numbers and findings in words, the same in tables, pictures and commands."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analysis.corrections import Correction
    from analysis.outcome import Basis

__all__ = ["NOTABLE_FLOOR", "chance_text", "correction_text", "counted", "floor_text", "p_text"]

_CHANCE: Mapping[Basis, str] = {
    "seeds and examples": "other seeds and other examples of the same kind{known}",
    "seeds": "other seeds on the same examples",
    "examples": "other examples of the same kind{known}, for these very models: another seed may change the sign",
    "nothing": "nothing but these runs",
}
NOTABLE_FLOOR = 0.001
"""Below it nobody minds how small a p-value could be."""


def chance_text(basis: Basis, num_examples: int = 0) -> str:
    """Return of which draws an interval or a p-value speaks; with the number of examples, where that is not 0."""
    return _CHANCE[basis].format(known=f" ({num_examples:,} here)" if num_examples else "")


def p_text(p_value: float | None) -> str:
    """Return ``0.0123``, ``0.123`` or ``< 0.0001``, or a dash for a missing p-value (None or nan)."""
    if p_value is None or math.isnan(p_value):
        return "–"
    if p_value < 1e-4:
        return "< 0.0001"
    return f"{p_value:.4f}" if p_value < 0.1 else f"{p_value:.3f}"


def counted(number: int, noun: str) -> str:
    """Return ``1 line``, ``2 lines``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def correction_text(count: int, correction: Correction) -> str:
    """Return how ``count`` p-values that are shown together were corrected; empty for a single one."""
    if count < 2:
        return ""
    if correction == "none":
        return f"{count} p-values, not corrected: the more there are, the likelier a small one comes by chance."
    return f"p corrected for all {count} p-values shown ({correction})."


def floor_text(num_control_seeds: int, num_seeds: int, smallest_p: float | None, paired: bool) -> str:
    """Return what no test without assumptions can get below; empty where that is too small to matter.

    Args:
        num_control_seeds: of the control, which is named first.
        num_seeds: of the treatment.
        smallest_p: of an exact test over these seeds; None where there is none.
        paired: whether runs of equal seeds are compared with each other.
    """
    if smallest_p is None or math.isnan(smallest_p) or smallest_p < NOTABLE_FLOOR:
        return ""
    design = "paired" if paired else "not paired"
    return (
        f"With {num_control_seeds} and {num_seeds} seeds, {design}, an exact test over seeds gives no p below "
        f"{p_text(smallest_p)}, whatever the scores: smaller ones rest on what is assumed."
    )
