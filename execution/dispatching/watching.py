"""What was submitted and has not ended: how far it is, and how it ends."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType

from errors import AssayError
from execution.base import Handle
from execution.dispatching.parties import Parties
from execution.dispatching.shutdown import Shutdown
from jobs import Outcome
from tracking.queue.records import Claim

__all__ = ["Watch"]


class Watch:
    """Looks at what runs, and tells of it.

    Args:
        parties: who does it, and who is told.
    """

    def __init__(self, parties: Parties) -> None:
        self._running: dict[str, tuple[Claim, Handle]] = {}
        self.running: Mapping[str, tuple[Claim, Handle]] = MappingProxyType(self._running)
        """By token: a job may be taken again before the handle of a claim that was lost has ended."""
        self.shutdown = Shutdown(self.running, self.leave, parties)
        """What becomes of it where it is to stop."""
        self._at_work: Claim | None = None
        self._parties = parties

    def listen(self) -> None:
        """Have an executor that works within submit tell of it from now on, and ask whether it is to stop."""
        self._parties.executor.listen(self._on_progress, lambda: self.shutdown.reason_at_work(self._at_work))

    @contextmanager
    def at_work_on(self, claim: Claim) -> Iterator[None]:
        """Know, while the block is in, what is being submitted: an executor may work within that."""
        self._at_work = claim
        try:
            yield
        finally:
            self._at_work = None

    def add(self, claim: Claim, handle: Handle) -> None:
        """Look after what was submitted."""
        self._running[claim.token] = (claim, handle)
        self._look_at(claim, handle)

    def leave(self, claim: Claim) -> None:
        """Look after it no more: it has ended, or goes on without us."""
        del self._running[claim.token]

    def wait(self, seconds: float) -> None:
        """Return when something may have happened to what runs, at the latest after so many seconds.

        Raises:
            AssayError: the executor does not answer.
        """
        self._parties.executor.wait([handle for _, handle in self.running.values()], seconds)

    def look(self) -> None:
        """Take note of how far everything is, and of what has ended."""
        for claim, handle in list(self.running.values()):
            self._look_at(claim, handle)

    def _look_at(self, claim: Claim, handle: Handle) -> None:
        try:
            # In this order: what was reported last may come together with the end.
            is_over, progress = handle.state.is_final, handle.progress
            outcome = dataclasses.replace(handle.result(), progress=progress) if is_over else None
        except AssayError as error:
            self._parties.say_once(f"nothing is known of {claim.job.name} now, and is asked again: {error}")
            return
        self._parties.link.keeper.note(claim, progress)
        self._parties.listener.progressed(handle)
        if outcome is not None:
            self.leave(claim)
            self.end(claim, outcome)

    def end(self, claim: Claim, outcome: Outcome) -> None:
        """Have the queue told how an attempt ended."""
        self._parties.link.end(claim, self.shutdown.ended(claim, outcome))

    def _on_progress(self, handle: Handle) -> None:
        if self._at_work is not None:
            self._parties.link.keeper.note(self._at_work, handle.progress)
        self._parties.listener.progressed(handle)
