"""Orders and budgets that several strategies share. Ties are always broken by id, never by position."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from errors import SignalError
from strategies.signals import DATA_MAP, Signals

__all__ = [
    "AMBIGUOUS",
    "CATEGORIES",
    "EASY",
    "HARD",
    "ambiguity",
    "categories",
    "counts_of",
    "first",
    "order_by",
    "share_of",
]

EASY, HARD, AMBIGUOUS = "easy", "hard", "ambiguous"
CATEGORIES = (EASY, HARD, AMBIGUOUS)


def categories(signals: Signals) -> NDArray[Any]:
    """Return the data map's region of each row, (num_examples,): easy, hard or ambiguous.

    Raises:
        SignalError: the map has other values in its category column.
    """
    found = signals.column(DATA_MAP, "category")
    unknown = ~np.isin(found, CATEGORIES)
    if unknown.any():
        raise SignalError(
            f"signal {DATA_MAP!r}: {int(unknown.sum())} of {len(found)} rows have a category that is none of "
            f"{', '.join(CATEGORIES)} (such as {str(found[unknown][0])!r}); make the data map anew"
        )
    return found


def ambiguity(signals: Signals) -> NDArray[np.float64]:
    """Return (1 - confidence) + variability of each row, (num_examples,): the order inside the ambiguous region."""
    return (1.0 - signals.scores(DATA_MAP, "confidence")) + signals.scores(DATA_MAP, "variability")


def order_by(score: NDArray[np.floating[Any]], ids: NDArray[np.str_]) -> NDArray[np.intp]:
    """Return the positions of all rows, highest ``score`` first, ties by id."""
    return np.lexsort((ids, -score))


def random_order(ids: NDArray[np.str_], rng: np.random.Generator) -> NDArray[np.float64]:
    """Return a random score for each id, (num_examples,): the same for an id wherever its row stands."""
    scores = np.empty(len(ids), dtype=np.float64)
    scores[np.argsort(ids, kind="stable")] = rng.random(len(ids))
    return scores


def first(
    count: int, candidates: NDArray[np.bool_], score: NDArray[np.floating[Any]], ids: NDArray[np.str_]
) -> NDArray[np.bool_]:
    """Return the mask of the ``count`` candidates with the highest ``score``; fewer where there are fewer.

    Args:
        count: how many to choose.
        candidates: (num_examples,) rows to choose from.
        score: (num_examples,) what ranks them.
        ids: (num_examples,) what breaks ties.
    """
    order = order_by(score, ids)
    chosen = np.zeros(len(ids), dtype=np.bool_)
    chosen[order[candidates[order]][:count]] = True
    return chosen


def share_of(fraction: float, total: int) -> int:
    """Return ``fraction`` of ``total`` rows, rounded half up."""
    return int(np.floor(fraction * total + 0.5))


def counts_of(values: NDArray[Any]) -> dict[str, int]:
    """Return how often each value occurs, as JSON keys, in the values' own order."""
    found, counts = np.unique(values, return_counts=True)
    return {str(value): int(count) for value, count in zip(found.tolist(), counts, strict=True)}
