"""Pauses before anything new is begun, while cluster or machine refuse whatever they are given."""

from __future__ import annotations

import time
from collections.abc import Callable

from jobs import FailureKind, Job, Outcome

__all__ = ["Pauses"]

_CLUSTER_SECONDS, _LONGEST_CLUSTER_SECONDS = 1.0, 60.0
_MACHINE_SECONDS, _LONGEST_MACHINE_SECONDS = 10.0, 300.0
_TROUBLES = 3
"""So many jobs in a row that were refused something say that it is the machine."""
_SAYS_NOTHING = {
    *(FailureKind.BUSY, FailureKind.PREEMPTED, FailureKind.CANCELLED),
    *(FailureKind.NEED_FAILED, FailureKind.NOT_HERE, FailureKind.OTHER_CODE),
}
"""About the machine: it was not put to work."""


class Pauses:
    """Says when to begin nothing: each pause is twice as long as the one before, until something works again.

    Args:
        say: told a line for people.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._submitting = _Pause(_CLUSTER_SECONDS, _LONGEST_CLUSTER_SECONDS)
        self._machine = _Pause(_MACHINE_SECONDS, _LONGEST_MACHINE_SECONDS)
        self._troubles = 0
        self._is_said = False

    @property
    def is_on(self) -> bool:
        """Whether nothing is to be begun now."""
        return self._submitting.is_on or self._machine.is_on

    @property
    def is_trial(self) -> bool:
        """Whether one job is enough to see if jobs can be submitted again."""
        return self._submitting.has_begun

    def not_submitted(self, error: Exception) -> None:
        """Heed that nothing can be submitted now."""
        self._submitting.begin()
        if not self._is_said:
            self._is_said = True
            self._say(f"waiting: nothing can be begun now, and is tried again: {error}")

    def submitted(self) -> None:
        """Heed that something could be submitted."""
        if self._is_said:
            self._say("going on: jobs can be begun again")
        self._is_said = False
        self._submitting.forget()

    def ended(self, job: Job, outcome: Outcome) -> None:
        """Heed how a job ended."""
        kind = None if outcome.failure is None else outcome.failure.kind
        if kind != FailureKind.RESOURCE:
            if kind not in _SAYS_NOTHING:
                self._troubles = 0
                self._machine.forget()
            return
        self._troubles += 1
        # Those that ended together are one trouble.
        if self._troubles >= _TROUBLES and not self._machine.is_on and outcome.failure is not None:
            seconds = self._machine.begin()
            self._say(
                f"waiting {seconds:.0f} s before anything new is begun: {self._troubles} times in a row the machine "
                f"refused something, at last to {job.name}: {outcome.failure.message}"
            )


class _Pause:
    def __init__(self, first_seconds: float, longest_seconds: float) -> None:
        self._first = first_seconds
        self._longest = longest_seconds
        self._next = first_seconds
        self._until: float | None = None

    @property
    def has_begun(self) -> bool:
        return self._until is not None

    @property
    def is_on(self) -> bool:
        return self._until is not None and time.monotonic() < self._until

    def begin(self) -> float:
        seconds, self._next = self._next, min(2 * self._next, self._longest)
        self._until = time.monotonic() + seconds
        return seconds

    def forget(self) -> None:
        self._next, self._until = self._first, None
