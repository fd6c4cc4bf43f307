"""Floors of exact tests: with few seeds, no scores whatever make their p-values small."""

from __future__ import annotations

from math import comb

__all__ = ["seeds_to_reach", "smallest_exact_p"]


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


def seeds_to_reach(alpha: float, num_tests: int = 1, *, paired: bool = True) -> int:
    """Return the seeds on each side from which an exact test can call a difference real at all.

    Args:
        alpha: level, in (0, 1).
        num_tests: how many are corrected together; the smallest p-value of them is multiplied by so many.
        paired: whether the test is paired by seed.

    Raises:
        ValueError: impossible level or number of tests.
    """
    if not 0 < alpha < 1 or num_tests < 1:
        raise ValueError(f"expected alpha in (0, 1) and at least one test, got {alpha} and {num_tests}")
    seeds = 1
    while smallest_exact_p(seeds, None if paired else seeds) * num_tests >= alpha:
        seeds += 1
    return seeds
