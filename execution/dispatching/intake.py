"""What a dispatcher takes from the queue and hands to its executor."""

from __future__ import annotations

import math

from errors import AssayError, ConfigError, ResourceError
from execution.dispatching.choosing import Choice
from execution.dispatching.options import DispatcherOptions
from execution.dispatching.parties import Parties
from execution.dispatching.pausing import Pauses
from execution.dispatching.watching import Watch
from jobs import Failure, FailureKind, Job, Outcome
from jobs.failures import kind_of
from tracking.queue.records import Claim

__all__ = ["Intake"]

_NOT_HERE_SECONDS = 300.0
"""Until whoever waits for jobs tries again what its machine lacked something for: long enough for others to take it."""
_NOT_TAKEN = {FailureKind.BUSY, FailureKind.NOT_HERE, FailureKind.OTHER_CODE}


class Intake:
    """Claims what may begin here, and submits it.

    Args:
        parties: who has it, who does it, and who is told.
        watch: looks after what was submitted.
        options: what may be taken.
    """

    def __init__(self, parties: Parties, watch: Watch, options: DispatcherOptions) -> None:
        self.pauses = Pauses(parties.say)
        """While cluster or machine refuse whatever they are given."""
        self.is_idle = False
        """Whether the last claim found nothing that could be done here, not even later."""
        self._parties = parties
        self._watch = watch
        self._options = options
        self._choice = Choice(parties.executor, parties.say)
        self._unsubmitted: list[Claim] = []
        self._taken: set[str] = set()

    @property
    def is_used_up(self) -> bool:
        """Whether as many jobs were taken as may be."""
        return self._options.max_jobs is not None and len(self._taken) >= self._options.max_jobs

    def take(self) -> bool:
        """Claim what there is room for, and submit it; return whether there was anything."""
        self._unsubmitted = self._claim()
        found = bool(self._unsubmitted)
        while self._unsubmitted:
            self._submit(self._unsubmitted[0])
            del self._unsubmitted[0]
        return found

    def give_back_rest(self) -> None:
        """Give back what was claimed, and not submitted because something went wrong here."""
        for claim in self._unsubmitted:
            if claim.token not in self._watch.running:
                self._parties.link.give_back(claim, "")

    def heed(self, job: Job, outcome: Outcome) -> None:
        """Heed what an end says about what may begin."""
        self.pauses.ended(job, outcome)
        if outcome.failure is not None and outcome.failure.kind in _NOT_TAKEN:
            self._taken.discard(job.id)
            if outcome.failure.kind != FailureKind.BUSY:
                is_to_pass = self._options.continuous and outcome.failure.kind == FailureKind.NOT_HERE
                self._choice.refuse(job, outcome.failure.message, _NOT_HERE_SECONDS if is_to_pass else math.inf)

    def _claim(self) -> list[Claim]:
        running, room = self._watch.running, self._room()
        if room <= 0:
            return []
        try:
            self._choice.look([claim.job for claim, _ in running.values()])
        except AssayError as error:
            self.pauses.not_submitted(error)
            self.is_idle = False
            return []
        claims = self._parties.link.claim(self._choice, room, self._options.limits, self._options.code, running)
        self.is_idle = claims == [] and not self._choice.has_unfit
        self._choice.say_what_came_of_it(nothing_runs=not (claims or running))
        return claims or []

    def _room(self) -> int:
        running = len(self._watch.running)
        room = self._parties.executor.max_concurrent - running
        if self._options.max_jobs is not None:
            room = min(room, self._options.max_jobs - len(self._taken))
        return min(room, 1 - running) if self.pauses.is_trial else room

    def _submit(self, claim: Claim) -> None:
        if self.pauses.is_on or self._parties.interruption.is_asked:
            self._parties.link.give_back(claim, "")
            return
        self._taken.add(claim.job.id)
        try:
            with self._watch.at_work_on(claim):
                self._parties.listener.begun(claim.job)
                handle = self._parties.executor.submit(claim.job)
        except (ConfigError, ResourceError) as error:
            self._return(claim, error)
        except AssayError as error:
            self._watch.end(claim, Outcome(Failure.of(error, kind_of(error))))
        else:
            self.pauses.submitted()
            self._watch.add(claim, handle)

    def _return(self, claim: Claim, error: AssayError) -> None:
        """Give back what was never begun, and see to it that it does not come again at once."""
        self._taken.discard(claim.job.id)
        if isinstance(error, ConfigError):
            self._choice.refuse(claim.job, str(error))
            self._parties.say(f"not here {claim.job.name}: {error}")
        else:
            self.pauses.not_submitted(error)
        self._parties.link.give_back(claim, str(error))
        self._parties.listener.given_back(claim.job)
