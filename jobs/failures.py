"""Of what kind an exception is."""

from __future__ import annotations

import errno

from errors import AssayError, ResourceError
from jobs.outcome import FailureKind

__all__ = ["Busy", "NeedFailed", "NotHere", "Preempted", "kind_of"]

_MEMORY_PHRASES = ("out of memory", "can't allocate memory", "cannot allocate memory", "cuda_error_out_of_memory")
"""What PyTorch and its allocators say; on a CPU it is a bare RuntimeError."""

_PASSING = {
    *(errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EAGAIN, errno.EINTR, errno.EBUSY, errno.EMFILE, errno.ENFILE),
    *(errno.ESTALE, errno.ETIMEDOUT, errno.ECONNABORTED, errno.ECONNREFUSED, errno.ECONNRESET, errno.EPIPE),
    *(errno.ENETDOWN, errno.ENETUNREACH, errno.ENETRESET, errno.EHOSTDOWN, errno.EHOSTUNREACH),
}
"""Troubles of a machine that pass by themselves, or by somebody who frees a disk."""


class Busy(Exception):
    """Somebody else is making the same thing; another job can be made meanwhile."""


class NeedFailed(Exception):
    """What this job needs failed."""


class NotHere(Exception):
    """This machine lacks what the work needs; another one may have it."""


class Preempted(Exception):
    """The work stopped because it was asked to; what it did is kept."""


def kind_of(error: BaseException) -> FailureKind:
    """Return of what kind an exception is that left a piece of work."""
    # What cannot be written is told as an error of ours; the system's own says whether it passes.
    cause = error.__cause__ if isinstance(error, ResourceError) else error
    if isinstance(cause, OSError) and cause.errno is not None:
        return _kind_of_number(cause.errno)
    for kinds, kind in _KINDS:
        if isinstance(error, kinds):
            return kind
    if isinstance(error, RuntimeError) and _tells_of_memory(error):
        return FailureKind.OUT_OF_MEMORY
    return FailureKind.ERROR


def _tells_of_memory(error: RuntimeError) -> bool:
    # By its name, as torch is not imported here.
    named = any(kind.__name__ == "OutOfMemoryError" for kind in type(error).__mro__)
    return named or any(phrase in str(error).lower() for phrase in _MEMORY_PHRASES)


def _kind_of_number(number: int) -> FailureKind:
    if number == errno.ENOMEM:
        return FailureKind.OUT_OF_MEMORY
    return FailureKind.RESOURCE if number in _PASSING else FailureKind.ERROR


_KINDS: tuple[tuple[tuple[type[BaseException], ...], FailureKind], ...] = (
    ((Busy,), FailureKind.BUSY),
    ((NeedFailed,), FailureKind.NEED_FAILED),
    ((NotHere,), FailureKind.NOT_HERE),
    ((Preempted, KeyboardInterrupt, SystemExit), FailureKind.PREEMPTED),
    ((ResourceError, ConnectionError, TimeoutError), FailureKind.RESOURCE),
    ((AssayError,), FailureKind.MISTAKE),
    ((MemoryError,), FailureKind.OUT_OF_MEMORY),
)
"""The first that fits counts: an error of ours that the user must mend is no matter of the machine."""
