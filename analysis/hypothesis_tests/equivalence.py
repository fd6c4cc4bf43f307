"""Equivalence by two one-sided t-tests: is any difference smaller than what matters (Schuirmann 1987)?"""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike

from analysis.hypothesis_tests.t_tests import paired_t_test, welch_t_test
from analysis.outcome import Alternative, Outcome

__all__ = ["EQUIVALENCE", "paired_equivalence_test", "welch_equivalence_test"]

EQUIVALENCE = "two one-sided tests of equivalence"


class _TTest(Protocol):
    def __call__(
        self, scores: ArrayLike, reference: ArrayLike, *, alternative: Alternative, level: float
    ) -> Outcome: ...


def paired_equivalence_test(scores: ArrayLike, reference: ArrayLike, margin: float, *, level: float = 0.95) -> Outcome:
    """Test whether the mean difference of pairs lies within the margin.

    Args:
        scores: shape (num_pairs,).
        reference: shape (num_pairs,); entry i belongs with ``scores[i]``.
        margin: positive, on the scores' scale; a small p-value says that the difference is smaller.
        level: in (0.5, 1). The interval has level ``2 * level - 1``: it lies within the margin exactly where the
            p-value is below ``1 - level``.

    Raises:
        ValueError: impossible scores, margin or level, or lengths that differ.
    """
    return _two_one_sided(paired_t_test, scores, reference, margin, level)


def welch_equivalence_test(scores: ArrayLike, reference: ArrayLike, margin: float, *, level: float = 0.95) -> Outcome:
    """Test whether the means of two samples differ by less than the margin, whatever their spreads.

    Args:
        scores: shape (num_scores,).
        reference: shape (num_reference_scores,).
        margin: as in :func:`paired_equivalence_test`.
        level: as there.

    Raises:
        ValueError: impossible scores, margin or level.
    """
    return _two_one_sided(welch_t_test, scores, reference, margin, level)


def _two_one_sided(test: _TTest, scores: ArrayLike, reference: ArrayLike, margin: float, level: float) -> Outcome:
    if not margin > 0 or not 0.5 < level < 1:
        raise ValueError(f"expected a positive margin and a level in (0.5, 1), got {margin} and {level}")
    plain = test(scores, reference, alternative="two-sided", level=2 * level - 1)
    name = f"{EQUIVALENCE} within {margin:g} ({plain.test})"
    if plain.p_value is None:
        return replace(plain, test=name)
    centre = np.asarray(reference, dtype=np.float64)
    above = test(scores, centre - margin, alternative="greater", level=level)
    below = test(scores, centre + margin, alternative="less", level=level)
    weaker = max(above, below, key=_p_value)
    return replace(plain, test=name, statistic=weaker.statistic, p_value=weaker.p_value)


def _p_value(outcome: Outcome) -> float:
    return 1.0 if outcome.p_value is None else outcome.p_value
