"""What jobs do, and the boundary at which a piece of work becomes an outcome, whatever it raises."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from errors import ConfigError
from execution.code_version import code_version
from jobs import Failure, FailureKind, Job, Outcome
from jobs.failures import NeedFailed, kind_of
from registry import Registry

__all__ = ["MADE", "WORK", "Context", "carry_out", "takes_failed_needs", "what_was_made"]

logger = logging.getLogger(__name__)

Work = Callable[[Job, "Context"], Mapping[str, Any]]
"""Does what a job says and returns a result: JSON and nothing else.

Its module may have an attribute ``PRELOAD``, names of modules that the work imports on use: see
:mod:`execution.workers.preload`.
"""

WORK: Registry[Work] = Registry("work")
"""Third parties register theirs through the entry-point group ``assay.work``."""
WORK.register("node", "running.node_work:make_node")
WORK.register("nothing", "execution.work:nothing")

MADE: Registry[Callable[[Job], Mapping[str, Any] | None]] = Registry("made")
"""By the name of a piece of work: what it would have returned, read from what it left; None where it is not done. They
are asked where nobody said how a job ended, and load little. Third parties: entry-point group ``assay.made``."""
MADE.register("node", "running.made:what_was_made")


def takes_failed_needs(work: Work) -> Work:
    """Let ``work`` be called although something that its job needs failed."""
    work.takes_failed_needs = True  # type: ignore[attr-defined]
    return work


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


def carry_out(job: Job, context: Context, before_import: Callable[[str], None] = lambda work: None) -> Outcome:
    """Do what a job says, in this process, if the code at hand is that which planned it.

    Every exception becomes an outcome, those that end a process too: whoever called looks whether it was to end.

    Args:
        job: the job.
        context: what its work is given.
        before_import: called with the name of the work before that is imported.
    """
    started = time.monotonic()
    # Whoever submitted it may have looked hours ago; here is what will be executed.
    if job.code and job.code != code_version():
        return Outcome.failed(
            FailureKind.OTHER_CODE, f"planned by code {job.code}, and the code here is {code_version()}"
        )
    try:
        before_import(job.work)
        work = WORK.get(job.work)
        if job.failed_needs and not getattr(work, "takes_failed_needs", False):
            raise NeedFailed(f"{job.name} {'; '.join(job.failed_needs.values())}")
        result = _as_json(job, work(job, context))
    except BaseException as error:
        return Outcome(Failure.of(error, _kind(job, error, context)), seconds=time.monotonic() - started)
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


def _kind(job: Job, error: BaseException, context: Context) -> FailureKind:
    # Work that ends its process by itself would do so again; whom somebody stops has a reason.
    if isinstance(error, (SystemExit, KeyboardInterrupt)) and not context.stop_reason():
        return FailureKind.ERROR
    # A package that another process has and this one lacks is a mistake of the installation, not of the job.
    if isinstance(error, ConfigError) and job.work not in WORK:
        return FailureKind.OTHER_CODE
    return kind_of(error)


def nothing(job: Job, context: Context) -> Mapping[str, Any]:
    """Do nothing: what is left is what handing jobs out costs."""
    return {}


def what_was_made(job: Job) -> Mapping[str, Any] | None:
    """Return the result of a job of which nobody said how it ended, where what it left shows that it is done."""
    try:
        return MADE.get(job.work)(job) if job.work in MADE else None
    except Exception:
        logger.warning("%s: whether it is done cannot be seen", job.name, exc_info=True)
        return None
