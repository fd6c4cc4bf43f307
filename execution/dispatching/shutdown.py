"""What becomes of running jobs when a dispatcher is to stop, or is to stop one of them."""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Callable, Mapping

from execution.base import Handle
from execution.dispatching.parties import Parties
from execution.dispatching.stopping import Stopper
from execution.endings import KILLING_SECONDS
from jobs import Failure, FailureKind, Outcome
from tracking.queue.records import LEFT_TO, Claim

__all__ = ["Shutdown"]

_MOST_NAMED = 3


class Shutdown:
    """Has jobs saved, left or killed.

    Args:
        running: what runs, by the tokens of its claims.
        let_go: takes a claim out of what runs, as it goes on without us.
        parties: who does it, where orders come from and where to say what was left, and who is told.
    """

    def __init__(
        self, running: Mapping[str, tuple[Claim, Handle]], let_go: Callable[[Claim], None], parties: Parties
    ) -> None:
        self._running = running
        self._let_go = let_go
        self._parties = parties
        self._link = parties.link
        self._executor = parties.executor
        self._interruption = parties.interruption
        self._stopper = Stopper(parties.say_once)
        self._reason = ""
        self._kill_at = math.inf
        self._give_up_at = math.inf

    @property
    def is_out_of_patience(self) -> bool:
        """Whether what runs has had its time to be saved, and to be killed after that."""
        return time.monotonic() >= self._give_up_at

    def reason_at_work(self, claim: Claim | None) -> str:
        """Return why the job at work in this process is to stop; empty while it is to go on.

        Args:
            claim: of that job.
        """
        reason = self._interruption.stop_reason()
        if reason and not self._reason and claim is not None:
            self._reason = reason
            self._parties.say(f"saving  {claim.job.name}: {reason}")
        return reason or self._link.keeper.stop_reason()

    def turn(self) -> None:
        """Do what is due."""
        if not self._reason and (reason := self._interruption.stop_reason()):
            self.begin(reason)
        if time.monotonic() >= self._kill_at:
            self._kill()
        self._stop_unwanted()

    def _stop_unwanted(self) -> None:
        for claim in self._link.keeper.take_unwanted():
            # What goes on by itself is the same work for whoever has a lost job now: they are attached to it.
            is_theirs = self._executor.can_be_left and not self._link.keeper.is_cancelled(claim)
            if claim.token in self._running and not is_theirs:
                self._stopper.cancel(*self._running[claim.token])
        self._stopper.turn()

    def begin(self, reason: str) -> None:
        """Have all that runs saved, or leave it where it goes on by itself.

        Args:
            reason: in a few words, for people.
        """
        self._reason = reason
        if not self._running:
            return
        if self._executor.can_be_left:
            self._leave()
            return
        seconds = self._interruption.seconds_to_save
        self._kill_at = time.monotonic() + seconds
        self._give_up_at = self._kill_at + KILLING_SECONDS
        for claim, handle in self._running.values():
            self._stopper.preempt(claim, handle, reason)
        self._parties.say(f"saving  {_names(self._running)}: {reason}; what has not ended in {seconds:.0f} s is killed")

    def ended(self, claim: Claim, outcome: Outcome) -> Outcome:
        """Return as what an end counts: nobody but the user cancels."""
        self._stopper.forget(claim)
        if outcome.failure is None:
            return outcome
        if self._link.keeper.is_cancelled(claim):
            return Outcome.failed(FailureKind.CANCELLED, "cancelled while it ran", outcome.seconds)
        if outcome.failure.kind == FailureKind.CANCELLED and self._reason:
            why = f"{self._reason}; killed, as it had not saved what it did in time"
            return dataclasses.replace(outcome, failure=Failure(FailureKind.PREEMPTED, why))
        return outcome

    def _kill(self) -> None:
        self._kill_at = math.inf
        if not self._running:
            return
        for claim, handle in self._running.values():
            self._stopper.cancel(claim, handle)
        self._parties.say(f"killing {_names(self._running)}: time to save it is up")

    def _leave(self) -> None:
        # Nobody will be there to stop what somebody cancelled since the last sign of life.
        self._link.keeper.give_sign()
        self._stop_unwanted()
        self._executor.detach()
        left = {token: each for token, each in self._running.items() if not self._link.keeper.is_cancelled(each[0])}
        for claim, handle in left.values():
            self._let_go(claim)
            self._stopper.forget(claim)
            self._link.give_back(claim, f"{LEFT_TO}{handle.where or self._executor.name}, where it goes on")
            self._parties.listener.given_back(claim.job)
        if left:
            self._parties.say(
                f"leaving {_names(left)}: {self._reason}; {self._executor.name} goes on with it, "
                "and the same command waits for it"
            )


def _names(running: Mapping[str, tuple[Claim, Handle]]) -> str:
    names = [claim.job.name for claim, _ in running.values()]
    more = f" and {len(names) - _MOST_NAMED:,} more" if len(names) > _MOST_NAMED else ""
    return ", ".join(names[:_MOST_NAMED]) + more
