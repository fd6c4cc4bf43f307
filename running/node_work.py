"""Making one node of a plan, in whatever process: the work behind the jobs of a suite."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from execution.code_version import code_version
from execution.work import Context, takes_failed_needs
from jobs import Job
from jobs.failures import Busy, NotHere
from jobs.outcome import REACHED
from planning.exchange import node_from_mapping
from running.lines import WARNINGS
from running.locks import claimed
from running.making import Making, NodeMaker
from running.run_log import warnings_in
from running.tracked import RunTracking, tracking_of
from training.callbacks import Progress
from training.data import DataCache

__all__ = ["kept_data", "make_node"]

PRELOAD = ("training.session",)
"""What warm processes import before they are given a job."""

# Now: what a process that lives for days has imported is no longer what lies in its folder.
code_version()


@takes_failed_needs  # its folder is to say why it failed
def make_node(job: Job, context: Context) -> Mapping[str, Any]:
    """Make the node that a job of :func:`running.jobs.jobs_of` describes.

    Returns:
        ``found``: in words, where it was found finished; ``results``: of an experiment, the content of results.json;
        ``warnings``: what was warned of meanwhile.

    Raises:
        Busy: another process makes it at this moment.
        NeedFailed: what it needs failed.
        Preempted: it was to stop; what it did is kept.
        NotHere: the folder in which it was planned is not on this machine.
        Exception: whatever made it fail; of an experiment results.json says so too.
    """
    payload = job.payload
    with _in_folder(payload["cwd"]):
        making = Making(
            node=node_from_mapping(payload["node"]),
            fills=None if payload["fills"] is None else node_from_mapping(payload["fills"]),
            recorder=payload["recorder"],
            experiments_dir=Path(payload["experiments_dir"]),
            plan=payload["plan"],
            force=payload["force"],
            failed_needs=tuple(job.failed_needs.values()),
            adjustments=job.adjustments,
        )
        with claimed(making.node, making.experiments_dir) as held:
            if not held:
                raise Busy(f"{making.node.name}: another process is at it")
            with warnings_in() as warned:
                result = _maker(payload, context).make(making)
            return {**result, WARNINGS: warned} if warned else result


def _maker(payload: Mapping[str, Any], context: Context) -> NodeMaker:
    reached = 0

    def report(progress: Progress) -> None:
        nonlocal reached
        reached = progress.step if progress.phase == "training" else reached
        context.report({**dataclasses.asdict(progress), REACHED: reached})

    cache = kept_data(context.kept, payload["cwd"])
    return NodeMaker(cache, _tracking(payload["tracking"], context), report, context.stop_reason)


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
    with contextlib.ExitStack() as back:
        try:
            back.enter_context(contextlib.chdir(folder))
        except OSError as error:
            raise NotHere(
                f"{folder}: this folder, in which the run was planned, is not on this machine ({error.strerror})"
            ) from error
        yield
