"""Names and numbers as pictures one column wide have room for."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import takewhile

__all__ = ["decimals_of", "fitted", "number"]

_BREAKS = "_- ,+/.="


def fitted(labels: Sequence[str], width: int, num_lines: int = 2) -> list[str]:
    """Return labels of a few short lines, cut where they are longer; what is distinct stays so.

    A label is cut in the middle. Where that leaves several the same, what they have in common is cut instead, and where
    nothing helps they are numbered.

    Args:
        labels: names of any length.
        width: characters a line.
        num_lines: lines at most.
    """
    plain = {label: " ".join(label.split()) or "(no name)" for label in labels}
    shown = {label: _shortest(text, width, num_lines) for label, text in plain.items()}
    for alike in _alike(shown):
        texts = [plain[label] for label in alike]
        head, tail = _num_shared(texts), _num_shared([text[::-1] for text in texts])
        for label in alike:
            shown[label] = _shortest(_around(plain[label], head, tail, width * num_lines), width, num_lines)
    for alike in _alike(shown):
        for position, label in enumerate(alike[1:], start=2):
            number = f" #{position}"
            shown[label] = _shortest(plain[label], width - len(number), num_lines) + number
    return ["\n".join(_lines(shown[label], width)) for label in labels]


def _alike(shown: Mapping[str, str]) -> list[list[str]]:
    """Return the labels that are shown the same, together."""
    groups: dict[str, list[str]] = {}
    for label, text in shown.items():
        groups.setdefault(text, []).append(label)
    return [group for group in groups.values() if len(group) > 1]


def _num_shared(texts: Sequence[str]) -> int:
    """Return with how many equal characters all texts begin; a word or number that goes on otherwise is not shared."""
    shared = sum(1 for _ in takewhile(lambda column: len(set(column)) == 1, zip(*texts, strict=False)))
    while shared and texts[0][shared - 1].isalnum():
        shared -= 1
    return shared


def _around(text: str, head: int, tail: int, limit: int) -> str:
    """Return the part of a label that it does not share with others, and of its beginning what there is room for."""
    own = text[head : len(text) - tail] if head + tail < len(text) else text[head:]
    room = max(0, min(head, limit - len(own) - 2))
    return f"{text[:room]}…{own}…" if tail else f"{text[:room]}…{own}"


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
    """Break after a mark that separates words, before a bracket, or where the line is full."""
    lines = []
    while len(text) > width:
        end = max(text.rfind("(", 0, width + 1), *(text.rfind(mark, 0, width) + 1 for mark in _BREAKS))
        end = end if end >= width // 3 else width
        lines.append(text[:end].rstrip())
        text = text[end:].lstrip()
    return [*lines, text]


def decimals_of(precisions: Iterable[float]) -> int:
    """Return the decimals that show two digits of the finer ones of some precisions, such as widths of intervals."""
    known = sorted(abs(value) for value in precisions if value and math.isfinite(value))
    return max(0, min(6, 1 - math.floor(math.log10(known[len(known) // 4])))) if known else 2


def number(value: float, decimals: int, sign: bool = False) -> str:
    """Return ``0.81`` or ``+0.81`` with a true minus, or a dash for a missing value; zero has no sign."""
    if not math.isfinite(value):
        return "–"
    text = f"{value:+.{decimals}f}" if sign else f"{value:.{decimals}f}"
    return text.lstrip("+-") if float(text) == 0 else text.replace("-", "−")
