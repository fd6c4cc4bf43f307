"""Who may begin another attempt at an experiment, and what becomes of the one before."""

from __future__ import annotations

import os
from pathlib import Path

from errors import DataError
from tracking.folders.contents import read_folder
from tracking.folders.folder import ExperimentFolder
from tracking.folders.parts import Run
from tracking.recording.recorder import TrackerStateError
from tracking.states.judgement import Observer, is_known_to_live
from tracking.statuses import Status

__all__ = ["end_attempt_before"]


def end_attempt_before(folder: Path) -> None:
    """Write down that the last attempt in a folder is over, if it did not say so itself.

    Raises:
        ResourceError: the folder cannot be written.
        TrackerStateError: its process is known to live: what two wrote would be mixed.
    """
    run = _last_attempt(folder)
    if run is None or run.status != Status.RUNNING:
        return
    if is_known_to_live(run, Observer.here()):
        who = "this process" if run.pid == os.getpid() else f"process {run.pid} on {run.host}"
        raise TrackerStateError(
            f"{folder}: {who} is writing to this experiment; finish it first, or choose another folder"
        )
    last_sign = max(run.started_at, run.heartbeat_at or 0.0)
    evidence = "it had not said how it ended when the next attempt began"
    ExperimentFolder(folder).append(
        "judged", attempt=run.attempt, status=Status.LOST, evidence=evidence, finished_at=last_sign
    )


def _last_attempt(folder: Path) -> Run | None:
    """Return the newest attempt that has begun; a claim is none, and the one who claimed begins it."""
    try:
        contents = read_folder(folder)
    except DataError:
        return None
    begun = [run for run in contents.runs if run is not contents.claim] if contents is not None else []
    return begun[-1] if begun else None
