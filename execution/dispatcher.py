"""Takes jobs from a queue, hands them to an executor, and says how they ended: until nothing is left to do."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from errors import AssayError
from execution.base import Executor, Handle
from execution.interruption import Interruption
from execution.leases import LeaseKeeper
from execution.listening import Listener
from jobs import Failure, FailureKind, Job, Outcome
from jobs.failures import kind_of
from tracking.queue.queue import Queue
from tracking.queue.records import Claim, Limits, WorkerIdentity
from tracking.store.database import DatabaseUnavailable

__all__ = ["Dispatcher", "DispatcherOptions"]

T = TypeVar("T")

_LOOK_SECONDS = 0.5
"""How long to wait at most before looking for new work, and for orders."""
_AWAY_SECONDS = 1.0
"""Between two tries to reach a store that does not answer."""
_TAKE_BACK_SECONDS = 2.0


@dataclass(frozen=True)
class DispatcherOptions:
    """How a dispatcher works."""

    continuous: bool = False
    """Wait for new jobs when nothing is left."""
    stop_on_failure: bool = False
    """Begin nothing new once a job failed for good."""
    max_jobs: int | None = None
    """Take so many jobs and end."""
    limits: Limits = field(default_factory=Limits)
    code: str = ""
    """Version of the code at hand; empty takes jobs of any."""
    lease_seconds: float = 60.0


class Dispatcher:
    """Works through a queue.

    Args:
        queue: where jobs come from. If its store goes away, what runs goes on, and what ended is told when it is back.
        executor: who does them.
        listener: told what happens.
        interruption: stops it from outside.
        options: how it works.
    """

    def __init__(
        self,
        queue: Queue,
        executor: Executor,
        listener: Listener,
        interruption: Interruption,
        options: DispatcherOptions,
    ) -> None:
        self._queue = queue
        self._executor = executor
        self._listener = listener
        self._interruption = interruption
        self._options = options
        self._worker = WorkerIdentity.here()
        self._keeper = LeaseKeeper(queue, options.lease_seconds)
        self._running: dict[str, tuple[Claim, Handle]] = {}
        self._ended: list[tuple[Claim, Outcome]] = []
        self._taken = 0
        self._has_failed = False
        self._is_stopping = False
        self._is_away = False
        self._next_take_back = 0.0

    def run(self) -> None:
        """Work until nothing is left that could be done, or until somebody stops it.

        Whoever was interrupted asks the interruption; what ran then is saved and given back to the queue.
        """
        self._executor.listen(self._on_progress, self._stop_reason)
        with self._keeper:
            while not self._is_over():
                self._stop_what_runs()
                self._settle()
                self._take_back()
                self._begin()
                self._watch()
            self._settle()

    # -- beginning ------------------------------------------------------------------------------------------------

    def _begin(self) -> None:
        while self._may_begin() and (claims := self._claim()):
            for claim in claims:
                self._submit(claim)
            # An executor that works within submit has ended them already.
            self._settle()

    def _may_begin(self) -> bool:
        used_up = self._options.max_jobs is not None and self._taken >= self._options.max_jobs
        failed = self._options.stop_on_failure and self._has_failed
        return not (used_up or failed or self._is_away or self._interruption.is_asked)

    def _claim(self) -> list[Claim]:
        room = self._executor.max_concurrent - len(self._running)
        if self._options.max_jobs is not None:
            room = min(room, self._options.max_jobs - self._taken)
        if room <= 0:
            return []
        claims = self._reach(
            lambda: self._queue.claim(
                self._worker,
                self._fits,
                room,
                refusal=lambda job: job.resources.lacks(self._executor.capacity),
                spending=self._options.limits,
                code=self._options.code,
                lease_seconds=self._options.lease_seconds,
            )
        )
        return claims or []

    def _fits(self, job: Job, taken: Sequence[Job]) -> bool:
        return self._executor.has_room(job, [*(claim.job for claim, _ in self._running.values()), *taken])

    def _submit(self, claim: Claim) -> None:
        self._taken += 1
        self._keeper.add(claim)
        self._listener.begun(claim.job)
        try:
            handle = self._executor.submit(claim.job)
        except AssayError as error:
            self._end(claim, Outcome(Failure.of(error, kind_of(error))))
            return
        if handle.state.is_final:
            self._end(claim, handle.result())
        else:
            self._running[claim.job.id] = (claim, handle)

    # -- going on -------------------------------------------------------------------------------------------------

    def _watch(self) -> None:
        """Wait until something happens, and take note of what ended."""
        handles = [handle for _, handle in self._running.values()]
        if handles:
            self._executor.wait(handles, _LOOK_SECONDS)
        elif not self._ended or self._is_away:
            time.sleep(self._pause())
        for claim, handle in list(self._running.values()):
            self._keeper.note(claim, handle.progress)
            self._listener.progressed(handle)
            if handle.state.is_final:
                del self._running[claim.job.id]
                self._end(claim, handle.result())

    def _pause(self) -> float:
        if self._is_away:
            return _AWAY_SECONDS
        if self._interruption.is_asked:
            return 0.0
        delayed = self._reach(self._queue.next_change_in)
        return _LOOK_SECONDS if delayed is None else min(_LOOK_SECONDS, max(delayed, 0.01))

    def _on_progress(self, handle: Handle) -> None:
        self._keeper.note_job(handle.job, handle.progress)
        self._listener.progressed(handle)

    def _stop_reason(self) -> str:
        """Return why what runs in this process is to stop: somebody asked, or the queue gave it away."""
        return self._interruption.stop_reason() or self._keeper.stop_reason()

    def _stop_what_runs(self) -> None:
        reason = self._interruption.stop_reason()
        if reason and not self._is_stopping:
            self._is_stopping = True
            for _, handle in self._running.values():
                handle.preempt(reason)
        for claim in self._keeper.take_unwanted():
            if claim.job.id in self._running:
                self._running[claim.job.id][1].cancel()

    # -- ending ---------------------------------------------------------------------------------------------------

    def _end(self, claim: Claim, outcome: Outcome) -> None:
        if self._keeper.is_cancelled(claim) and not outcome.success:
            outcome = Outcome.failed(FailureKind.CANCELLED, "cancelled while it ran", outcome.seconds)
        self._ended.append((claim, outcome))

    def _settle(self) -> None:
        """Tell the queue what ended. While its store is away the ended wait here, their leases kept alive."""
        ended = self._ended
        settled = self._reach(lambda: self._queue.settle_all(ended)) if ended else None
        if settled is None:
            return
        self._ended = []
        for (claim, outcome), each in zip(ended, settled, strict=True):
            self._keeper.remove(claim)
            self._has_failed |= each.state is not None and each.state.is_final and not outcome.success
            self._listener.ended(claim.job, outcome, each)

    def _take_back(self) -> None:
        if time.monotonic() < self._next_take_back:
            return
        self._next_take_back = time.monotonic() + _TAKE_BACK_SECONDS
        for each in self._reach(self._queue.take_back) or ():
            self._listener.said(f"lost    {each.name}: {each.evidence}")

    def _is_over(self) -> bool:
        if self._running or self._ended:
            return False
        if not self._may_begin() and not self._is_away:
            return True
        return not self._options.continuous and self._reach(self._queue.is_drained) is True

    def _reach(self, ask: Callable[[], T]) -> T | None:
        """Ask the queue something; None while its store does not answer."""
        try:
            answer = ask()
        except DatabaseUnavailable as error:
            if not self._is_away:
                self._is_away = True
                self._listener.said(f"the store does not answer, what runs goes on: {error}")
            return None
        if self._is_away:
            self._is_away = False
            self._listener.said("the store answers again")
        return answer
