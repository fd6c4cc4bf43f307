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
        say_once: told a line for people, as often as the same fails.
    """

    def __init__(self, say_once: Callable[[str], None]) -> None:
        self._say_once = say_once
        self._orders: dict[str, _Order] = {}

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
                self._say_once(f"cannot stop {order.name} yet, and tries again: {error}")
            else:
                del self._orders[token]
