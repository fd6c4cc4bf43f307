"""Making one node of a plan, in whatever process: the work behind the jobs of a suite."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from errors import ResourceError
from execution.work import Context
from jobs import Job
from jobs.failures import Busy
from jobs.outcome import REACHED
from planning.exchange import node_from_mapping
from running.locks import claimed
from running.making import Making, NodeMaker
from running.tracked import RunTracking, tracking_of
from training.callbacks import Progress
from training.data import DataCache

__all__ = ["kept_data", "make_node"]

PRELOAD = ("training.session",)
"""What warm processes import before they are given a job."""


def make_node(job: Job, context: Context) -> Mapping[str, Any]:
    """Make the node that a job of :func:`running.jobs.jobs_of` describes.

    Returns:
        ``found``: in words, where it was found finished; ``results``: of an experiment, the content of results.json.

    Raises:
        Busy: another process makes it at this moment.
        NeedFailed: what it needs failed.
        Preempted: it was to stop; what it did is kept.
        ResourceError: the folder in which it was planned is not on this machine.
        Exception: whatever made it fail; of an experiment results.json says so too.
    """
    payload = job.payload
    with _in_folder(payload["cwd"]):
        making = Making(
            node=node_from_mapping(payload["node"]),
            fills=None if payload["fills"] is None else node_from_mapping(payload["fills"]),
            recorder=payload["recorder"],
            experiments_dir=Path(payload["experiments_dir"]),
            planned_at=payload["planned_at"],
            force=payload["force"],
            failed_needs=tuple(job.failed_needs.values()),
            adjustments=job.adjustments,
        )
        with claimed(making.node, making.experiments_dir) as held:
            if not held:
                raise Busy(f"{making.node.name}: another process is at it")
            return _maker(payload, context).make(making)


def _maker(payload: Mapping[str, Any], context: Context) -> NodeMaker:
    reached = 0

    def report(progress: Progress) -> None:
        nonlocal reached
        reached = progress.step if progress.phase == "training" else reached
        context.report({**dataclasses.asdict(progress), REACHED: reached})

    cache = kept_data(context.kept, payload["cwd"])
    return NodeMaker(cache, _tracking(payload["tracking"], context), report, context.stop_reason)


make_node.takes_failed_needs = True  # type: ignore[attr-defined]  # its folder is to say why it failed


def kept_data(kept: dict[str, Any], folder: str) -> DataCache:
    """Return the data that this process has read; names of data are relative to ``folder``."""
    cache: DataCache = kept.setdefault(f"data below {folder}", DataCache())
    return cache


def _tracking(options: Mapping[str, Any] | None, context: Context) -> RunTracking:
    """Return the tracker of this process; it lives from job to job, as its supervisor does."""
    if options is None:
        return RunTracking()
    key = f"tracking {sorted(options.items())}"
    if key not in context.kept:
        context.kept[key] = tracking_of(**options)
    kept: RunTracking = context.kept[key]
    return kept


@contextlib.contextmanager
def _in_folder(folder: str) -> Iterator[None]:
    if Path(folder) == Path.cwd():
        yield
        return
    if not Path(folder).is_dir():
        raise ResourceError(f"{folder}: this folder, in which the run was planned, is not on this machine")
    with contextlib.chdir(folder):
        yield
