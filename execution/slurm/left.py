"""How jobs stand that were left to the cluster: one look at the queue, and what lies in their folders."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from errors import ConfigError
from execution.base import JobState
from execution.left import LeftJob
from execution.slurm.clusters import CLUSTERS, Cluster
from execution.slurm.folders import SubmissionFolder, logs_folder
from execution.slurm.handle import SlurmHandle
from execution.work import what_was_made

__all__ = ["left_jobs"]


def left_jobs(log_dir: Path) -> list[LeftJob]:
    """Return what this user submitted and has not come to a good end, the newest submission of each job."""
    clusters = {name: make(logs_folder(log_dir)) for name, make in CLUSTERS.items()}
    handles = (_handle(folder, clusters) for folder in SubmissionFolder.all_latest(log_dir) if _is_open(folder))
    return list(_described(handle for handle in handles if handle is not None))


def _is_open(folder: SubmissionFolder) -> bool:
    # SLURM may show nobody else's jobs, and of those that it does not show nothing can be said.
    if folder.owner() != os.geteuid():
        return False
    outcome = folder.outcome()
    return outcome is None or not outcome.success


def _handle(folder: SubmissionFolder, clusters: dict[str, Cluster]) -> SlurmHandle | None:
    submitted = folder.submitted()
    if submitted is None:
        return None
    try:
        return SlurmHandle(folder.order().job, folder, clusters[submitted["cluster"]], is_patient=False)
    except (ConfigError, KeyError):
        # Written by another version of the code.
        return None


def _described(handles: Iterator[SlurmHandle]) -> Iterator[LeftJob]:
    for handle in handles:
        state = handle.state
        failure = handle.result(0).failure if state.is_final else None
        if state.is_final and (failure is None or what_was_made(handle.job) is not None):
            continue
        reason = _without(state, handle.waits_for) if failure is None else failure.message.partition("\n")[0]
        yield LeftJob(handle.job, state, handle.title, reason)


def _without(state: JobState, reason: str) -> str:
    return reason.removeprefix(state).removeprefix(": ")
