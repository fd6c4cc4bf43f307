"""Many strategies over several tasks by their ranks: Friedman's test, and Nemenyi's critical difference after it.

A rank knows no scale, so that tasks with different metrics go together. Its price is that a pair's verdict depends on
which other strategies are ranked with it (Benavoli, Corani and Mangili 2016).
"""

from __future__ import annotations

from itertools import combinations, permutations
from math import factorial, sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from analysis.batches import batches
from analysis.conditions import refusal
from analysis.hypothesis_tests.post_hoc import PairOutcome
from analysis.outcome import Outcome

__all__ = ["FRIEDMAN", "NEMENYI", "critical_difference", "friedman_test", "mean_ranks", "nemenyi_test", "not_separated"]

FRIEDMAN = "Friedman's test"
NEMENYI = "Nemenyi's test"


def mean_ranks(scores: ArrayLike, higher_is_better: bool = True) -> NDArray[np.float64]:
    """Return the mean rank of each strategy over the tasks; 1 is the best, ties share the mean of their ranks.

    Args:
        scores: shape (num_tasks, num_strategies).
        higher_is_better: False for losses.

    Returns:
        Shape (num_strategies,).

    Raises:
        ValueError: another shape, fewer than two strategies, or a score that is not finite.
    """
    means: NDArray[np.float64] = _ranks(scores, higher_is_better).mean(axis=0)
    return means


def friedman_test(
    scores: ArrayLike,
    *,
    rng: np.random.Generator,
    higher_is_better: bool = True,
    num_resamples: int = 10_000,
    rows: str = "tasks",
) -> Outcome:
    """Test whether any strategy ranks better than another over the tasks (Friedman 1937).

    The p-value is that of the permutations of ranks within tasks, all of them where there are no more than
    ``num_resamples``: the usual chi-square approximation needs more tasks than suites have.

    Args:
        scores: shape (num_tasks, num_strategies), such as means over seeds.
        rng: of the permutations, where not all are taken.
        higher_is_better: False for losses.
        num_resamples: at least 1.
        rows: what they are called where the assumptions speak of them; they may be seeds as well.

    Returns:
        The statistic is Friedman's chi-square, corrected for ties.

    Raises:
        ValueError: another shape, fewer than two strategies, or a score that is not finite.
    """
    ranks = _ranks(scores, higher_is_better)
    num_tasks, num_strategies = ranks.shape
    centred = ranks - ranks.mean(axis=1, keepdims=True)
    if not centred.any():
        return refusal(FRIEDMAN, "all strategies tie everywhere, so that no test applies")
    exact = factorial(num_strategies) ** min(num_tasks - 1, 64) <= num_resamples
    sums = _every_sum(centred) if exact else _drawn_sums(centred, num_resamples, rng)
    observed = float(np.sum(centred.sum(axis=0) ** 2))
    reached = int(np.sum(np.sum(sums**2, axis=1) >= observed - 1e-9)) + (not exact)
    total = sums.shape[0] + (not exact)
    return Outcome(
        f"{'exact' if exact else 'Monte Carlo'} {FRIEDMAN}",
        (num_strategies - 1) * observed / float(np.sum(centred**2)),
        reached / total,
        degrees=(float(num_strategies - 1),),
        smallest_p=1 / total,
        assumptions=(f"{rows} are independent", "with no difference every order within one is as likely as any other"),
    )


def critical_difference(num_strategies: int, num_tasks: int, alpha: float = 0.05) -> float:
    """Return by how much two mean ranks must differ (Nemenyi 1963; Demšar 2006).

    The normal approximation behind it is good from about ten tasks, and errs on the careful side with fewer.

    Args:
        num_strategies: at least three; with two the approximation finds too much, and Wilcoxon's test is there.
        num_tasks: at least one.
        alpha: chance that any pair differs by so much where none does, in (0, 1).

    Raises:
        ValueError: impossible numbers or level.
    """
    if num_strategies < 3 or num_tasks < 1 or not 0 < alpha < 1:
        raise ValueError(
            f"expected three strategies, a task and alpha in (0, 1), got {num_strategies}, {num_tasks} and {alpha}"
        )
    return float(stats.studentized_range.isf(alpha, num_strategies, np.inf)) * _standard_error(
        num_strategies, num_tasks
    )


