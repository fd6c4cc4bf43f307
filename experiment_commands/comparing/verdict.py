"""Who is ahead in one metric, by how much, and what is known of chance."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import NamedTuple

from experiment_commands.comparing.margins import Margin, Source, paired_margin
from experiment_commands.comparing.metrics import MetricRow, SubjectRuns
from experiment_commands.comparing.sample_scores import SampleScores, scores_per_evaluation
from tracking.reading.local_backend import LocalBackend

__all__ = ["Verdict", "Versus", "find_verdict"]


class Versus(NamedTuple):
    """The leader beside one other."""

    other: int
    """Position among the compared."""
    margin: Margin
    no_interval: str
    """Why there is no interval; empty where there is one."""


class Verdict(NamedTuple):
    """The order in one metric, seen from its leader."""

    metric: str
    direction: str
    first: int
    """Position among the compared of the best, and where the best value is shared, of one who has it."""
    leader: int | None
    """Position among the compared; None where the best value is shared."""
    versus: tuple[Versus, ...]
    without: tuple[int, ...]
    """Positions of those that lack the metric."""
    level: float

    @property
    def source(self) -> Source | None:
        """What the intervals cover, if there are any."""
        return next((each.margin.source for each in self.versus if each.margin.interval is not None), None)


def find_verdict(
    backend: LocalBackend, compared: Sequence[SubjectRuns], row: MetricRow, level: float = 0.95
) -> Verdict:
    """Compare the best in a metric with each other one, closest first.

    Args:
        backend: where scores of examples are read.
        compared: in the order of the row's values.
        row: the metric; it has a direction, and somebody has a value.
        level: of the intervals, in (0, 1).
    """
    known = {position: value for position, value in enumerate(row.values) if value is not None and isfinite(value)}
    without = tuple(position for position in range(len(row.values)) if position not in known)
    sign = 1 if row.direction == "higher" else -1
    ranked = sorted(known, key=lambda position: -sign * known[position])
    tied = len(ranked) > 1 and known[ranked[0]] == known[ranked[1]]
    versus = tuple(_versus(backend, compared, row, ranked[0], other, level) for other in ranked[1:])
    return Verdict(row.name, str(row.direction), ranked[0], None if tied else ranked[0], versus, without, level)


def _versus(
    backend: LocalBackend, compared: Sequence[SubjectRuns], row: MetricRow, leader: int, other: int, level: float
) -> Versus:
    sign = 1 if row.direction == "higher" else -1
    first, second = row.values[leader], row.values[other]
    assert first is not None
    assert second is not None
    plain = Margin(sign * (first - second), None, None, 0, 0)
    if compared[leader].subject.grouped:
        margin, reason = _seeds(compared[leader], compared[other], row.name, sign, level)
    else:
        margin, reason = _examples(backend, compared[leader], compared[other], row.name, sign, level)
    return Versus(other, margin or plain, reason)


def _seeds(leader: SubjectRuns, other: SubjectRuns, metric: str, sign: int, level: float) -> tuple[Margin | None, str]:
    margin = paired_margin(leader.by_seed(metric), other.by_seed(metric), "seeds", sign=sign, level=level)
    if margin is None:
        return None, "they share no seed, so there is no interval"
    return margin, "" if margin.interval is not None else "one shared seed says nothing about chance"


def _examples(
    backend: LocalBackend, leader: SubjectRuns, other: SubjectRuns, metric: str, sign: int, level: float
) -> tuple[Margin | None, str]:
    first = scores_per_evaluation(backend, leader.records[0], metric)
    second = scores_per_evaluation(backend, other.records[0], metric)
    for name, scores in first.items():
        if name in second:
            margin = _paired_examples(scores, second[name], sign, level)
            if margin is not None:
                return margin, ""
    return None, "one run each says nothing about chance"


def _paired_examples(first: SampleScores, second: SampleScores, sign: int, level: float) -> Margin | None:
    # Scores that are all 0 fit any scale.
    scales = {each.scale for each in (first, second) if any(each.scores.values())} or {1.0}
    if len(scales) > 1:
        return None
    (scale,) = scales
    margin = paired_margin(first.scores, second.scores, "examples", sign=sign, scale=scale, level=level)
    return margin if margin is not None and margin.interval is not None else None
