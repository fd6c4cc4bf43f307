"""Points in the shapes that other trackers take."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from tracking.folders.metric_points import MetricPoint

__all__ = ["by_step"]


def by_step(points: Sequence[MetricPoint]) -> Iterator[tuple[int, dict[str, float]]]:
    """Yield each run of points of the same step as the step and names to values."""
    for step, group in groupby(points, key=lambda point: point.step):
        yield step, {point.name: point.value for point in group}
