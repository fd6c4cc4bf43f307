"""Who is ahead in one metric, by how much, and what is known of chance: the answer that ``significance`` gives too."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import NamedTuple

from analysis.outcome import Basis
from analysis.student_t import Interval
from experiment_commands.comparing.metrics import MetricRow, SubjectRuns
from tracking.reading.local_backend import LocalBackend

__all__ = ["Verdict", "Versus", "find_verdict"]


class Versus(NamedTuple):
    """The leader beside one other."""

    other: int
    """Position among the compared."""
    difference: float
    """Leader minus other, turned so that a positive number means better."""
    interval: Interval | None
    """Of the difference."""
    basis: Basis
    """What chance the interval speaks of."""
    paired: bool
    """Whether the difference was taken within seeds."""
    num_seeds: tuple[int, int]
    """Of the leader and the other, in the interval."""
    num_examples: int
    problem: str
    """Why no test tells the two apart; empty where one is possible."""

    @property
    def distinguishable(self) -> bool:
        """Whether there is an interval, and it leaves zero out."""
        return self.interval is not None and not self.interval.low <= 0 <= self.interval.high


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
    versus = _versus(backend, compared, row, ranked, level)
    return Verdict(row.name, str(row.direction), ranked[0], None if tied else ranked[0], versus, without, level)


def _versus(
    backend: LocalBackend, compared: Sequence[SubjectRuns], row: MetricRow, ranked: Sequence[int], level: float
) -> tuple[Versus, ...]:
    # On use: a comparison of settings alone needs no statistics.
    from analysis.variant_scores import compare_variants
    from experiment_commands.judging.measures import Measure
    from experiment_commands.judging.side_scores import scores_of_side

    higher = row.direction == "higher"
    measure = Measure(row.name, None, higher)
    scores = {position: scores_of_side(backend, compared[position], measure, position) for position in ranked}
    found = []
    for other in ranked[1:]:
        comparison = compare_variants(scores[ranked[0]], scores[other], level=level)
        # Both have a finite value, or they would not be ranked.
        assert comparison is not None
        sign, interval = 1 if higher else -1, comparison.interval
        if interval is not None and not higher:
            interval = Interval(-interval.high, -interval.low)
        counts = (comparison.num_shared_seeds,) * 2 if comparison.paired else None
        found.append(
            Versus(
                other=other,
                difference=sign * comparison.difference,
                interval=interval,
                basis=comparison.basis,
                paired=comparison.paired,
                num_seeds=counts or (comparison.num_seeds, comparison.num_control_seeds),
                num_examples=comparison.num_examples,
                problem=comparison.problem.replace("the treatment", "it").replace("the control", "the other"),
            )
        )
    return tuple(found)
