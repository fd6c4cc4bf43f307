"""Takes jobs from a queue, hands them to an executor, and says how they ended: until nothing is left to do."""

from __future__ import annotations

import dataclasses
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
from tracking.queue.records import Claim, Limits, QueueState, WorkerIdentity
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
        self._next_claim = 0.0
        self._is_idle = False
        self._without_room: set[str] = set()
        self._refusals: set[str] = set()
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
            while True:
                self._stop_what_runs()
                self._settle()
                self._take_back()
                self._begin()
                if self._is_over():
                    return
                self._watch()

    # -- beginning ------------------------------------------------------------------------------------------------

    def _begin(self) -> None:
        # Progress comes often; what was not there a moment ago is not asked for at each step of what runs.
        if self._running and time.monotonic() < self._next_claim:
            return
        while self._may_begin() and (claims := self._claim()):
            for claim in claims:
                self._submit(claim)
            # An executor that works within submit has ended them already.
            self._settle()
        self._next_claim = time.monotonic() + _LOOK_SECONDS

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
        unfit: list[Job] = []
        claims = self._reach(
            lambda: self._queue.claim(
                self._worker,
                lambda job, taken: self._fits(job, taken, unfit),
                room,
                refusal=self._refusal,
                spending=self._options.limits,
                code=self._options.code,
                lease_seconds=self._options.lease_seconds,
            )
        )
        self._is_idle = claims == [] and not unfit
        if not claims and unfit and not self._running:
            self._say_that_it_waits(unfit[0])
        return claims or []

    def _fits(self, job: Job, taken: Sequence[Job], unfit: list[Job]) -> bool:
        fits = self._executor.has_room(job, [*(claim.job for claim, _ in self._running.values()), *taken])
        if not fits:
            unfit.append(job)
        return fits

    def _refusal(self, job: Job) -> str:
        missing = job.resources.lacks(self._executor.capacity)
        if missing and missing not in self._refusals:
            self._refusals.add(missing)
            self._listener.said(f"not here {job.name}: it needs {missing}")
        return missing

    def _say_that_it_waits(self, job: Job) -> None:
        if job.id not in self._without_room:
            self._without_room.add(job.id)
            self._listener.said(
                f"waiting {job.name}: others use what it needs of this machine; it begins when that is free"
            )

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
        else:
            time.sleep(self._pause())
        for claim, handle in list(self._running.values()):
            self._keeper.note(claim, handle.progress)
            self._listener.progressed(handle)
            if handle.state.is_final:
                del self._running[claim.job.id]
                self._end(claim, dataclasses.replace(handle.result(), progress=handle.progress))

    def _pause(self) -> float:
        if self._is_away:
            return _AWAY_SECONDS
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
            self._next_claim = 0.0
            self._has_failed |= each.state is not None and each.state.is_final and not outcome.success
            self._listener.ended(claim.job, outcome, each)

    def _take_back(self) -> None:
        if time.monotonic() < self._next_take_back:
            return
        self._next_take_back = time.monotonic() + _TAKE_BACK_SECONDS
        for each in self._reach(self._queue.take_back) or ():
            self._listener.said(f"lost    {each.name}: {each.evidence}")

    def _is_over(self) -> bool:
        if self._running:
            return False
        if self._is_away:
            # Nobody can be told what ended; the folders know, and the leases run out.
            return self._interruption.is_asked
        if self._ended:
            return False
        if not self._may_begin():
            return True
        return not self._options.continuous and self._is_idle and self._reach(self._is_exhausted) is True

    def _is_exhausted(self) -> bool:
        """Whether nothing will come, although the last claim gave nothing: what is left is held, or for others."""
        return self._queue.counts()[QueueState.RUNNING] == 0 and self._queue.next_change_in() is None

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
