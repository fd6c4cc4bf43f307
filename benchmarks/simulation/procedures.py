"""What the default verdict says of simulated suites, and what people say who go by something simpler."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from analysis.crossed import compare_scores
from analysis.outcome import Pairing
from analysis.verdicts import Claim, judge
from benchmarks.simulation.simulated_scores import World

ALPHA = 0.05


class Calls(NamedTuple):
    """What was said of each strategy: 1 better, -1 worse, 0 neither; shapes (num_suites, num_strategies)."""

    alone: NDArray[np.int64]
    """By its own p-value."""
    together: NDArray[np.int64]
    """By p-values corrected over all strategies of the suite."""
    covered: NDArray[np.float64]
    """1 where the interval holds the true difference, 0 where it does not, nan where there is none."""


def default_calls(
    world: World,
    tables: NDArray[np.float64],
    difference: float = 0.0,
    pairing: Pairing = "auto",
    *,
    examples: bool = True,
) -> Calls:
    """Return what the default procedure says.

    Args:
        world: that the tables come from.
        tables: shape (num_suites, 1 + num_strategies, num_seeds, num_examples); the control comes first.
        difference: the true one, of every strategy.
        pairing: as of ``compare_scores``.
        examples: whether scores of single examples are known.
    """
    shape = (tables.shape[0], tables.shape[1] - 1)
    alone, together = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
    covered = np.full(shape, np.nan)
    for suite, table in enumerate(tables):
        control, *strategies = (each if examples else each.without_examples() for each in world.scores(table))
        comparisons = [compare_scores(strategy, control, pairing=pairing) for strategy in strategies]
        verdicts = judge([Claim(comparison, None) for comparison in comparisons], alpha=ALPHA)
        for place, (comparison, verdict) in enumerate(zip(comparisons, verdicts, strict=True)):
            together[suite, place] = {"better": 1, "worse": -1}.get(verdict.word, 0)
            if comparison.p_value is not None and comparison.p_value < ALPHA:
                alone[suite, place] = np.sign(comparison.difference)
            if comparison.interval is not None:
                covered[suite, place] = comparison.interval.low <= difference <= comparison.interval.high
    return Calls(alone, together, covered)


def _best_seed(tables: NDArray[np.float64]) -> NDArray[np.int64]:
    best = tables.mean(axis=3).max(axis=2)
    return _sign(best[:, 1:] - best[:, :1])


def _mean_of_seeds(tables: NDArray[np.float64]) -> NDArray[np.int64]:
    means = tables.mean(axis=(2, 3))
    return _sign(means[:, 1:] - means[:, :1])


def _student(tables: NDArray[np.float64]) -> NDArray[np.int64]:
    values = tables.mean(axis=3)
    return _significant(stats.ttest_ind(values[:, 1:], values[:, :1], axis=2))


def _welch(tables: NDArray[np.float64]) -> NDArray[np.int64]:
    values = tables.mean(axis=3)
    return _significant(stats.ttest_ind(values[:, 1:], values[:, :1], axis=2, equal_var=False))


def _paired(tables: NDArray[np.float64]) -> NDArray[np.int64]:
    values = tables.mean(axis=3)
    return _significant(stats.ttest_rel(values[:, 1:], np.broadcast_to(values[:, :1], values[:, 1:].shape), axis=2))


def _examples_of_one_seed(tables: NDArray[np.float64]) -> NDArray[np.int64]:
    first = tables[:, :, 0]
    return _significant(stats.ttest_rel(first[:, 1:], np.broadcast_to(first[:, :1], first[:, 1:].shape), axis=2))


def _sign(differences: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.sign(differences).astype(np.int64)


def _significant(found: stats._result_classes.TtestResult) -> NDArray[np.int64]:
    return np.where(found.pvalue < ALPHA, np.sign(found.statistic), 0).astype(np.int64)


HABITS: dict[str, Callable[[NDArray[np.float64]], NDArray[np.int64]]] = {
    "best seed against best seed": _best_seed,
    "means of the seeds, no test": _mean_of_seeds,
    "unpaired t-test over seeds": _student,
    "paired t-test over seeds": _paired,
    "paired t-test over examples, one seed": _examples_of_one_seed,
}
"""What people do today: from tables as of :func:`default_calls` to calls of shape (num_suites, num_strategies)."""

TESTS_OF_SEEDS = {"Student's t over seeds": _student, "Welch's t over seeds": _welch, "paired t over seeds": _paired}
"""Tests that are valid where the evaluation examples add no noise."""
