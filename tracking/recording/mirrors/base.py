"""What a mirror is: another tracker that is told the same as the local store."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tracking.folders.metric_points import MetricPoint

__all__ = ["Mirror", "MirrorStart"]


@dataclass(frozen=True)
class MirrorStart:
    """The experiment that begins."""

    experiment_id: str
    name: str
    config: Mapping[str, Any]
    """Nested plain values."""
    folder: Path
    tags: Sequence[str]


class Mirror(ABC):
    """Tells one other tracker of one experiment.

    All methods are called by one thread of the mirror's own, so they may take their time. What they raise is reported
    once and ends the mirroring; the training and the local store know nothing of it. Packages are imported in
    :meth:`start`.
    """

    @abstractmethod
    def start(self, start: MirrorStart) -> None:
        """Begin the experiment there."""

    @abstractmethod
    def log(self, points: Sequence[MetricPoint]) -> None:
        """Pass a batch of points on."""

    @abstractmethod
    def finish(self, status: str) -> None:
        """End the experiment there; ``status`` is the local one, such as ``completed``."""
