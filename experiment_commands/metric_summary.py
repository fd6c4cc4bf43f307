"""An experiment's metrics as rows: final value, extremes, and the curve in small."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.text import Text

from analysis.metric_directions import is_about_the_training
from experiment_commands.sparkline import sparkline
from experiment_commands.wording import shown
from tracking.folders.metric_points import MetricPoint
from tracking.reading.metric_twins import curves_of_results
from tracking.reading.records import ExperimentDetails

__all__ = ["METRIC_COLUMNS", "NUMBER_COLUMNS", "metric_summary"]

NUMBER_COLUMNS = ("final", "lowest", "highest", "step")
METRIC_COLUMNS = ("metric", *NUMBER_COLUMNS, "curve")

_GAP = 2
_CURVE_WIDTHS = (12, 30)
"""Of the smallest and of the widest curve, in characters."""


def metric_summary(
    details: ExperimentDetails, points: Sequence[MetricPoint], width: int
) -> list[tuple[str | Text, ...]]:
    """Return a row for each metric: the primary one first, what is about the training alone last.

    Args:
        details: the experiment.
        points: of its metrics; curves are drawn from them.
        width: of the terminal; curves take what names and numbers leave.
    """
    curves: dict[str, list[float]] = {}
    for point in points:
        curves.setdefault(point.name, []).append(point.value)
    twins = curves_of_results(details.metrics)
    primary = details.record.primary_metric
    names = sorted(
        details.metrics.keys() - set(twins.values()),
        key=lambda name: (name != primary, is_about_the_training(name), name),
    )
    rows = [(name, *_numbers(details, name, twins.get(name, name), curves)) for name in names]
    widths = [max(map(len, column)) + _GAP for column in zip(METRIC_COLUMNS[:-1], *rows, strict=True)]
    space = min(max(width - sum(widths), _CURVE_WIDTHS[0]), _CURVE_WIDTHS[1])
    return [
        (
            Text(name, style="bold" if name == primary else ""),
            *numbers,
            sparkline(curves.get(twins.get(name, name), ()), space),
        )
        for name, *numbers in rows
    ]


def _numbers(
    details: ExperimentDetails, name: str, curve: str, curves: Mapping[str, Sequence[float]]
) -> tuple[str, str, str, str]:
    """Return final, lowest and highest value and the step; a single value has no extremes."""
    way = details.metrics[curve]
    several = len(curves.get(curve, ())) > 1
    lowest, highest = (shown(way.minimum), shown(way.maximum)) if several else ("", "")
    return shown(details.metrics[name].value), lowest, highest, shown(way.step)
