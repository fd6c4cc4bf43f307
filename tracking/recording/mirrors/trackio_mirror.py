"""Trackio: a local dashboard, shown with ``trackio show``."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from types import ModuleType
from typing import Any

from tracking.folders.metric_points import MetricPoint
from tracking.recording.mirrors.base import Mirror, MirrorStart
from tracking.recording.mirrors.grouping import by_step
from tracking.recording.mirrors.renaming import Renaming

__all__ = ["TrackioMirror"]

logger = logging.getLogger(__name__)

_PROJECT = "experiments"


class TrackioMirror(Mirror):
    """Mirrors to trackio's own folder; TRACKIO_DIR and TRACKIO_PROJECT hold."""

    def __init__(self) -> None:
        self._run: Any = None

    def start(self, start: MirrorStart) -> None:
        """Begin a run; the experiment's id is in its configuration, as two runs of a name would be one there."""
        import trackio

        _hush(trackio)
        names = Renaming("trackio", lambda name: name.lstrip("_") or "x")
        config = {names(name): value for name, value in start.config.items()}
        self._run = trackio.init(
            project=os.environ.get("TRACKIO_PROJECT", _PROJECT),
            name=f"{start.name} {start.experiment_id}",
            config={**config, "experiment_id": start.experiment_id},
            embed=False,
        )

    def log(self, points: Sequence[MetricPoint]) -> None:
        """Pass points on, one row a step."""
        for step, values in by_step(points):
            self._run.log(values, step=step)

    def finish(self, status: str) -> None:
        """End the run."""
        self._run.finish()


def _hush(trackio: ModuleType) -> None:
    """Keep its messages out of the training's output, where each run would print five lines."""
    for module in (trackio, trackio.run, trackio.utils):
        # By a name in the module: to redirect the output would catch what other threads print, too.
        vars(module)["print"] = _say


def _say(*words: object, **_: object) -> None:
    text = " ".join(map(str, words)).strip()
    logger.log(logging.WARNING if "warning" in text.lower() else logging.DEBUG, "%s", text)
