"""Corrections of p-values for how many of them there are."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["CORRECTIONS", "Correction", "correct"]

Correction = Literal["holm", "bonferroni", "benjamini-hochberg", "benjamini-yekutieli", "none"]
CORRECTIONS: tuple[str, ...] = get_args(Correction)


def correct(p_values: ArrayLike, method: Correction = "holm") -> NDArray[np.float64]:
    """Return p-values corrected for all of them together, in the same order; they rise with the given ones.

    Holm (1979) and Bonferroni bound the chance of even one false claim; Benjamini and Hochberg (1995), and Benjamini
    and Yekutieli (2001) under any dependence, the share of false ones among the claims.

    Args:
        p_values: shape (num_tests,). A nan stands for a test that gave none: it stays nan and is not counted.
        method: one of :data:`CORRECTIONS`.

    Raises:
        ValueError: a p-value outside [0, 1], or an unknown method.
    """
    values = np.asarray(p_values, dtype=np.float64)
    known = ~np.isnan(values)
    if values.ndim != 1 or not ((values[known] >= 0) & (values[known] <= 1)).all():
        raise ValueError(f"p-values lie in [0, 1], one a test, got {values.tolist()}")
    if method not in CORRECTIONS:
        raise ValueError(f"unknown correction {method!r} (known: {', '.join(CORRECTIONS)})")
    result = np.full(values.shape, np.nan)
    result[known] = _corrected(values[known], method)
    return result


def _corrected(values: NDArray[np.float64], method: Correction) -> NDArray[np.float64]:
    count = values.size
    if method == "none" or count == 0:
        return values.copy()
    if method == "bonferroni":
        return np.minimum(1, values * count)
    order = np.argsort(values, kind="stable")
    rank = np.arange(1, count + 1)
    if method == "holm":
        climbing = np.maximum.accumulate(values[order] * (count - rank + 1))
    else:
        share = np.sum(1 / rank) if method == "benjamini-yekutieli" else 1.0
        climbing = np.minimum.accumulate((values[order] * share * count / rank)[::-1])[::-1]
    corrected = np.empty(count)
    corrected[order] = np.minimum(1, climbing)
    return corrected
