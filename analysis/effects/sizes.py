"""How large a difference is, beside the spread over seeds."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from analysis.conditions import checked_pairs, varies
from analysis.estimates import checked_scores

__all__ = ["cliffs_delta", "cohens_d", "hedges_g", "paired_d", "probability_of_superiority"]


def cohens_d(scores: ArrayLike, reference: ArrayLike) -> float | None:
    """Return the difference of means in pooled standard deviations (Cohen 1988).

    Args:
        scores: shape (num_scores,).
        reference: shape (num_reference_scores,).

    Returns:
        None where a side has one score, or neither varies.

    Raises:
        ValueError: impossible scores.
    """
    first, second = checked_scores(scores), checked_scores(reference)
    if min(first.size, second.size) < 2:
        return None
    if not (varies(first, second) or varies(second, first)):
        return None
    degrees = first.size + second.size - 2
    pooled = float(np.sqrt((np.var(first) * first.size + np.var(second) * second.size) / degrees))
    return float(first.mean() - second.mean()) / pooled


def hedges_g(scores: ArrayLike, reference: ArrayLike) -> float | None:
    """Return Cohen's d times ``1 - 3 / (4 df - 1)``, which takes away its bias in small samples (Hedges 1981).

    Args:
        scores: shape (num_scores,).
        reference: shape (num_reference_scores,).

    Returns:
        None where a side has one score, or neither varies.

    Raises:
        ValueError: impossible scores.
    """
    size = cohens_d(scores, reference)
    degrees = np.size(scores) + np.size(reference) - 2
    return None if size is None else size * (1 - 3 / (4 * degrees - 1))


def paired_d(scores: ArrayLike, reference: ArrayLike) -> float | None:
    """Return the mean difference in standard deviations of the differences, often called d_z (Cohen 1988).

    The more alike both sides move, the larger it is: it tells how easily a paired test sees a difference, not how much
    the difference matters.

    Args:
        scores: shape (num_pairs,).
        reference: shape (num_pairs,); entry i is the partner of ``scores[i]``.

    Returns:
        None from one pair, or where differences do not vary.

    Raises:
        ValueError: impossible scores, or lengths that differ.
    """
    first, second = checked_pairs(scores, reference)
    differences = first - second
    if differences.size < 2 or not varies(differences, first, second):
        return None
    return float(differences.mean() / np.std(differences, ddof=1))


def probability_of_superiority(scores: ArrayLike, reference: ArrayLike) -> float:
    """Return the share of all pairs in which ``scores`` is larger; a tie counts half.

    Args:
        scores: shape (num_scores,).
        reference: shape (num_reference_scores,).

    Raises:
        ValueError: impossible scores.
    """
    first, second = checked_scores(scores), checked_scores(reference)
    gaps = np.sign(first[:, None] - second[None, :])
    return float(np.mean((gaps + 1) / 2))


def cliffs_delta(scores: ArrayLike, reference: ArrayLike) -> float:
    """Return the share of pairs in which ``scores`` is larger, less that in which it is smaller (Cliff 1993).

    Args:
        scores: shape (num_scores,).
        reference: shape (num_reference_scores,).

    Raises:
        ValueError: impossible scores.
    """
    return 2 * probability_of_superiority(scores, reference) - 1
