"""Have what runs end, also where whoever is to do it does not answer at first."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from errors import AssayError
from execution.base import Handle
from tracking.queue.records import Claim

__all__ = ["Stopper"]

_AGAIN_SECONDS = 2.0
"""Between two tries at one handle."""


@dataclass
class _Order:
    name: str
    give: Callable[[], None]
    due: float = 0.0


class Stopper:
    """Cancels and preempts handles; what fails is said once, and tried again until the handle has ended.

    Args:
        say: told a line for people.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._orders: dict[str, _Order] = {}
        self._said: set[str] = set()

    def cancel(self, claim: Claim, handle: Handle) -> None:
        """Have a handle cancelled at the next turn."""
        self._orders[claim.token] = _Order(claim.job.name, handle.cancel)

    def preempt(self, claim: Claim, handle: Handle, reason: str) -> None:
        """Have a handle preempted at the next turn."""
        self._orders[claim.token] = _Order(claim.job.name, lambda: handle.preempt(reason))

    def forget(self, claim: Claim) -> None:
        """Leave alone what has ended."""
        self._orders.pop(claim.token, None)

    def turn(self) -> None:
        """Give the orders that are due."""
        for token, order in list(self._orders.items()):
            if time.monotonic() < order.due:
                continue
            try:
                order.give()
            except AssayError as error:
                order.due = time.monotonic() + _AGAIN_SECONDS
                self._tell(f"cannot stop {order.name} yet, and tries again: {error}")
            else:
                del self._orders[token]

    def _tell(self, text: str) -> None:
        if text not in self._said:
            self._said.add(text)
            self._say(text)
