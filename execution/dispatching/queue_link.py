"""The queue as a dispatcher has it: its store may go away, and what is to be told to it then waits."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from typing import TypeVar

from execution.dispatching.choosing import Choice
from execution.dispatching.leases import LeaseKeeper
from jobs import Outcome
from tracking.queue.queue import Queue
from tracking.queue.records import Claim, Limits, QueueState, Settled, WorkerIdentity
from tracking.store.database import DatabaseUnavailable

__all__ = ["QueueLink"]

T = TypeVar("T")

_TAKE_BACK_SECONDS = 2.0


class QueueLink:
    """Asks and tells a queue for one worker, and keeps its leases alive while the block of ``keeper`` is in.

    Args:
        queue: whose store may go away and come back.
        lease_seconds: of what is claimed.
        say: told a line for people.
    """

    def __init__(self, queue: Queue, lease_seconds: float, say: Callable[[str], None]) -> None:
        self.keeper = LeaseKeeper(queue, lease_seconds)
        self.is_away = False
        self.others_run = False
        """Whether other workers had jobs when it was asked last whether the queue is exhausted."""
        self._queue = queue
        self._lease_seconds = lease_seconds
        self._say = say
        self._worker = WorkerIdentity.here()
        self._ended: list[tuple[Claim, Outcome]] = []
        self._returned: list[tuple[Claim, str]] = []
        self._was_away = False
        self._next_take_back = 0.0

    @property
    def has_untold(self) -> bool:
        """Whether something waits to be told."""
        return bool(self._ended or self._returned)

    def claim(self, choice: Choice, room: int, limits: Limits, code: str, held: Collection[str]) -> list[Claim] | None:
        """Take the next jobs, and keep them alive from now on; None while the store is away.

        Args:
            choice: what fits; it has looked at the machine.
            room: take at most so many.
            limits: over the whole queue.
            code: version of the code at hand.
            held: tokens of what runs.
        """
        if self._was_away:
            # An answer that was lost with the connection may have been a claim.
            known = {*held, *(claim.token for claim, _ in (*self._ended, *self._returned))}
            if self.reach(lambda: self._queue.give_back_unknown(self._worker, known)) is None:
                return None
            self._was_away = False
        claims = self.reach(
            lambda: self._queue.claim(
                self._worker,
                choice.fits,
                room,
                refusal=choice.refusal,
                obstacle=choice.obstacle,
                spending=limits,
                code=code,
                lease_seconds=self._lease_seconds,
            )
        )
        for claim in claims or ():
            self.keeper.add(claim)
        return claims

    def end(self, claim: Claim, outcome: Outcome) -> None:
        """Have the queue told how an attempt ended."""
        self._ended.append((claim, outcome))

    def give_back(self, claim: Claim, reason: str) -> None:
        """Have the queue told that a job has not begun, or goes on without us."""
        self._returned.append((claim, reason))

    def tell(self) -> list[tuple[Claim, Outcome, Settled]]:
        """Tell the queue what waits, and return what followed; while its store is away all of it goes on waiting."""
        while self._returned and self.reach(lambda: self._queue.give_back(*self._returned[0])) is not None:
            self.keeper.remove(self._returned.pop(0)[0])
        ended = self._ended
        settled = self.reach(lambda: self._queue.settle_all(ended)) if ended else None
        if settled is None:
            return []
        self._ended = []
        for claim, _ in ended:
            self.keeper.remove(claim)
        return [(claim, outcome, each) for (claim, outcome), each in zip(ended, settled, strict=True)]

    def take_back(self) -> None:
        """End the leases of workers that are gone, every few seconds."""
        if time.monotonic() < self._next_take_back:
            return
        self._next_take_back = time.monotonic() + _TAKE_BACK_SECONDS
        for each in self.reach(self._queue.take_back) or ():
            self._say(f"lost    {each.name}: {each.evidence}")

    def next_change_in(self) -> float | None:
        """Return seconds until a delayed job may begin; None where none is delayed, or nobody knows."""
        return self.reach(self._queue.next_change_in)

    def is_drained(self) -> bool:
        """Whether nothing is left that anybody could do, here or elsewhere."""
        return self.reach(self._queue.is_drained) is True

    def is_exhausted(self) -> bool:
        """Whether nothing will come, although the last claim gave nothing: what is left is held, or for others."""
        self.others_run = False
        return self.reach(self._runs_dry) is True

    def reach(self, ask: Callable[[], T]) -> T | None:
        """Ask the queue something; None while its store does not answer."""
        try:
            answer = ask()
        except DatabaseUnavailable as error:
            if not self.is_away:
                self.is_away = self._was_away = True
                self._say(f"the store does not answer, what runs goes on: {error}")
            return None
        if self.is_away:
            self.is_away = False
            self._say("the store answers again")
        return answer

    def _runs_dry(self) -> bool:
        self.others_run = self._queue.counts()[QueueState.RUNNING] > 0
        return not self.others_run and self._queue.next_change_in() is None
