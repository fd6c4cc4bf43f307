"""Which earlier submission of a job goes on, and so is not submitted again."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from errors import ConfigError
from execution.base import JobState
from execution.code_version import code_version
from execution.slurm.clusters import Cluster
from execution.slurm.folders import SubmissionFolder
from execution.slurm.handle import SlurmHandle
from jobs import Job

__all__ = ["Attaching", "say_what_was_planned_before"]

_SUBMITTED = "already submitted"
_AS_BEFORE = f"{_SUBMITTED}, and runs as it was planned before"
_MOST_NAMED = 3

logger = logging.getLogger(__name__)


class Attaching:
    """Looks for earlier submissions; those that wait and are wanted otherwise by now are cancelled.

    Args:
        log_dir: where submissions have their folders.
        cluster: who has them.
        began: stamp of the disk: what ended before that may be of a plan whose folders are gone.
    """

    def __init__(self, log_dir: Path, cluster: Cluster, began: int) -> None:
        self._log_dir = log_dir
        self._cluster = cluster
        self._began = began

    def find(self, job: Job, needed: Mapping[str, SlurmHandle]) -> SlurmHandle | None:
        """Return a handle on the job if it was submitted before and goes on, or came to a good end since this is here.

        Args:
            job: as it is wanted.
            needed: what it is to wait for, by the ids of those jobs.
        """
        folder = SubmissionFolder.latest(self._log_dir, job.id)
        handle = None if folder is None or folder.submitted() is None else _handle(folder, self._cluster)
        if folder is None or handle is None:
            return None
        if handle.state.is_final:
            return handle if handle.result(0).success and folder.outcome_stamp() > self._began else None
        if handle.withdraw():
            # It will never run, or ran and left no word.
            return None
        is_same = _told(handle.job) == _told(job)
        if handle.state == JobState.PENDING and not (is_same and _has_code(handle, job) and _waits_for(handle, needed)):
            handle.cancel()
            self._cluster.send()
            return None
        handle.note = _SUBMITTED if is_same else _AS_BEFORE
        return handle


def say_what_was_planned_before(handles: Sequence[SlurmHandle]) -> None:
    """Warn of jobs that run and are not what was asked for now."""
    names = [handle.job.name for handle in handles if handle.note == _AS_BEFORE]
    if names:
        more = f" and {len(names) - _MOST_NAMED:,} more" if len(names) > _MOST_NAMED else ""
        remedy = "to have it otherwise, scancel it and give the command again"
        logger.warning("runs as it was planned before: %s%s; %s", ", ".join(names[:_MOST_NAMED]), more, remedy)


def _handle(folder: SubmissionFolder, cluster: Cluster) -> SlurmHandle | None:
    try:
        return SlurmHandle(folder.order().job, folder, cluster)
    except ConfigError:
        # Written by another version of the code.
        return None


def _told(job: Job) -> Any:
    """Return what a job does and takes, as JSON gives it back; not what follows from how far others are."""
    values = json.loads(job.to_json())
    return [values[name] for name in ("work", "payload", "resources")], sorted(job.failed_needs)


def _has_code(handle: SlurmHandle, job: Job) -> bool:
    """Whether it would begin: what an earlier version of the code planned refuses to."""
    # Who stays until the end plans for whatever code is at hand.
    return handle.job.code in ("", job.code or code_version())


def _waits_for(handle: SlurmHandle, needed: Mapping[str, SlurmHandle]) -> bool:
    """Whether it waits for these submissions, and not for others of the same jobs, or for nothing."""
    return all(handle.needs.get(id_) == str(each.folder.path) for id_, each in needed.items())
