"""Of what kind an exception is."""

from __future__ import annotations

from errors import AssayError, ResourceError
from jobs.outcome import FailureKind

__all__ = ["Busy", "NeedFailed", "Preempted", "kind_of"]

_MEMORY_PHRASES = ("out of memory", "can't allocate memory", "cannot allocate memory", "cuda_error_out_of_memory")
"""What PyTorch and its allocators say; on a CPU it is a bare RuntimeError."""


class Busy(Exception):
    """Somebody else is making the same thing; another job can be made meanwhile."""


class NeedFailed(Exception):
    """What this job needs failed."""


class Preempted(Exception):
    """The work stopped because it was asked to; what it did is kept."""


def kind_of(error: BaseException) -> FailureKind:
    """Return of what kind an exception is that left a piece of work."""
    for kinds, kind in _KINDS:
        if isinstance(error, kinds):
            return kind
    if isinstance(error, RuntimeError) and any(phrase in str(error).lower() for phrase in _MEMORY_PHRASES):
        return FailureKind.OUT_OF_MEMORY
    return FailureKind.ERROR


_KINDS: tuple[tuple[tuple[type[BaseException], ...], FailureKind], ...] = (
    ((Busy,), FailureKind.BUSY),
    ((NeedFailed,), FailureKind.NEED_FAILED),
    ((Preempted, KeyboardInterrupt, SystemExit), FailureKind.PREEMPTED),
    ((ResourceError, ConnectionError, TimeoutError), FailureKind.RESOURCE),
    ((AssayError,), FailureKind.MISTAKE),
    ((MemoryError,), FailureKind.OUT_OF_MEMORY),
    ((OSError,), FailureKind.RESOURCE),
)
"""The first that fits counts: an error of ours that the user must mend is no matter of the machine."""
