"""What jobs do, and the boundary at which a piece of work becomes an outcome, whatever it raises."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from errors import ConfigError
from jobs import Failure, FailureKind, Job, Outcome
from jobs.failures import NeedFailed, kind_of
from registry import Registry

__all__ = ["WORK", "Context", "carry_out"]

Work = Callable[[Job, "Context"], Mapping[str, Any]]
"""Does what a job says and returns a result: JSON and nothing else.

With a true attribute ``takes_failed_needs`` it is called although something that the job needs failed. Its module may
have an attribute ``PRELOAD``, names of modules that the work imports on use: see :mod:`execution.workers.preload`.
"""

WORK: Registry[Work] = Registry("work")
"""Third parties register theirs through the entry-point group ``assay.work``."""
WORK.register("node", "running.node_work:make_node")
WORK.register("nothing", "execution.work:nothing")


@dataclass
class Context:
    """What work is given beside its job."""

    report: Callable[[Mapping[str, Any]], None] = lambda progress: None
    """Tell how far it is (JSON). To be called often: hung work is known by its silence."""
    stop_reason: Callable[[], str] = lambda: ""
    """Why somebody wants the work to save what it did and to raise :class:`jobs.failures.Preempted` with that reason;
    empty while nobody does."""
    kept: dict[str, Any] = field(default_factory=dict)
    """What work keeps in this process from one job to the next, such as data that was read."""


def carry_out(job: Job, context: Context) -> Outcome:
    """Do what a job says, in this process.

    Every exception becomes an outcome, those that end a process too: whoever called looks whether it was to end.
    """
    started = time.monotonic()
    try:
        work = WORK.get(job.work)
        if job.failed_needs and not getattr(work, "takes_failed_needs", False):
            raise NeedFailed(f"{job.name} {'; '.join(job.failed_needs.values())}")
        result = _as_json(job, work(job, context))
    except BaseException as error:
        return Outcome(Failure.of(error, _kind(job, error)), seconds=time.monotonic() - started)
    return Outcome(result=result, seconds=time.monotonic() - started)


def _as_json(job: Job, result: Mapping[str, Any]) -> dict[str, Any]:
    # Here and not where a process writes to another, so that no executor returns what others could not.
    try:
        returned = json.loads(json.dumps(result))
    except (TypeError, ValueError) as error:
        raise TypeError(f"the work {job.work!r} must return JSON, got {result!r:.200} ({error})") from error
    if not isinstance(returned, dict):
        raise TypeError(f"the work {job.work!r} must return a mapping, got {result!r:.200}")
    return returned


def _kind(job: Job, error: BaseException) -> FailureKind:
    # A package that another process has and this one lacks is a mistake of the installation, not of the job.
    if isinstance(error, ConfigError) and job.work not in WORK:
        return FailureKind.OTHER_CODE
    return kind_of(error)


def nothing(job: Job, context: Context) -> Mapping[str, Any]:
    """Do nothing: what is left is what handing jobs out costs."""
    return {}
