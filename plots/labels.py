"""Names and numbers as pictures one column wide have room for."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence

__all__ = ["decimals_of", "fitted", "number"]

_BREAKS = "_- ,+/.(="


def fitted(labels: Sequence[str], width: int, num_lines: int = 2) -> list[str]:
    """Return labels of a few short lines, cut in the middle where they are longer; what is distinct stays so.

    Args:
        labels: names of any length.
        width: characters a line.
        num_lines: lines at most.
    """
    cut = [_shortest(" ".join(label.split()) or "(no name)", width, num_lines) for label in labels]
    numbers: Counter[str] = Counter()
    names: dict[str, str] = {}
    for label, short in zip(labels, cut, strict=True):
        if label not in names:
            numbers[short] += 1
            names[label] = short if numbers[short] == 1 else f"{short} #{numbers[short]}"
    return ["\n".join(_lines(names[label], width)) for label in labels]


def _shortest(label: str, width: int, num_lines: int) -> str:
    """Cut the label until its lines are few enough."""
    limit = width * num_lines
    while len(_lines(_cut(label, limit), width)) > num_lines:
        limit -= 1
    return _cut(label, limit)


def _cut(label: str, limit: int) -> str:
    if len(label) <= limit:
        return label
    head = (limit - 1) // 2
    return f"{label[:head]}…{label[len(label) - (limit - 1 - head) :]}"


def _lines(text: str, width: int) -> list[str]:
    """Break after a mark that separates words, or where the line is full."""
    lines = []
    while len(text) > width:
        end = max((text.rfind(mark, 0, width) + 1 for mark in _BREAKS), default=0)
        end = end if end >= width // 3 else width
        lines.append(text[:end].rstrip())
        text = text[end:].lstrip()
    return [*lines, text]


def decimals_of(precisions: Iterable[float]) -> int:
    """Return the decimals that show two digits of the median of some precisions, such as widths of intervals."""
    known = sorted(abs(value) for value in precisions if value and math.isfinite(value))
    return max(0, min(6, 1 - math.floor(math.log10(known[len(known) // 2])))) if known else 2


def number(value: float, decimals: int, sign: bool = False) -> str:
    """Return ``0.81`` or ``+0.81`` with a true minus, or a dash for a missing value; zero has no sign."""
    if not math.isfinite(value):
        return "–"
    text = f"{value:+.{decimals}f}" if sign else f"{value:.{decimals}f}"
    return text.lstrip("+-") if float(text) == 0 else text.replace("-", "−")
