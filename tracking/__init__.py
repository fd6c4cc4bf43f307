"""The experiment store: folders hold the truth, a database is the index over them."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tracking.reading.local_backend import LocalBackend
    from tracking.recording.tracker import ExperimentTracker
    from tracking.recording.trainer_callback import TrackingCallback
    from tracking.statuses import Status

__all__ = ["ExperimentTracker", "LocalBackend", "Status", "TrackingCallback"]

_HOMES = {
    "ExperimentTracker": "tracking.recording.tracker",
    "LocalBackend": "tracking.reading.local_backend",
    "Status": "tracking.statuses",
    "TrackingCallback": "tracking.recording.trainer_callback",
}


def __getattr__(name: str) -> Any:
    # On use: a supervisor, or a command that reads, loads nothing of the others.
    if name not in _HOMES:
        raise AttributeError(f"module 'tracking' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
