"""Permutation tests of means: signs of paired differences flipped, or scores of two samples dealt out anew.

Where there are no more permutations than resamples asked for, all are taken, and the p-value is exact. Otherwise they
are drawn, and the observed one counts among them, so that the p-value is never 0 (Phipson and Smyth 2010).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, combinations
from math import comb
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.batches import batches
from analysis.conditions import checked_pairs, exact_floor, refusal, rounded_to_zero, varies
from analysis.estimates import checked_scores
from analysis.outcome import Alternative, Outcome

__all__ = ["PERMUTATION", "SIGN_FLIP", "permutation_test", "sign_flip_test"]

SIGN_FLIP = "sign-flip permutation test"
PERMUTATION = "permutation test of two samples"

_ROUNDING = 1e-13
"""Sums closer than this are tied, relative to the sum of all scores without their signs."""


def sign_flip_test(
    scores: ArrayLike,
    reference: ArrayLike,
    *,
    rng: np.random.Generator,
    alternative: Alternative = "two-sided",
    num_resamples: int = 10_000,
) -> Outcome:
    """Test whether the mean of the differences of pairs is 0, by flipping their signs (Fisher 1935).

    Args:
        scores: shape (num_pairs,).
        reference: shape (num_pairs,); entry i belongs with ``scores[i]``.
        rng: of the flips, where not all are taken.
        alternative: what counts as evidence.
        num_resamples: at least 1.

    Raises:
        ValueError: impossible scores, or lengths that differ.
    """
    first, second = checked_pairs(scores, reference)
    differences = rounded_to_zero(first - second, first, second)
    mean = float(differences.mean())
    moved = differences[differences != 0]
    if moved.size == 0:
        return refusal(SIGN_FLIP, "every difference is zero, so that no test applies", alternative, estimate=mean)
    # Compared with a plain 2**n, for thousands of examples the power would be a number of thousands of digits.
    exact = moved.size < 63 and 2**moved.size <= num_resamples
    sums = _every_flip(moved) if exact else _drawn_flips(moved, num_resamples, rng)
    tails = _Tails.of(sums, float(moved.sum()), _size(first, second), drawn=not exact)
    return Outcome(
        _named(SIGN_FLIP, exact),
        mean,
        tails.p_value(alternative),
        alternative,
        estimate=mean,
        smallest_p=exact_floor(alternative, moved.size) if exact else tails.floor(alternative),
        assumptions=("differences are independent", "with no difference either sign is as likely as the other"),
    )


def permutation_test(
    scores: ArrayLike,
    reference: ArrayLike,
    *,
    rng: np.random.Generator,
    alternative: Alternative = "two-sided",
    num_resamples: int = 10_000,
) -> Outcome:
    """Test whether two samples have the same mean, by dealing their scores out anew (Pitman 1937).

    Two-sided is twice the smaller tail.

    Args:
        scores: shape (num_scores,).
        reference: shape (num_reference_scores,).
        rng: of the deals, where not all are taken.
        alternative: what counts as evidence.
        num_resamples: at least 1.

    Raises:
        ValueError: impossible scores.
    """
    first, second = checked_scores(scores), checked_scores(reference)
    pooled = np.concatenate([first, second])
    difference = float(first.mean() - second.mean())
    if not varies(pooled):
        return refusal(PERMUTATION, "all scores are the same, so that no test applies", alternative, estimate=0.0)
    # Around the mean, sums of small spreads on a large level keep their digits.
    centred = pooled - pooled.mean()
    exact = comb(pooled.size, first.size) <= num_resamples
    deals = _every_deal(centred, first.size) if exact else _drawn_deals(centred, first.size, num_resamples, rng)
    tails = _Tails.of(deals, float(centred[: first.size].sum()), _size(pooled), drawn=not exact)
    return Outcome(
        _named(PERMUTATION, exact),
        difference,
        tails.p_value(alternative),
        alternative,
        estimate=difference,
        smallest_p=exact_floor(alternative, first.size, second.size) if exact else tails.floor(alternative),
        assumptions=(
            "scores are independent, within and between the sides",
            "with no difference both sides have one distribution",
        ),
    )


class _Tails(NamedTuple):
    """How many of the permutations reach the observed sum from either side."""

    at_most: int
    at_least: int
    total: int

    @classmethod
    def of(cls, batches: Iterable[NDArray[np.float64]], observed: float, size: float, *, drawn: bool) -> _Tails:
        """Count; an observed sum that was drawn, and not found by taking all, counts in addition."""
        slack = _ROUNDING * size
        counts = np.array([(np.sum(b <= observed + slack), np.sum(b >= observed - slack), b.size) for b in batches])
        at_most, at_least, total = (int(count) + drawn for count in counts.sum(axis=0))
        return cls(at_most, at_least, total)

    def p_value(self, alternative: Alternative) -> float:
        if alternative == "two-sided":
            return min(1.0, 2 * min(self.at_most, self.at_least) / self.total)
        return (self.at_least if alternative == "greater" else self.at_most) / self.total

    def floor(self, alternative: Alternative) -> float:
        """Return the smallest p-value that so many drawn permutations can give."""
        return min(1.0, (2 if alternative == "two-sided" else 1) / self.total)


def _size(*scores: NDArray[np.float64]) -> float:
    return float(sum(np.abs(each).sum() for each in scores))


def _named(test: str, exact: bool) -> str:
    return f"exact {test}" if exact else f"Monte Carlo {test}"


def _every_flip(differences: NDArray[np.float64]) -> Iterator[NDArray[np.float64]]:
    flipped = (np.arange(2**differences.size)[:, None] >> np.arange(differences.size)) & 1
    yield differences.sum() - 2 * (flipped @ differences)


def _drawn_flips(
    differences: NDArray[np.float64], num_resamples: int, rng: np.random.Generator
) -> Iterator[NDArray[np.float64]]:
    count = differences.size
    for rows in batches(num_resamples, count):
        flipped = np.unpackbits(rng.integers(0, 256, (rows, -(-count // 8)), dtype=np.uint8), axis=1, count=count)
        yield differences.sum() - 2 * (flipped.astype(np.float64) @ differences)


def _every_deal(pooled: NDArray[np.float64], num_first: int) -> Iterator[NDArray[np.float64]]:
    deals = np.fromiter(chain.from_iterable(combinations(range(pooled.size), num_first)), dtype=np.intp)
    yield pooled[deals.reshape(-1, num_first)].sum(axis=1)


def _drawn_deals(
    pooled: NDArray[np.float64], num_first: int, num_resamples: int, rng: np.random.Generator
) -> Iterator[NDArray[np.float64]]:
    for rows in batches(num_resamples, pooled.size):
        yield rng.permuted(np.tile(pooled, (rows, 1)), axis=1)[:, :num_first].sum(axis=1)
