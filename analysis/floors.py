"""Floors of exact tests: with few seeds, no scores whatever make their p-values small."""

from __future__ import annotations

from math import comb

__all__ = ["smallest_exact_p"]


def smallest_exact_p(num_seeds: int, num_control_seeds: int | None = None) -> float:
    """Return the smallest two-sided p-value of an exact test over seeds, whatever the scores.

    Paired tests (sign flips, Wilcoxon's signed ranks) have ``2**num_seeds`` equally likely outcomes, tests of two
    independent samples (permutation, Mann-Whitney) as many as there are ways to part the seeds. The two most extreme
    of them count.

    Args:
        num_seeds: pairs, or seeds of the treatment; at least 1.
        num_control_seeds: seeds of the control; None where seeds are paired.

    Raises:
        ValueError: no seed.
    """
    if num_seeds < 1 or (num_control_seeds is not None and num_control_seeds < 1):
        raise ValueError("a test needs a seed on each side")
    outcomes = 2**num_seeds if num_control_seeds is None else comb(num_seeds + num_control_seeds, num_seeds)
    return min(1.0, 2 / outcomes)
