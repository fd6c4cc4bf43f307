"""Settings that were swept: for each strategy the two that make the fullest grid."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any, NamedTuple

from experiment_results.grouping import differing_fields, flat_fields
from experiment_results.variants import VariantRuns
from plots.heat_map import Swept

__all__ = ["Sweep", "sweeps_of"]

_LEAST_FILLED = 0.5
"""Of the grid's cells; an emptier one is no picture of two parameters together."""


class Sweep(NamedTuple):
    """Variants of one strategy over two of its settings."""

    method: str
    names: tuple[str, str]
    """The one with more values second."""
    points: tuple[tuple[Swept, Swept, tuple[Swept, ...], VariantRuns], ...]
    """Values of both, values of ``others``, and who has them."""
    others: tuple[str, ...]
    """Settings that were swept too; their variants share cells."""


def sweeps_of(variants: Sequence[VariantRuns]) -> list[Sweep]:
    """Return a sweep for each strategy of which at least two settings took several values together.

    Args:
        variants: on the same data.
    """
    methods = dict.fromkeys(variant.method for variant in variants)
    found = [_sweep(method, [variant for variant in variants if variant.method == method]) for method in methods]
    return [sweep for sweep in found if sweep is not None]


def _sweep(method: str, variants: Sequence[VariantRuns]) -> Sweep | None:
    configs: list[Mapping[str, Any]] = [json.loads(variant.config) for variant in variants]
    names = differing_fields(configs)
    flat = [flat_fields(config) for config in configs]
    columns = {name: [_swept(each.get(name)) for each in flat] for name in names}
    grids = [pair for pair in combinations(names, 2) if _is_grid(columns[pair[0]], columns[pair[1]])]
    if not grids:
        return None
    pair = max(grids, key=lambda each: len(set(zip(columns[each[0]], columns[each[1]], strict=True))))
    row, column = sorted(pair, key=lambda name: len(set(columns[name])))
    others = [name for name in names if name not in pair]
    settings = [tuple(columns[name][place] for name in others) for place in range(len(variants))]
    points = tuple(zip(columns[row], columns[column], settings, variants, strict=True))
    return Sweep(method, (_short(row), _short(column)), points, tuple(map(_short, others)))


def _is_grid(first: Sequence[Swept], second: Sequence[Swept]) -> bool:
    rows, columns, filled = len(set(first)), len(set(second)), len(set(zip(first, second, strict=True)))
    return min(rows, columns) > 1 and filled > max(rows, columns) and filled >= _LEAST_FILLED * rows * columns


def _swept(value: Any) -> Swept:
    return value if value is None or isinstance(value, str | float | int) else json.dumps(value)


def _short(name: str) -> str:
    return name.split(".")[-1]
