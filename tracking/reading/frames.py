"""Records as data frames; pandas is loaded here and only when a frame is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tracking.folders.metric_points import MetricPoint
from tracking.reading.records import EvaluationResult, ExperimentRecord

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["evaluations_frame", "experiments_frame", "points_frame"]

_NESTED = ("params", "metrics", "evaluations")
_TIMES = ("created_at", "started_at", "finished_at")


def experiments_frame(records: Sequence[ExperimentRecord]) -> pd.DataFrame:
    """Return one row an experiment: fields, then ``params.<name>``, ``metrics.<name>`` and ``evaluations.<name>``."""
    import pandas as pd

    names = ExperimentRecord._fields
    columns: dict[str, Any] = dict(
        zip(names, zip(*records, strict=True) if records else [()] * len(names), strict=True)
    )
    columns["status"] = [status.value for status in columns["status"]]
    nested = {family: columns.pop(family) for family in _NESTED}
    for name in _TIMES:
        columns[name] = pd.to_datetime(pd.Series(columns[name], dtype="float64"), unit="s", utc=True)
    for family, values in nested.items():
        for name in sorted(set().union(*values)):
            columns[f"{family}.{name}"] = [each.get(name) for each in values]
    return pd.DataFrame(columns)


def points_frame(points: Sequence[MetricPoint]) -> pd.DataFrame:
    """Return one row a point: step, time (UTC), name, value."""
    import pandas as pd

    frame = pd.DataFrame(points, columns=list(MetricPoint._fields))
    frame["time"] = pd.to_datetime(frame["time"].astype("float64"), unit="s", utc=True)
    return frame


def evaluations_frame(results: Sequence[EvaluationResult]) -> pd.DataFrame:
    """Return one row a sample: benchmark, position, sample_id, score, then the fields of the sample's content."""
    import pandas as pd

    rows = [
        {
            **sample.content,
            "benchmark": result.evaluation.benchmark,
            "position": sample.position,
            "sample_id": sample.sample_id,
            "score": sample.score,
        }
        for result in results
        for sample in result.samples
    ]
    first = ["benchmark", "position", "sample_id", "score"]
    frame = pd.DataFrame(rows)
    return frame.reindex(columns=[*first, *(name for name in frame.columns if name not in first)])
