"""How numbers, seeds and names are written in tables and pictures."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePath

__all__ = [
    "VERDICT_STYLES",
    "data_title",
    "decimals_for",
    "first_of",
    "seeds_text",
    "shortened",
    "signed",
    "unsigned",
]

VERDICT_STYLES: Mapping[str, str] = {"better": "bold green", "worse": "bold red", "equivalent": "bold blue"}
"""Of a verdict on a terminal; those of pictures are told apart by colour-blind readers too."""


def decimals_for(values: Iterable[float]) -> int:
    """Return how many decimals show a metric: 4 on a scale of 0 to 1, 2 on one of 0 to 100."""
    return 4 if max((abs(value) for value in values if math.isfinite(value)), default=0.0) <= 1.5 else 2


def unsigned(value: float, decimals: int) -> str:
    """Return ``0.8125``, or a dash for a missing value."""
    return "–" if math.isnan(value) else f"{value:.{decimals}f}"


def signed(value: float, decimals: int) -> str:
    """Return ``+0.0125`` or ``-0.0125``, without a sign where it rounds to zero, or a dash for a missing value."""
    if math.isnan(value):
        return "–"
    text = f"{value:+.{decimals}f}"
    return text if float(text) else text[1:]


def seeds_text(seeds: Iterable[int]) -> str:
    """Return ``seed 42``, ``seeds 42, 43, 44``, or for more than four ``10 seeds (1 to 10)``."""
    known = sorted(set(seeds))
    if len(known) > 4:
        return f"{len(known)} seeds ({known[0]} to {known[-1]})"
    return f"seed{'s' if len(known) > 1 else ''} {', '.join(map(str, known))}" if known else "no seeds"


def data_title(data: Sequence[str]) -> str:
    """Return ``dataset (eval_split), model`` of (task, model, dataset, eval_split); paths by their last part."""
    _, model, dataset, split = data
    scored = f" ({split})" if split not in ("", "validation") else ""
    return f"{_last_part(dataset) or 'unknown data'}{scored}, model {_last_part(model) or 'unknown'}"


def first_of(shown: int, total: int) -> str:
    """Return ``, first 60 of 100 strategies`` where not all are shown."""
    return f", first {shown} of {total} strategies" if total > shown else ""


def _last_part(name: str) -> str:
    return PurePath(name).name if name.count("/") > 1 or name.startswith((".", "/")) else name


def shortened(labels: Sequence[str], limit: int) -> list[str]:
    """Return labels of at most ``limit`` characters, cut in the middle; uncut if that would make two equal."""
    head = (limit - 1) * 3 // 5
    cut = [
        label if len(label) <= limit else f"{label[:head]}…{label[len(label) - (limit - 1 - head) :]}"
        for label in labels
    ]
    return cut if len(set(cut)) == len(set(labels)) else list(labels)