def nemenyi_test(scores: ArrayLike, *, higher_is_better: bool = True, rows: str = "tasks") -> list[PairOutcome]:
    """Test every pair of strategies by their mean ranks over the tasks, corrected for all pairs (Nemenyi 1963).

    Args:
        scores: shape (num_tasks, num_strategies).
        higher_is_better: False for losses.
        rows: as of :func:`friedman_test`.

    Returns:
        The estimate of each pair is the difference of mean ranks, first minus second.

    Raises:
        ValueError: another shape, fewer than two strategies, or a score that is not finite.
    """
    ranks = _ranks(scores, higher_is_better)
    num_tasks, num_strategies = ranks.shape
    if num_strategies == 2:
        return [PairOutcome(0, 1, refusal(NEMENYI, "two strategies are one pair: take Wilcoxon's test"))]
    error = _standard_error(num_strategies, num_tasks)
    means = ranks.mean(axis=0)
    pairs = []
    for first, second in combinations(range(num_strategies), 2):
        gap = float(means[first] - means[second])
        p_value = float(stats.studentized_range.sf(abs(gap) / error, num_strategies, np.inf))
        outcome = Outcome(
            NEMENYI,
            abs(gap) / error,
            p_value,
            estimate=gap,
            assumptions=(f"{rows} are independent", f"{rows} are many enough for normal mean ranks, about ten"),
        )
        pairs.append(PairOutcome(first, second, outcome))
    return pairs


def not_separated(ranks: ArrayLike, distance: float) -> list[tuple[int, ...]]:
    """Return the groups of strategies that the critical difference does not tell apart.

    Args:
        ranks: mean ranks, shape (num_strategies,).
        distance: the critical difference.

    Returns:
        Positions in order of rank; two strategies or more a group, and none that is part of another.
    """
    values = np.asarray(ranks, dtype=np.float64)
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    ends = np.searchsorted(ordered, ordered + distance, side="left")
    groups, last = [], 0
    for start, end in enumerate(ends):
        if end > last and end - start > 1:
            groups.append(tuple(int(each) for each in order[start:end]))
        last = max(last, int(end))
    return groups


def _ranks(scores: ArrayLike, higher_is_better: bool) -> NDArray[np.float64]:
    table = np.asarray(scores, dtype=np.float64)
    if table.ndim != 2 or table.shape[0] < 1 or table.shape[1] < 2 or not np.isfinite(table).all():
        raise ValueError(f"expected finite scores of shape (num_tasks, two strategies or more), got {table.shape}")
    ranks: NDArray[np.float64] = stats.rankdata(-table if higher_is_better else table, axis=1)
    return ranks


def _standard_error(num_strategies: int, num_tasks: int) -> float:
    """Return that of a mean rank under the studentized range."""
    return sqrt(num_strategies * (num_strategies + 1) / (12 * num_tasks))


def _every_sum(centred: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the strategies' sums of ranks under every order within tasks; the first task's may stand as it is."""
    orders = np.array(list(permutations(range(centred.shape[1]))))
    sums = centred[:1]
    for task in centred[1:]:
        sums = (sums[:, None, :] + task[orders][None, :, :]).reshape(-1, centred.shape[1])
    return sums


def _drawn_sums(centred: NDArray[np.float64], num_resamples: int, rng: np.random.Generator) -> NDArray[np.float64]:
    return np.concatenate(
        [
            rng.permuted(np.broadcast_to(centred, (count, *centred.shape)), axis=2).sum(axis=1)
            for count in batches(num_resamples, centred.size)
        ]
    )
