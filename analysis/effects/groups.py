"""How much of the spread of all scores the differences between several groups make up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from analysis.conditions import varies
from analysis.effects.noncentral import noncentral_f_interval
from analysis.estimates import checked_scores
from analysis.student_t import Interval

__all__ = ["eta_squared", "omega_squared", "variance_explained_interval"]


class _Squares(NamedTuple):
    between: float
    within: float
    num_groups: int
    num_scores: int

    @property
    def within_mean(self) -> float:
        return self.within / (self.num_scores - self.num_groups)


def eta_squared(groups: Sequence[ArrayLike]) -> float | None:
    """Return the share of the sum of squares that lies between groups; too large in small samples.

    Args:
        groups: for each of at least two groups its scores, shape (num_scores,).

    Returns:
        None where no group has two scores, or none varies.

    Raises:
        ValueError: fewer than two groups, or impossible scores.
    """
    squares = _squares(groups)
    return None if squares is None else squares.between / (squares.between + squares.within)


def omega_squared(groups: Sequence[ArrayLike]) -> float | None:
    """Return the share of variance that lies between groups, almost without bias (Hays 1963); it can be below 0.

    Args:
        groups: for each of at least two groups its scores, shape (num_scores,).

    Returns:
        None where no group has two scores, or none varies.

    Raises:
        ValueError: fewer than two groups, or impossible scores.
    """
    squares = _squares(groups)
    if squares is None:
        return None
    surplus = squares.between - (squares.num_groups - 1) * squares.within_mean
    return surplus / (squares.between + squares.within + squares.within_mean)


def variance_explained_interval(groups: Sequence[ArrayLike], level: float = 0.95) -> Interval | None:
    """Return the interval of the true share of variance between groups, which eta and omega squared both estimate.

    From the noncentral F distribution, for normal scores of one spread (Steiger 2004).

    Args:
        groups: for each of at least two groups its scores, shape (num_scores,).
        level: in (0, 1).

    Returns:
        None where the share itself is not known.

    Raises:
        ValueError: fewer than two groups, impossible scores or level.
    """
    squares = _squares(groups)
    if squares is None:
        return None
    between, residual = squares.num_groups - 1, squares.num_scores - squares.num_groups
    shifts = noncentral_f_interval(squares.between / between / squares.within_mean, between, residual, level)
    return Interval(*(shift / (shift + squares.num_scores) for shift in shifts))


def _squares(groups: Sequence[ArrayLike]) -> _Squares | None:
    arrays = [checked_scores(group) for group in groups]
    if len(arrays) < 2:
        raise ValueError(f"expected at least two groups, got {len(arrays)}")
    pooled = np.concatenate(arrays)
    within = float(sum(np.sum((array - array.mean()) ** 2) for array in arrays))
    if not any(varies(each, pooled) for each in arrays):
        return None
    between = float(sum(array.size * (array.mean() - pooled.mean()) ** 2 for array in arrays))
    return _Squares(between, within, len(arrays), pooled.size)
