"""Where evaluation examples stand: by a data map of them, or by the scores that strategies gave them.

A map of the baseline's scores alone would mislead: where the baseline was unlucky every strategy seems to gain
(regression to the mean). In a map of all runs, each counted alike, both sides of a difference enter in proportion to
their runs, so that their averages are as uncertain in the map as in the difference and it favours neither (Oldham
1962). That takes runs of one strategy to be as noisy as those of another: of one whose runs are noisier a part of the
noise is still taken for gain and loss.
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


def map_of_scores(scores: Sequence[Scores], higher_is_better: bool = True) -> EvaluationMap:
    """Return a map of examples from the scores of several strategies, each run counted alike.

    Regions are parted at the medians: easy from that of the mean on, of the others ambiguous above the median of the
    standard deviation, else hard. Where half of the examples share the worst mean, easy begins above it.

    Args:
        scores: of the same examples, at least one, each with scores of examples.
        higher_is_better: False for losses.

    Raises:
        ValueError: scores of other examples, or none.
    """
    if not scores or any(each.examples is None for each in scores):
        raise ValueError("a map of scores needs the scores of examples")
    ids = scores[0].example_ids
    runs = np.concatenate([table for each in scores if (table := each.aligned_to(ids).examples) is not None])
    means, spread = runs.mean(axis=0), runs.std(axis=0)
    # Equal scores leave a spread of rounding errors.
    spread[spread < 1e-6 * np.abs(means).max(initial=1.0)] = 0.0
    ease = means if higher_is_better else -means
    middle = float(np.median(ease))
    easy = ease > middle if middle == ease.min() < ease.max() else ease >= middle
    region = np.where(easy, "easy", np.where(spread > np.median(spread), "ambiguous", "hard")).astype(np.str_)
    return EvaluationMap(ids, means, spread, region, "mean score", "standard deviation of the score")
