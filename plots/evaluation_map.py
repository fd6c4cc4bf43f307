"""Where evaluation examples stand: by a data map of them, or by the scores that strategies gave them.

A map of the baseline's scores alone would mislead: where the baseline was unlucky every strategy seems to gain
(regression to the mean). In a map of the scores of all strategies both sides of a difference enter alike, so that it
does not favour either (Oldham 1962).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.scores import Scores

__all__ = ["REGIONS", "EvaluationMap", "map_of_scores"]

REGIONS = ("easy", "ambiguous", "hard")


class EvaluationMap(NamedTuple):
    """Where evaluation examples stand; arrays of shape (num_examples,)."""

    example_ids: tuple[str, ...]
    confidence: NDArray[np.float64]
    variability: NDArray[np.float64]
    region: NDArray[np.str_]
    """One of :data:`REGIONS` each."""
    confidence_name: str = "confidence"
    variability_name: str = "variability"


def map_of_scores(scores: Sequence[Scores]) -> EvaluationMap:
    """Return a map of examples from the scores of several strategies, each counted alike whatever its seeds.

    Regions are parted at the medians: easy at or above that of the mean, below it ambiguous above the median of the
    standard deviation, else hard.

    Args:
        scores: of the same examples, at least one, each with scores of examples.

    Raises:
        ValueError: scores of other examples, or none.
    """
    if not scores or any(each.examples is None for each in scores):
        raise ValueError("a map of scores needs the scores of examples")
    ids = scores[0].example_ids
    tables = [each.aligned_to(ids).examples for each in scores]
    means = np.mean([table.mean(axis=0) for table in tables if table is not None], axis=0)
    squares = np.mean([(table**2).mean(axis=0) for table in tables if table is not None], axis=0)
    spread = np.sqrt(np.maximum(0.0, squares - means**2))
    # Equal scores leave a spread of rounding errors.
    spread[spread < 1e-6 * np.abs(means).max(initial=1.0)] = 0.0
    region = np.where(
        means >= np.median(means), "easy", np.where(spread > np.median(spread), "ambiguous", "hard")
    ).astype(np.str_)
    return EvaluationMap(ids, means, spread, region, "mean score", "standard deviation of the score")
