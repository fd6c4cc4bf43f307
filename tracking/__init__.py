"""The experiment store: folders hold the truth, a database is the index over them."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tracking.local_backend import LocalBackend
    from tracking.statuses import Status
    from tracking.tracker import ExperimentTracker
    from tracking.trainer_callback import TrackingCallback

__all__ = ["ExperimentTracker", "LocalBackend", "Status", "TrackingCallback"]

_HOMES = {
    "ExperimentTracker": "tracking.tracker",
    "LocalBackend": "tracking.local_backend",
    "Status": "tracking.statuses",
    "TrackingCallback": "tracking.trainer_callback",
}


def __getattr__(name: str) -> Any:
    # On use: a supervisor, or a command that reads, loads nothing of the others.
    if name not in _HOMES:
        raise AttributeError(f"module 'tracking' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
