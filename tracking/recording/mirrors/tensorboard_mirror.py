"""TensorBoard: an event file in the experiment's folder, written without torch."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from tracking.folders.metric_points import MetricPoint
from tracking.recording.mirrors.base import Mirror, MirrorStart

__all__ = ["TensorboardMirror"]


class TensorboardMirror(Mirror):
    """Mirrors to ``tensorboard/`` in the experiment's folder; show it with ``tensorboard --logdir experiments``."""

    def __init__(self) -> None:
        self._writer: Any = None

    def start(self, start: MirrorStart) -> None:
        """Begin an event file with the configuration as its text."""
        from tensorboard.plugins.text.metadata import create_summary_metadata
        from tensorboard.summary.writer.event_file_writer import EventFileWriter
        from tensorboard.util.tensor_util import make_tensor_proto

        self._writer = EventFileWriter(str(start.folder / "tensorboard"))
        text = "```json\n" + json.dumps(start.config, indent=2, default=str) + "\n```"
        metadata = create_summary_metadata(display_name="config", description="")
        value = {"tag": "config", "metadata": metadata, "tensor": make_tensor_proto([text.encode()])}
        self._write(0, None, [value])

    def log(self, points: Sequence[MetricPoint]) -> None:
        """Pass points on."""
        for step, time, name, value in points:
            self._write(step, time, [{"tag": name, "simple_value": value}])
        self._writer.flush()

    def finish(self, status: str) -> None:
        """Close the event file."""
        self._writer.close()

    def _write(self, step: int, time: float | None, values: list[dict[str, Any]]) -> None:
        from tensorboard.compat.proto.event_pb2 import Event
        from tensorboard.compat.proto.summary_pb2 import Summary

        summary = Summary(value=[Summary.Value(**value) for value in values])
        self._writer.add_event(Event(step=step, wall_time=time or 0.0, summary=summary))
