"""Trackio: a local dashboard, shown with ``trackio show``."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from tracking.folders.metric_points import MetricPoint
from tracking.recording.mirrors.base import Mirror, MirrorStart
from tracking.recording.mirrors.grouping import by_step

__all__ = ["TrackioMirror"]

_PROJECT = "experiments"


class TrackioMirror(Mirror):
    """Mirrors to trackio's own folder; TRACKIO_DIR and TRACKIO_PROJECT hold."""

    def __init__(self) -> None:
        self._run: Any = None

    def start(self, start: MirrorStart) -> None:
        """Begin a run; the experiment's id is in its configuration, as two runs of a name would be one there."""
        import trackio

        self._run = trackio.init(
            project=os.environ.get("TRACKIO_PROJECT", _PROJECT),
            name=f"{start.name} {start.experiment_id}",
            config={**start.config, "experiment_id": start.experiment_id},
            embed=False,
        )

    def log(self, points: Sequence[MetricPoint]) -> None:
        """Pass points on, one row a step."""
        for step, values in by_step(points):
            self._run.log(values, step=step)

    def finish(self, status: str) -> None:
        """End the run."""
        self._run.finish()
