"""How a job ended: with a result, or with a failure of a kind that says whether trying again makes sense."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Self

__all__ = ["REACHED", "WAITS_FOR", "Failure", "FailureKind", "Outcome"]

REACHED = "reached"
"""In what work reports: a number that only grows from attempt to attempt as long as they get further."""

WAITS_FOR = "waits_for"
"""In progress: why the work has not begun, although its job was submitted; such time counts for nothing."""


class FailureKind(StrEnum):
    """Why a job did not end well; :mod:`jobs.retries` says what follows."""

    MISTAKE = "mistake"
    """In configuration, data or signals: the same again would fail the same."""
    ERROR = "error"
    """The program raised, and nothing says that it would not do so again."""
    RESOURCE = "resource"
    """The machine refused: a full disk, a network, a server that is away."""
    OUT_OF_MEMORY = "out_of_memory"
    """Of the accelerator or of main memory."""
    WORKER_DIED = "worker_died"
    """The process ended without a word: killed, crashed, or its machine went away."""
    LOST = "lost"
    """Whoever had taken it from the queue ended without a word, or is not heard of any more."""
    TIMED_OUT = "timed_out"
    """It took longer than allowed, or hung."""
    PREEMPTED = "preempted"
    """Somebody stopped it from outside; what it did can be taken up again."""
    BUSY = "busy"
    """Somebody else is making the same thing."""
    NEED_FAILED = "need_failed"
    """What it needs failed before."""
    OTHER_CODE = "other_code"
    """It was planned by another version of the code than the one at hand."""
    NOT_HERE = "not_here"
    """This machine lacks what it needs, such as its folder; another one may have it."""
    CANCELLED = "cancelled"
    """The user does not want it any more."""


@dataclass(frozen=True)
class Failure:
    """What went wrong."""

    kind: FailureKind
    message: str
    """One line for people."""
    type: str = ""
    """Name of the exception's class, where there was one."""
    traceback: str = ""

    @classmethod
    def of(cls, error: BaseException, kind: FailureKind) -> Self:
        """Return what an exception says."""
        trace = "".join(traceback.format_exception(error))
        return cls(kind, str(error) or type(error).__name__, type(error).__name__, trace)


@dataclass(frozen=True)
class Outcome:
    """The end of one attempt at a job."""

    failure: Failure | None = None
    """None: it ended well."""
    result: Mapping[str, Any] = field(default_factory=dict)
    """What the work returned: JSON and nothing else."""
    seconds: float = 0.0
    """Time at work, that of waiting left out."""
    progress: Mapping[str, Any] = field(default_factory=dict)
    """What the work reported last, where whoever saw the end knows it."""

    @property
    def success(self) -> bool:
        """Whether it ended well."""
        return self.failure is None

    def to_mapping(self) -> dict[str, Any]:
        """Return it as JSON knows it."""
        return asdict(self)

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> Self:
        """Return what :meth:`to_mapping` gave."""
        failure = values.get("failure")
        described = None if failure is None else Failure(**{**failure, "kind": FailureKind(failure["kind"])})
        result, progress = values.get("result") or {}, values.get("progress") or {}
        return cls(described, result, values.get("seconds") or 0.0, progress)

    @classmethod
    def failed(cls, kind: FailureKind, message: str, seconds: float = 0.0) -> Self:
        """Return a failure without an exception."""
        return cls(Failure(kind, message), seconds=seconds)
