"""Those between whom a dispatcher stands."""

from __future__ import annotations

from execution.base import Executor
from execution.dispatching.listening import Listener
from execution.dispatching.queue_link import QueueLink
from execution.interruption import Interruption
from tracking.queue.queue import Queue

__all__ = ["Parties"]


class Parties:
    """Who has the work, who does it, who is told, and who may stop it.

    Args:
        queue: where jobs come from.
        executor: who does them.
        listener: told what happens.
        interruption: stops it from outside.
        lease_seconds: of what is claimed.
    """

    def __init__(
        self, queue: Queue, executor: Executor, listener: Listener, interruption: Interruption, lease_seconds: float
    ) -> None:
        self.executor = executor
        self.listener = listener
        self.interruption = interruption
        self.link = QueueLink(queue, lease_seconds, self.say)
        """To the queue, whose store may go away."""
        self._said: set[str] = set()

    def say(self, text: str) -> None:
        """Tell people a line."""
        self.listener.said(text)

    def say_once(self, text: str) -> None:
        """Tell people a line that they have not been told yet."""
        if text not in self._said:
            self._said.add(text)
            self.say(text)
