"""Takes jobs from a queue, hands them to an executor, and says how they ended: until nothing is left to do."""

from __future__ import annotations

import dataclasses
import math
import time
from contextlib import suppress
from dataclasses import dataclass, field

from errors import AssayError, ConfigError, ResourceError
from execution.base import Executor, Handle
from execution.choosing import Choice
from execution.interruption import Interruption
from execution.listening import Listener
from execution.pausing import Pauses
from execution.queue_link import QueueLink
from execution.shutdown import Shutdown
from jobs import Failure, FailureKind, Job, Outcome
from jobs.failures import kind_of
from tracking.queue.queue import Queue
from tracking.queue.records import Claim, Limits, QueueState

__all__ = ["Dispatcher", "DispatcherOptions"]

_LOOK_SECONDS = 0.5
"""How long to wait at most before looking for new work, and for orders."""
_AWAY_SECONDS = 1.0
"""Between two tries to reach a store that does not answer."""
_NOT_HERE_SECONDS = 300.0
"""Until whoever waits for jobs tries again what its machine lacked something for: long enough for others to take it."""
_NOT_TAKEN = {FailureKind.BUSY, FailureKind.NOT_HERE, FailureKind.OTHER_CODE}


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
        self._executor = executor
        self._listener = listener
        self._interruption = interruption
        self._options = options
        self._link = QueueLink(queue, options.lease_seconds, self._say)
        self._choice = Choice(executor, self._say)
        self._pauses = Pauses(self._say)
        # By token: a job may be taken again before the handle of a claim that was lost has ended.
        self._running: dict[str, tuple[Claim, Handle]] = {}
        self._shutdown = Shutdown(self._running, executor, self._link, interruption, listener)
        self._unsubmitted: list[Claim] = []
        self._at_work: Claim | None = None
        self._taken: set[str] = set()
        self._next_claim = 0.0
        self._is_idle = False
        self._ran_dry = False
        self._has_failed = False
        self._said: set[str] = set()

    def run(self) -> None:
        """Work until nothing is left that could be done, or until somebody stops it.

        Whoever was interrupted asks the interruption; what ran then is saved and given back to the queue, or left where
        it goes on by itself. So it is where something goes wrong here. What does not answer is asked again: store,
        executor, and handles.
        """
        self._executor.listen(self._on_progress, lambda: self._shutdown.reason_at_work(self._at_work))
        with self._link.keeper:
            try:
                self._work()
            except Exception as error:
                self._save(error)
                raise

    def _work(self) -> None:
        while True:
            self._shutdown.turn()
            self._settle()
            self._link.take_back()
            self._begin()
            if self._is_over():
                return
            if not self._ran_dry:
                self._watch()

    # -- beginning ------------------------------------------------------------------------------------------------

    def _begin(self) -> None:
        # Progress comes often; what was not there a moment ago is not asked for at each step of what runs.
        if self._running and time.monotonic() < self._next_claim:
            return
        while not (self._is_ending() or self._link.is_away or self._pauses.is_on) and (claims := self._claim()):
            self._unsubmitted = list(claims)
            while self._unsubmitted:
                self._submit(self._unsubmitted[0])
                del self._unsubmitted[0]
            # An executor that works within submit has ended them already, and may have taken hours.
            self._settle()
            self._link.take_back()
        self._next_claim = time.monotonic() + _LOOK_SECONDS

    def _is_ending(self) -> bool:
        """Whether nothing new is to be begun any more."""
        used_up = self._options.max_jobs is not None and len(self._taken) >= self._options.max_jobs
        failed = self._options.stop_on_failure and self._has_failed
        return used_up or failed or self._interruption.is_asked

    def _claim(self) -> list[Claim]:
        room = self._executor.max_concurrent - len(self._running)
        if self._options.max_jobs is not None:
            room = min(room, self._options.max_jobs - len(self._taken))
        if self._pauses.is_trial:
            room = min(room, 1 - len(self._running))
        if room <= 0:
            return []
        try:
            self._choice.look([claim.job for claim, _ in self._running.values()])
        except AssayError as error:
            self._pauses.not_submitted(error)
            self._is_idle = False
            return []
        claims = self._link.claim(self._choice, room, self._options.limits, self._options.code, self._running)
        self._is_idle = claims == [] and not self._choice.has_unfit
        self._choice.say_what_came_of_it(nothing_runs=not (claims or self._running))
        return claims or []

    def _submit(self, claim: Claim) -> None:
        if self._pauses.is_on or self._interruption.is_asked:
            self._link.give_back(claim, "")
            return
        self._taken.add(claim.job.id)
        self._ran_dry = False
        self._at_work = claim
        self._listener.begun(claim.job)
        try:
            handle = self._executor.submit(claim.job)
        except (ConfigError, ResourceError) as error:
            self._return(claim, error)
        except AssayError as error:
            self._end(claim, Outcome(Failure.of(error, kind_of(error))))
        else:
            self._pauses.submitted()
            self._running[claim.token] = (claim, handle)
            self._look_at(claim, handle)
        finally:
            self._at_work = None

    def _return(self, claim: Claim, error: AssayError) -> None:
        """Give back what was never begun, and see to it that it does not come again at once."""
        self._taken.discard(claim.job.id)
        if isinstance(error, ConfigError):
            self._choice.refuse(claim.job, str(error))
            self._say(f"not here {claim.job.name}: {error}")
        else:
            self._pauses.not_submitted(error)
        self._link.give_back(claim, str(error))
        self._listener.given_back(claim.job)

    # -- going on -------------------------------------------------------------------------------------------------

    def _watch(self) -> None:
        """Wait until something happens, and take note of what ended."""
        handles = [handle for _, handle in self._running.values()]
        try:
            if handles:
                self._executor.wait(handles, _LOOK_SECONDS)
            else:
                time.sleep(self._pause())
        except AssayError as error:
            self._say_once(f"the executor does not answer, and is asked again: {error}")
            time.sleep(_LOOK_SECONDS)
        for claim, handle in list(self._running.values()):
            self._look_at(claim, handle)
        if trouble := self._link.keeper.take_trouble():
            self._say_once(f"no sign of life could be given to the queue, and it is tried again: {trouble}")

    def _look_at(self, claim: Claim, handle: Handle) -> None:
        try:
            progress, is_over = handle.progress, handle.state.is_final
            outcome = dataclasses.replace(handle.result(), progress=progress) if is_over else None
        except AssayError as error:
            self._say_once(f"nothing is known of {claim.job.name} now, and is asked again: {error}")
            return
        self._link.keeper.note(claim, progress)
        self._listener.progressed(handle)
        if outcome is not None:
            del self._running[claim.token]
            self._end(claim, outcome)

    def _pause(self) -> float:
        if self._link.is_away:
            return _AWAY_SECONDS
        delayed = self._link.next_change_in()
        return _LOOK_SECONDS if delayed is None else min(_LOOK_SECONDS, max(delayed, 0.01))

    def _on_progress(self, handle: Handle) -> None:
        if self._at_work is not None:
            self._link.keeper.note(self._at_work, handle.progress)
        self._listener.progressed(handle)

    # -- ending ---------------------------------------------------------------------------------------------------

    def _end(self, claim: Claim, outcome: Outcome) -> None:
        self._link.end(claim, self._shutdown.ended(claim, outcome))

    def _settle(self) -> None:
        """Tell the queue what ended. While its store is away the ended wait, their leases kept alive."""
        for claim, outcome, settled in self._link.tell():
            self._next_claim = 0.0
            self._has_failed |= settled.state == QueueState.FAILED
            self._heed(claim.job, outcome)
            self._listener.ended(claim.job, outcome, settled)

    def _heed(self, job: Job, outcome: Outcome) -> None:
        self._pauses.ended(job, outcome)
        if outcome.failure is not None and outcome.failure.kind in _NOT_TAKEN:
            self._taken.discard(job.id)
            if outcome.failure.kind != FailureKind.BUSY:
                is_to_pass = self._options.continuous and outcome.failure.kind == FailureKind.NOT_HERE
                self._choice.refuse(job, outcome.failure.message, _NOT_HERE_SECONDS if is_to_pass else math.inf)

    def _is_over(self) -> bool:
        had_run_dry, self._ran_dry = self._ran_dry, False
        if self._running:
            return False
        if self._link.is_away:
            # Nobody can be told what ended; the folders know, and the leases run out.
            return self._interruption.is_asked
        if self._link.has_untold:
            return False
        if self._is_ending():
            return True
        if self._pauses.is_trial and not self._options.continuous and self._link.is_drained():
            # What nothing could be begun of here was done elsewhere.
            return True
        waits = self._options.continuous or self._pauses.is_on or not self._is_idle
        # What was delayed at the last claim may be due by now: only a claim after this says that nothing is left.
        self._ran_dry = not waits and self._link.is_exhausted()
        if not waits and self._link.others_run:
            self._say_once("waiting: jobs run with other workers; what becomes of them may leave something to do here")
        return had_run_dry and self._ran_dry

    def _save(self, error: Exception) -> None:
        """Have what runs saved although something is wrong here: the error is told by whoever catches it."""
        for claim in self._unsubmitted:
            if claim.token not in self._running:
                self._link.give_back(claim, "")
        with suppress(Exception):
            self._shutdown.begin(f"{type(error).__name__}: {error}")
        # It may be what raised.
        self._listener = Listener()
        with suppress(Exception):
            while self._running and not self._shutdown.is_out_of_patience:
                self._shutdown.turn()
                self._watch()
            self._settle()

    def _say(self, text: str) -> None:
        self._listener.said(text)

    def _say_once(self, text: str) -> None:
        if text not in self._said:
            self._said.add(text)
            self._say(text)
