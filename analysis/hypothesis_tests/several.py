"""Tests of several variants at once, by name: do they differ at all over seeds, and which pairs do?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from analysis.conditions import NOTHING_SHARED, refusal
from analysis.corrections import Correction
from analysis.hypothesis_tests.friedman import FRIEDMAN, friedman_test, nemenyi_test
from analysis.hypothesis_tests.groups import anova, kruskal_wallis_test, welch_anova
from analysis.hypothesis_tests.post_hoc import PairOutcome, dunn_test, games_howell_test, tukey_test
from analysis.outcome import Outcome
from analysis.scores import Scores

__all__ = ["SEVERAL_METHODS", "SeveralOutcome", "run_on_several"]

SEVERAL_METHODS: Mapping[str, str] = MappingProxyType(
    {
        "anova": "analysis of variance, pairs by Tukey's honest significant difference",
        "welch-anova": "Welch's analysis of variance, pairs by Games and Howell: spreads may differ",
        "kruskal-wallis": "Kruskal-Wallis test of ranks, pairs by Dunn",
        "friedman": "Friedman's test of ranks within seeds, pairs by Nemenyi",
    }
)
"""Name to what it does, in one line of help."""


class SeveralOutcome(NamedTuple):
    """What a test says of all variants together, and of each pair."""

    labels: tuple[str, ...]
    overall: Outcome
    pairs: tuple[PairOutcome, ...]
    """Of positions in ``labels``, corrected for all pairs."""


def run_on_several(
    name: str,
    variants: Mapping[str, Scores],
    *,
    rng: np.random.Generator,
    level: float = 0.95,
    correction: Correction = "holm",
    num_resamples: int = 10_000,
) -> SeveralOutcome:
    """Return what the test of that name says of several variants; chance is that of seeds alone.

    Args:
        name: a key of :data:`SEVERAL_METHODS`.
        variants: label to scores, two or more.
        rng: of resamples.
        level: that the intervals of all pairs together cover, in (0, 1).
        correction: of Dunn's p-values; the other post-hoc tests bring their own.
        num_resamples: of tests that resample.

    Raises:
        ValueError: an unknown name, fewer than two variants, or an impossible level or correction.
    """
    if name not in SEVERAL_METHODS:
        raise ValueError(f"unknown test {name!r} (known: {', '.join(SEVERAL_METHODS)})")
    if len(variants) < 2:
        raise ValueError(f"it takes two variants to compare, got {len(variants)}")
    groups = [scores.values for scores in variants.values()]
    if name == "anova":
        overall, pairs = anova(groups), tukey_test(groups, level=level)
    elif name == "welch-anova":
        overall, pairs = welch_anova(groups), games_howell_test(groups, level=level)
    elif name == "kruskal-wallis":
        overall = kruskal_wallis_test(groups, rng=rng, num_resamples=num_resamples)
        pairs = dunn_test(groups, correction=correction)
    else:
        overall, pairs = _within_seeds(list(variants.values()), rng, num_resamples)
    return SeveralOutcome(tuple(variants), overall, tuple(pairs))


def _within_seeds(
    variants: list[Scores], rng: np.random.Generator, num_resamples: int
) -> tuple[Outcome, list[PairOutcome]]:
    shared = set.intersection(*(set(scores.seeds) for scores in variants))
    if not shared:
        return refusal(FRIEDMAN, NOTHING_SHARED), []
    table = np.column_stack([scores.of(sorted(shared)).values for scores in variants])
    single = set.union(*(set(scores.seeds) for scores in variants)) - shared
    overall = friedman_test(table, rng=rng, num_resamples=num_resamples, rows="seeds")
    if single:
        clause = f"seeds that not all variants have are left out: {', '.join(map(str, sorted(single)))}"
        overall = replace(overall, assumptions=(*overall.assumptions, clause))
    return overall, nemenyi_test(table, rows="seeds")
