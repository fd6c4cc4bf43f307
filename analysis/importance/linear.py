"""What columns add to a linear model, and whether that could be chance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.batches import batches

__all__ = ["Addition", "added", "basis", "permutation_p"]

_NEGLIGIBLE = 1e-9
"""Share of a column's length that rounding leaves of it where it says nothing new."""
_ROUNDING = 1e-12
"""Share of a sum of squares that rounding leaves."""


class Addition(NamedTuple):
    """What columns add to those that are there already."""

    basis: NDArray[np.float64]
    """Orthonormal, orthogonal to what was there, shape (num_runs, num_new)."""
    sum_of_squares: float
    residual: float
    """Sum of squares that is left with them."""
    degrees: int
    """Degrees of freedom of the residual."""

    @property
    def mean_square(self) -> float:
        """Of the residual."""
        return self.residual / self.degrees

    @property
    def statistic(self) -> float:
        """F of the columns; infinite where they leave nothing."""
        return np.inf if not self.residual else self.sum_of_squares / self.basis.shape[1] / self.mean_square


def basis(columns: NDArray[np.float64], known: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
    """Return an orthonormal basis of what columns say beyond a known basis.

    Args:
        columns: shape (num_runs, num_columns).
        known: orthonormal, shape (num_runs, num_known).
    """
    left = columns
    if known is not None:
        left = columns - known @ (known.T @ columns)
        # Twice is enough for what rounding has left.
        left = left - known @ (known.T @ left)
    lengths = np.linalg.norm(columns, axis=0)
    vectors, sizes, _ = np.linalg.svd(left / np.where(lengths > 0, lengths, 1), full_matrices=False)
    found: NDArray[np.float64] = vectors[:, sizes > _NEGLIGIBLE]
    return found


def added(columns: NDArray[np.float64], known: NDArray[np.float64], scores: NDArray[np.float64]) -> Addition:
    """Return what columns add to a model of the scores.

    Args:
        columns: shape (num_runs, num_columns).
        known: orthonormal basis of what the model holds already, shape (num_runs, num_known).
        scores: shape (num_runs,).
    """
    new = basis(columns, known)
    explained = float(np.sum((new.T @ scores) ** 2))
    left = scores - known @ (known.T @ scores)
    degrees = scores.size - known.shape[1] - new.shape[1]
    whole = float(np.sum(left**2))
    # What rounding leaves of nothing is nothing.
    residual = whole - explained if whole - explained > _ROUNDING * whole else 0.0
    return Addition(new, explained, residual, degrees)


def permutation_p(
    additions: Sequence[Addition],
    known: NDArray[np.float64],
    scores: NDArray[np.float64],
    num_permutations: int,
    rng: np.random.Generator,
) -> list[float]:
    """Return for each addition the share of permutations whose F is as large, by Freedman and Lane (1983).

    What the model without the columns leaves of the scores is shuffled, so that the other parameters keep their
    effects. The scores as they are count as one of the permutations (Phipson and Smyth 2010).

    Args:
        additions: of :func:`added`, each to the same model of the same scores.
        known: basis of the model without the columns, shape (num_runs, num_known).
        scores: shape (num_runs,).
        num_permutations: at least 1.
        rng: where they are drawn from.
    """
    left = scores - known @ (known.T @ scores)
    whole, tiny = float(np.sum(left**2)), np.finfo(np.float64).tiny
    new = np.concatenate([each.basis for each in additions], axis=1)
    starts = np.cumsum([0, *(each.basis.shape[1] for each in additions[:-1])])
    # The share of what was left rises with F, and is finite where nothing remains.
    observed = np.array([each.sum_of_squares / max(each.sum_of_squares + each.residual, tiny) for each in additions])
    extreme = np.zeros(len(additions), dtype=np.intp)
    for count in batches(num_permutations, scores.size):
        shuffled = rng.permuted(np.broadcast_to(left, (count, left.size)), axis=1)
        gained = np.add.reduceat((shuffled @ new) ** 2, starts, axis=1)
        unexplained = np.maximum(whole - np.sum((shuffled @ known) ** 2, axis=1), tiny)
        # Ties are ties whatever rounding says.
        extreme += np.count_nonzero(gained / unexplained[:, None] >= observed * (1 - 1e-9), axis=0)
    return [(int(each) + 1) / (num_permutations + 1) for each in extreme]
