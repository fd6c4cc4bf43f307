"""Parameters of runs: which vary, which always move together, and what stands for each in a linear model."""

from __future__ import annotations

import json
import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from numbers import Real
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["MAX_LEVELS", "Factor", "LeftOut", "factors_of", "is_number"]

MAX_LEVELS = 5
"""A number with more distinct values counts as a quantity with a curved trend, one with fewer as so many levels."""
_LOGARITHMIC_FROM = 10.0
"""From this ratio of the largest to the smallest value on, a positive number is taken by its logarithm."""


class LeftOut(NamedTuple):
    """A parameter that says nothing of its own."""

    name: str
    reason: str


@dataclass(frozen=True, eq=False)
class Factor:
    """A parameter, or several that always move together, as columns of a linear model."""

    names: tuple[str, ...]
    levels: tuple[Any, ...]
    """Distinct values of the first of the names: numbers ascending, others in the order of their text; of a trend,
    None comes last."""
    codes: NDArray[np.intp]
    """Position of each run's level, shape (num_runs,)."""
    level_columns: NDArray[np.float64]
    """What stands for each level, shape (num_levels, num_columns)."""
    is_trend: bool
    """Whether the columns are a quadratic trend, and an indicator of None where no other parameter tells who has none;
    else they are indicators of all levels but the first."""

    @property
    def columns(self) -> NDArray[np.float64]:
        """Columns of the runs, shape (num_runs, num_columns)."""
        return self.level_columns[self.codes]


def factors_of(parameters: Mapping[str, Sequence[Any]]) -> tuple[list[Factor], list[LeftOut]]:
    """Return the parameters that vary, and those that do but say nothing of their own.

    Args:
        parameters: by name one value a run; None where a run has none. Seeds are no parameters.

    Raises:
        ValueError: unequal numbers of values.
    """
    if len({len(values) for values in parameters.values()}) > 1:
        raise ValueError("every parameter needs one value a run")
    varying = {name: values for name, values in parameters.items() if len(set(map(_key, values))) > 1}
    factors, left_out = [], []
    for name, values in varying.items():
        factor = _factor(name, values)
        if not factor.is_trend and len(factor.levels) > len(values) / 2 and len(factor.levels) > 2:
            left_out.append(LeftOut(name, "a value of its own in most runs"))
        else:
            factors.append(factor)
    kept = []
    for factor in factors:
        owner = _owner(factor, factors)
        if owner is None:
            kept.append(_with_lack(factor, factors))
        else:
            left_out.append(LeftOut(factor.names[0], f"told by {owner.names[0]} already"))
    return _joined(kept), left_out


def _factor(name: str, values: Sequence[Any]) -> Factor:
    distinct = {_key(value): value for value in values}
    known = [value for value in distinct.values() if value is not None]
    numeric = all(map(is_number, known))
    is_trend = numeric and len(known) > MAX_LEVELS and all(map(math.isfinite, known))
    if is_trend or (numeric and len(known) == len(distinct)):
        order = [*sorted(map(_key, known), key=lambda key: distinct[key]), *[_key(None)][: len(distinct) - len(known)]]
    else:
        order = sorted(distinct, key=str)
    place = {key: position for position, key in enumerate(order)}
    codes = np.array([place[_key(value)] for value in values], dtype=np.intp)
    levels = tuple(distinct[key] for key in order)
    columns = _trend(levels) if is_trend else np.eye(len(levels))[:, 1:]
    return Factor((name,), levels, codes, columns, is_trend)


def is_number(value: Any) -> bool:
    """Return whether a value is a quantity, of numpy or not; truth values are none."""
    return isinstance(value, Real) and not isinstance(value, bool)


def _key(value: Any) -> Hashable:
    if is_number(value):
        return float(value)
    return json.dumps(value, sort_keys=True, default=str)


def _trend(levels: Sequence[Any]) -> NDArray[np.float64]:
    """Return a line and a parabola over levels, which are ascending; 0 for None, which comes last if it is there."""
    numbers = np.array([level for level in levels if level is not None], dtype=np.float64)
    if numbers[0] > 0 and numbers[-1] / numbers[0] >= _LOGARITHMIC_FROM:
        numbers = np.log(numbers)
    line = 2 * (numbers - numbers[0]) / (numbers[-1] - numbers[0]) - 1
    columns = np.zeros((len(levels), 2))
    columns[: numbers.size] = np.column_stack([line, line**2])
    return columns


def _with_lack(factor: Factor, factors: Sequence[Factor]) -> Factor:
    """Return a trend with an indicator of runs that lack the number, unless another factor tells which those are."""
    if not factor.is_trend or None not in factor.levels:
        return factor
    lacks = np.array([level is None for level in factor.levels])
    for other in factors:
        pairs = set(zip(other.codes.tolist(), lacks[factor.codes].tolist(), strict=True))
        if not other.is_trend and len(pairs) == len(other.levels):
            return factor
    return replace(factor, level_columns=np.column_stack([factor.level_columns, lacks]))


def _joined(factors: Sequence[Factor]) -> list[Factor]:
    """Return the factors, those with levels that are one-to-one as a single one."""
    found: dict[Hashable, Factor] = {}
    for factor in factors:
        key: Hashable = factor.names if factor.is_trend else _partition(factor).tobytes()
        known = found.get(key)
        names = factor.names if known is None else (*known.names, *factor.names)
        base = known or factor
        found[key] = Factor(names, base.levels, base.codes, base.level_columns, base.is_trend)
    return list(found.values())


def _partition(factor: Factor) -> NDArray[np.intp]:
    """Return the codes, numbered by first appearance, so that equal partitions of the runs are equal."""
    first_places = np.unique(factor.codes, return_index=True)[1]
    renumbered: NDArray[np.intp] = np.argsort(np.argsort(first_places))[factor.codes]
    return renumbered


def _owner(factor: Factor, factors: Sequence[Factor]) -> Factor | None:
    """Return the factor by whose levels a setting is told that not all runs have; None where there is none."""
    if None not in factor.levels:
        return None
    for other in factors:
        if other.is_trend or None in other.levels:
            continue
        pairs = set(zip(other.codes.tolist(), factor.codes.tolist(), strict=True))
        if len(pairs) == len(other.levels):
            return other
    return None
