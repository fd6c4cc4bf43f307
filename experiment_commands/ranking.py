"""Configurations ranked by the mean of a metric over their seeds."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

from experiment_commands.wording import shown
from tracking.reading.scores import Score

__all__ = ["Rank", "rank", "tell_apart"]

_MAX_NAMED = 3


@dataclass(frozen=True)
class Rank:
    """One configuration with all its seeds."""

    variant: str
    group: str
    scores: tuple[Score, ...]
    """One of each seed, by seed; the newest where a seed was repeated."""
    num_repeated: int
    """Experiments that do not count, because a newer one has the same seed."""
    mean: float
    """nan where a seed is: what diverged has no mean, and no place."""
    std: float | None
    """Sample standard deviation over seeds; None for a single seed, whose spread nobody knows."""


def rank(scores: Iterable[Score], ascending: bool) -> list[Rank]:
    """Return groups of experiments that differ in their seed alone, the best mean first, those without one last.

    Args:
        scores: the oldest first.
        ascending: whether smaller is better.
    """
    groups: dict[str, list[Score]] = {}
    for score in scores:
        groups.setdefault(score.group, []).append(score)
    ranks = [_rank_of(members) for members in groups.values()]
    known = [each for each in ranks if isfinite(each.mean)]
    known.sort(key=lambda each: (each.mean if ascending else -each.mean, each.group))
    return known + sorted((each for each in ranks if not isfinite(each.mean)), key=lambda each: each.group)


def _rank_of(members: Sequence[Score]) -> Rank:
    newest = {score.experiment_id if score.seed is None else score.seed: score for score in members}
    kept = sorted(newest.values(), key=lambda score: (score.seed is None, score.seed or 0))
    values = [score.value for score in kept]
    # What analysis.estimates says, without loading numpy, which takes longer than all the rest.
    std = statistics.stdev(values) if len(values) > 1 and all(map(isfinite, values)) else None
    last = members[-1]
    return Rank(last.variant, last.group, tuple(kept), len(members) - len(kept), statistics.fmean(values), std)


def tell_apart(ranks: Sequence[Rank], params: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Return for each group what sets it apart: from the others of its variant, and, if that is little, from all.

    Args:
        ranks: those that are shown.
        params: parameters of one experiment of each group, by group.
    """
    everywhere = [name for name in _differing([each.group for each in ranks], params) if not _is_of_variant(name)]
    variants: dict[str, list[str]] = {}
    for each in ranks:
        variants.setdefault(each.variant, []).append(each.group)
    found = {}
    for groups in variants.values():
        names = sorted({*_differing(groups, params), *(everywhere if len(everywhere) <= _MAX_NAMED else ())})
        found.update({group: _settings(names, params[group]) for group in groups})
    return found


def _differing(groups: Sequence[str], params: Mapping[str, Mapping[str, Any]]) -> list[str]:
    names = sorted({name for each in groups for name in params[each]})
    return [name for name in names if len({shown(params[each].get(name)) for each in groups}) > 1]


def _is_of_variant(name: str) -> bool:
    """Return whether the names of variants tell of a parameter: the runner makes them from the strategies."""
    return name.partition(".")[0] == "strategies"


def _settings(names: Sequence[str], params: Mapping[str, Any]) -> str:
    named = [f"{name}={shown(params.get(name)) or 'null'}" for name in names[:_MAX_NAMED]]
    return ", ".join(named) + (", …" if len(names) > _MAX_NAMED else "")
