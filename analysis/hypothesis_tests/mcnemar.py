"""McNemar's test: two models answered the same questions; did one get more of them right?"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from analysis.conditions import exact_floor, refusal
from analysis.outcome import Alternative, Outcome

__all__ = ["MCNEMAR", "mcnemar_test"]

MCNEMAR = "McNemar's test"


def mcnemar_test(
    correct: ArrayLike, reference_correct: ArrayLike, *, alternative: Alternative = "two-sided", mid_p: bool = False
) -> Outcome:
    """Test whether two models are right equally often on the same examples (McNemar 1947).

    Examples that both or neither got right say nothing. Of the others the first model wins each with probability 1/2,
    if nothing differs, so that their count is binomial: exact, for any number of them.

    Args:
        correct: bool, shape (num_examples,).
        reference_correct: bool, shape (num_examples,).
        alternative: what counts as evidence.
        mid_p: count the observed split by half (Lancaster 1961): closer to the level, which it may exceed slightly.

    Returns:
        The statistic is how many examples only the first model got right, the estimate the difference of both
        accuracies, in shares.

    Raises:
        ValueError: no example, values that are not bool, or lengths that differ.
    """
    first, second = _checked(correct), _checked(reference_correct)
    if first.shape != second.shape:
        raise ValueError(f"both models answer the same examples, got {first.size} and {second.size}")
    gained, lost = int(np.sum(first & ~second)), int(np.sum(second & ~first))
    test = f"{MCNEMAR}, mid-p" if mid_p else f"exact {MCNEMAR}"
    estimate = (gained - lost) / first.size
    if gained + lost == 0:
        return refusal(
            test, "both models are right on the same examples, so that no test applies", alternative, estimate=estimate
        )
    return Outcome(
        test,
        float(gained),
        _p_value(gained, lost, alternative, mid_p),
        alternative,
        estimate=estimate,
        smallest_p=exact_floor(alternative, gained + lost) / (2 if mid_p else 1),
        assumptions=("examples are independent", "the two models are taken as they are: other seeds may differ"),
    )


def _checked(correct: ArrayLike) -> NDArray[np.bool_]:
    array = np.asarray(correct)
    if array.ndim != 1 or array.size == 0 or array.dtype != np.bool_:
        raise ValueError(f"expected bool of shape (num_examples,), got {array.dtype} of shape {array.shape}")
    return array


def _p_value(gained: int, lost: int, alternative: Alternative, mid_p: bool) -> float:
    exact = float(stats.binomtest(gained, gained + lost, alternative=alternative).pvalue)
    if not mid_p:
        return exact
    observed = float(stats.binom.pmf(gained, gained + lost, 0.5))
    if alternative != "two-sided":
        return exact - observed / 2
    return 1.0 if gained == lost else exact - observed
