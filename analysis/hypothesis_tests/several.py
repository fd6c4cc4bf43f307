"""Tests of several variants at once, by name: do they differ at all over seeds, and which pairs do?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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


class SeveralOutcome(NamedTuple):
    """What a test says of all variants together, and of each pair."""

    labels: tuple[str, ...]
    overall: Outcome
    pairs: tuple[PairOutcome, ...]
    """Of positions in ``labels``, corrected for all pairs."""


class _Settings(NamedTuple):
    rng: np.random.Generator
    level: float
    correction: Correction
    num_resamples: int


_Found = tuple[Outcome, Sequence[PairOutcome]]


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
    settings = _Settings(rng, level, correction, num_resamples)
    overall, pairs = SEVERAL_METHODS[name](list(variants.values()), settings)
    return SeveralOutcome(tuple(variants), overall, tuple(pairs))


def _anova(variants: Sequence[Scores], settings: _Settings) -> _Found:
    groups = [scores.values for scores in variants]
    return anova(groups), tukey_test(groups, level=settings.level)


def _welch_anova(variants: Sequence[Scores], settings: _Settings) -> _Found:
    groups = [scores.values for scores in variants]
    return welch_anova(groups), games_howell_test(groups, level=settings.level)


def _kruskal_wallis(variants: Sequence[Scores], settings: _Settings) -> _Found:
    groups = [scores.values for scores in variants]
    overall = kruskal_wallis_test(groups, rng=settings.rng, num_resamples=settings.num_resamples)
    return overall, dunn_test(groups, correction=settings.correction)


def _friedman(variants: Sequence[Scores], settings: _Settings) -> _Found:
    shared = set.intersection(*(set(scores.seeds) for scores in variants))
    if not shared:
        return refusal(FRIEDMAN, NOTHING_SHARED), []
    table = np.column_stack([scores.of(sorted(shared)).values for scores in variants])
    single = set.union(*(set(scores.seeds) for scores in variants)) - shared
    overall = friedman_test(table, rng=settings.rng, num_resamples=settings.num_resamples, rows="seeds")
    if single:
        clause = f"seeds that not all variants have are left out: {', '.join(map(str, sorted(single)))}"
        overall = replace(overall, assumptions=(*overall.assumptions, clause))
    return overall, nemenyi_test(table, rows="seeds")


SEVERAL_METHODS: Mapping[str, Callable[[Sequence[Scores], _Settings], _Found]] = MappingProxyType(
    {"anova": _anova, "welch-anova": _welch_anova, "kruskal-wallis": _kruskal_wallis, "friedman": _friedman}
)
"""Pairs come by Tukey, by Games and Howell (spreads may differ), by Dunn, and by Nemenyi (ranks within seeds)."""
