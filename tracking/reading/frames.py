"""Records as data frames; pandas is loaded here and only when a frame is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from tracking.folders.metric_points import MetricPoint
from tracking.reading.records import EvaluationResult, ExperimentRecord

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["evaluations_frame", "experiments_frame", "points_frame"]

_NESTED = ("params", "metrics", "evaluations")
_PLAIN = tuple(field.name for field in fields(ExperimentRecord) if field.name not in _NESTED)
_TIMES = ("created_at", "started_at", "finished_at")


def experiments_frame(records: Sequence[ExperimentRecord]) -> pd.DataFrame:
    """Return one row an experiment: fields, then ``params.<name>``, ``metrics.<name>`` and ``evaluations.<name>``."""
    import pandas as pd

    columns: dict[str, list[Any]] = {name: [getattr(record, name) for record in records] for name in _PLAIN}
    for family in _NESTED:
        values = [getattr(record, family) for record in records]
        names = sorted(set().union(*values))
        columns |= {f"{family}.{name}": [each.get(name) for each in values] for name in names}
    columns["status"] = [str(status) for status in columns["status"]]
    columns["folder"] = [str(folder) for folder in columns["folder"]]
    frame = pd.DataFrame(columns)
    for name in _TIMES:
        frame[name] = pd.to_datetime(frame[name].astype("float64"), unit="s", utc=True)
    return frame


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
